# SPDX-License-Identifier: Apache-2.0
"""Every route of the OpenAPI document, asked by every role, for its own zone and for another's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import httpx
import msgspec
import pytest

from api.feed import routes as feed
from api.openapi import ANSWERS, rendered
from tests.unit.api.memory_house import World, world

PEOPLE: Final = ("call_taker", "operator", "dispatcher", "supervisor", "front_line", "administrator")
ROLES: Final = (*PEOPLE, "source")
DESK: Final = ("operator", "dispatcher", "supervisor")
SENDING: Final = ("dispatcher", "supervisor")
REPORTING: Final = ("source", "call_taker", *DESK)

I, A = "/v1/incidents/{incident_id}", "/v1/assignments/{assignment_id}"  # noqa: E741 - two long paths
DESK_ACTS: Final = (
    "claim", "release", "close", "reopen", "merge", "split", "link", "undo", "retype", "prioritise"
)  # fmt: skip
TEAM_ACTS: Final = ("accept", "decline", "en-route", "arrive", "clear")

# Route → who may, and what binds it: one's zone, having any zone at all, one's team (wherever it is), nothing.
MAY: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "post /v1/reports": (REPORTING, ""),
    "post /v1/reports:batch": (REPORTING, ""),
    "get /v1/reports/{report_id}": (REPORTING, "zone"),
    "get /v1/incidents": (PEOPLE, "zone"),
    "get /v1/incidents/near": (PEOPLE, "any"),
    f"get {I}": (PEOPLE, "zone"),
    f"get {I}/reports": (PEOPLE, "zone"),
    f"get {I}/history": (PEOPLE, "zone"),
    f"get {I}/candidates": (DESK, "zone"),
    "get /v1/teams": (PEOPLE, "zone"),
    "get /v1/teams/{team_id}": (PEOPLE, "zone"),
    "post /v1/teams/{team_id}/position": ((*SENDING, "front_line"), "team"),
    "post /v1/teams/{team_id}:distress": ((*SENDING, "front_line"), "team"),
    "post /v1/teams/{team_id}:distress-over": (SENDING, "zone"),
    "get /v1/places": (PEOPLE, ""),
    "get /v1/types": (PEOPLE, ""),
    "get /v1/zones": (PEOPLE, ""),
    "get /v1/city": (PEOPLE, ""),
    "get /v1/feed": (PEOPLE, "zone"),
    f"post {I}:assign": (SENDING, "zone"),
    f"post {A}:stand-down": (SENDING, "zone"),
    **{f"post {I}:{act}": (DESK, "zone") for act in DESK_ACTS},
    **{f"post {A}:{act}": ((*SENDING, "front_line"), "team") for act in TEAM_ACTS},
}
QUERIES: Final = {
    "/v1/incidents": {"zone": "west"},
    "/v1/teams": {"zone": "west"},
    "/v1/feed": {"zone": "west"},
    "/v1/places": {"q": "mill"},
    "/v1/incidents/near": {"lat": "10.05", "lon": "10.05"},
}


def routes() -> Iterator[str]:
    """Return `method path` of every route under /v1."""
    for path, operations in json.loads(rendered())["paths"].items():
        if path.startswith("/v1/"):
            yield from (f"{method} {path}" for method in operations)


def body(there: World, path: str, number: int) -> bytes:
    """Return a body that the route takes."""
    tail = path.rpartition(":")[2].rpartition("/")[2]
    known: dict[str, dict[str, Any]] = {
        "reports": {"id": f"r{number}", "description": "noise"},
        "batch": {"id": f"b{number}", "description": "noise"},
        "position": {"lat": 10.05, "lon": 10.05},
        "assign": {"team_ids": ["t2"]},
        "close": {"closing_code": "done"},
        "clear": {"closing_code": "done"},
        "decline": {"reason": "flat tyre"},
        "merge": {"others": [there.other.id], "reason": "one fire"},
        "split": {"report_ids": [there.report_id], "reason": "another fire"},
        "link": {"other": there.other.id, "reason": "smoke of it"},
        "undo": {"reason": "two fires"},
        "retype": {"type": "noise", "reason": "no fire"},
        "prioritise": {"priority": 2, "reason": "school"},
    }
    return json.dumps(known.get(tail, {})).encode()


class Asking:
    """Asks routes; a stale etag keeps every act from changing anything."""

    def __init__(self, there: World) -> None:
        self._there = there
        self._number = 0

    async def __call__(self, route: str, who: dict[str, str]) -> httpx.Response:
        """Ask one route."""
        there, (method, path) = self._there, route.split()
        self._number += 1
        at = path.format(
            incident_id=there.incident.id, assignment_id=there.assignment.id, report_id=there.report_id, team_id="t1"
        )
        if method == "get":
            return await there.http.get(at, params=QUERIES.get(path, {}), headers=who)
        kind = "application/x-ndjson" if path.endswith(":batch") else "application/json"
        headers = {**who, "Content-Type": kind, "Idempotency-Key": f"k{self._number}", "If-Match": '"999"'}
        return await there.http.post(at, content=body(there, path, self._number), headers=headers)


def verdict(answer: httpx.Response) -> str:
    """Return the refusal's code, or `may` for whatever a right may lead to."""
    if answer.status_code in (401, 403):
        return str(answer.json()["code"])
    if answer.headers["content-type"] == "application/x-ndjson":
        assert '"status":202' in answer.text
    # The double has no feed that runs: who gets so far has passed the gate.
    assert answer.status_code < 500 or answer.json()["code"] == "ledger-away", answer.text
    return "may"


def test_every_route_has_its_row() -> None:
    assert set(routes()) == set(MAY)


async def test_every_role_may_what_the_table_says_and_only_in_its_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LIVE_S", 0.001)
    wrong = []
    async with world() as there:
        ask = Asking(there)
        for route, (roles, bound) in MAY.items():
            for role in ROLES:
                crew = role == "front_line"
                expected = "may" if role in roles else "forbidden"
                # What is a source's own is its by name, and a crew's by its team: neither has zones.
                free = expected != "may" or not bound or role == "source" or (crew and bound == "team")
                asked = [
                    (("west",), "t1" if crew else "ann", expected),
                    (("east",), "t1" if crew else "ann", expected if free else "zone-forbidden"),
                    ((), "t1" if crew else "ann", expected if free else "zone-forbidden"),
                ]
                if bound == "any":
                    asked.pop(1)
                if crew and bound == "team":
                    asked.append((("west",), "t2", "forbidden"))
                for zones, subject, wanted in asked:
                    got = verdict(await ask(route, there.shows(role, subject, zones)))
                    if got != wanted:
                        wrong.append((route, role, zones, subject, wanted, got))
            if (got := verdict(await ask(route, {}))) != "unauthenticated":
                wrong.append((route, "nobody", (), "", "unauthenticated", got))
    assert wrong == []


def unknown(given: object, shape: object, path: str = "$") -> list[str]:
    """Return the paths of members that the shape does not have."""
    match given, shape:
        case dict(), dict():
            apart = [f"{path}.{name}" for name in given if name not in shape]
            inside = [unknown(given[name], shape[name], f"{path}.{name}") for name in given if name in shape]
            return apart + [found for some in inside for found in some]
        case list(), list():
            return [found for one, like in zip(given, shape, strict=True) for found in unknown(one, like, f"{path}[]")]
        case _:
            return []


async def test_answers_are_as_the_document_says() -> None:
    async with world() as there:
        ask = Asking(there)
        for (method, path), kind in ANSWERS.items():
            if not path.startswith("/v1/"):
                continue
            answer = await ask(f"{method} {path}", there.shows("supervisor", zones=("*",)))
            assert answer.status_code == 200, (path, answer.text)
            found = msgspec.json.decode(answer.content, type=kind)
            assert unknown(answer.json(), msgspec.to_builtins(found)) == [], path
