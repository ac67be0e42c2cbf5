# SPDX-License-Identifier: Apache-2.0
"""What an address, a header or a body may hold: nothing that only the ledger would find out, with a 500."""

from __future__ import annotations

import httpx
import pytest

from tests.integration.api.rooms import Room, open_incident
from tests.integration.api.test_desk import post

ADDRESSES = (
    f"/v1/incidents?number={10**30}",
    f"/v1/incidents?number={2**63}",
    f"/v1/incidents?priority={10**12}",
    "/v1/incidents?priority=0",
    "/v1/incidents?q=%00",
    "/v1/incidents?zone=%00",
    "/v1/incidents?state=a%00",
    "/v1/incidents?type=%1b",
    "/v1/incidents?cursor=%00",
    "/v1/incidents?limit=99999999999999999999",
    "/v1/incidents?box=nan,0,1,1",
    "/v1/incidents/near?lat=1&lon=1&words=%00",
    "/v1/teams/a%00b",
    "/v1/teams?zone=%00",
    "/v1/places?q=%00",
    f"/v1/feed?priority={10**12}",
    "/v1/feed?zone=%00",
    "/auth/link/a%00b",
)


async def test_no_address_of_any_kind_is_our_fault(room: Room) -> None:
    who = room.bearer("supervisor")
    for address in ADDRESSES:
        answer = await room.http.get(address, headers=who)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-value"), (address, answer.text)
    fine = await room.http.get("/v1/incidents/near?lat=10.05&lon=10.05&words=one%0atwo%09three", headers=who)
    assert fine.status_code == 200, fine.text
    largest = await room.http.get(f"/v1/incidents?number={2**63 - 1}&priority=5", headers=who)
    assert largest.json()["items"] == []


@pytest.mark.parametrize("tag", ['"²"', '"1²"', '"-1"', '"१"', '"' + "9" * 5_000 + '"'])
async def test_an_etag_is_ascii_digits(room: Room, tag: str) -> None:
    incident = await open_incident(room, "a")
    headers = {**room.bearer("dispatcher"), "Idempotency-Key": "k", "If-Match": tag}
    raw = httpx.Headers([(name.encode(), value.encode("utf-8")) for name, value in headers.items()])
    answer = await room.http.post(f"/v1/incidents/{incident.id}:claim", headers=raw)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-value"), answer.text


@pytest.mark.parametrize("last", ["x:²", "x:" + "9" * 5_000, "²", "a:b:c"])
async def test_a_last_event_id_of_another_house_begins_with_a_snapshot(room: Room, last: str) -> None:
    headers = httpx.Headers([*room.bearer("operator").items(), ("Last-Event-ID", last)], encoding="utf-8")
    async with room.http.stream("GET", "/v1/feed", headers=headers) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            if line == "event: snapshot":
                break
        else:
            raise AssertionError("the stream ended before the snapshot")


async def test_a_body_without_characters_that_no_store_keeps(room: Room) -> None:
    incident = await open_incident(room, "a")
    who = room.bearer("supervisor")
    path = f"/v1/incidents/{incident.id}"
    for key, act, body in (
        ("k1", "assign", {"team_ids": ["t1", "a\0b"]}),
        ("k2", "assign", {"team_ids": ["t1"], "reason": "\x1b[2J"}),
        ("k3", "claim", {"reason": "\0"}),
    ):
        answer = await post(room, f"{path}:{act}", key, incident.decision_version, who, **body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-value"), answer.text
    answer = await post(room, f"{path}:assign", "k4", incident.decision_version, who, team_ids=["t1", "a\0b"])
    assert answer.json()["errors"][0]["path"] == "team_ids.1"
    lines = await post(
        room, f"{path}:claim", "k5", incident.decision_version, who, reason='two\nlines, a "quote" \\u0000'
    )
    assert lines.status_code == 200, lines.text
