# SPDX-License-Identifier: Apache-2.0
"""Candidates and positions over HTTP, on PostgreSQL and on the ledger in memory: the same answers from both."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import pytest

from api.app import create_app
from api.doors.standing import StandingCache
from api.house import build
from tests.integration.api.rooms import Room, open_incident, open_room, settings_of, small_city
from weirhouse.clock import system_clock
from weirhouse.domain.incident import Team
from weirhouse.ledger.memory import MemoryLedger
from weirhouse.ledger.postgres import PostgresLedger

NOBODY = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture(params=["postgres", "memory"])
async def place(request: pytest.FixtureRequest, room_dsn: str) -> AsyncIterator[Room]:
    """The same small city behind the same routes, once on each ledger."""
    if request.param == "postgres":
        async with open_room(settings_of(room_dsn)) as opened:
            yield opened
        return
    double = MemoryLedger()
    await double.standing.apply_city(small_city(), 4, "test", 0.0)
    standing = StandingCache(double.standing)
    await standing.load()
    settings = settings_of(NOBODY)
    house = dataclasses.replace(
        build(settings, system_clock),
        ledgers=(cast("PostgresLedger", double),),
        desk=double.desk,
        standing=standing,
        standing_port=double.standing,
    )
    transport = httpx.ASGITransport(app=create_app(settings, system_clock, house))
    async with httpx.AsyncClient(transport=transport, base_url="http://room") as http:
        yield Room(house, "http://room", http)
    await house.http.aclose()
    house.tracing.close()


async def tell(room: Room, team: str, lat: float, lon: float, who: dict[str, str] | None = None, **more: object) -> Any:
    """Post a position; return the answer."""
    body = {"lat": lat, "lon": lon, **more}
    return await room.http.post(f"/v1/teams/{team}/position", json=body, headers=who or room.bearer("dispatcher"))


async def ask(room: Room, incident_id: str, policy: str = "skills-eta", role: str = "dispatcher") -> dict[str, Any]:
    """Return the candidates."""
    answer = await room.http.get(
        f"/v1/incidents/{incident_id}/candidates", params={"policy": policy}, headers=room.bearer(role)
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_candidates_come_best_first_with_reasons_and_the_runner_up(place: Room) -> None:
    incident = await open_incident(place, "a")
    for team, lon in (("t1", 10.051), ("t2", 10.06), ("t3", 10.08), ("t4", 10.09)):
        told = await tell(place, team, 10.05, lon, accuracy_m=10)
        assert (told.status_code, told.json()["taken"]) == (200, True), told.text
    found = await ask(place, incident.id)
    assert found["plan"] == {"needs": [{"skill": "fire", "teams": 2}], "open": ["fire", "fire"]}
    assert [one["team"]["id"] for one in found["candidates"]] == ["t1", "t2", "t3", "t4"]
    assert {pick["team_id"] for pick in found["picks"]} == {"t1", "t2"}
    for pick in found["picks"]:
        runner = pick["runner_up"]
        assert runner["team_id"] == "t3"
        assert abs(sum(term["value"] for term in runner["terms"]) - runner["difference_s"]) < 0.5
    best = found["candidates"][0]
    assert (best["stale"], best["team"]["accuracy_m"], best["brings"]) == (False, 10.0, ["fire"])
    assert best["distance_m"] < 200
    assert abs(sum(term["value"] for term in best["terms"]) - best["cost_s"]) < 0.5


async def test_what_is_there_is_not_wanted_again_and_the_sent_are_said(place: Room) -> None:
    incident = await open_incident(place, "a")
    for team in ("t1", "t2", "t3", "t4"):
        await tell(place, team, 10.05, 10.06)
    sent = await place.http.post(
        f"/v1/incidents/{incident.id}:assign", json={"team_ids": ["t2"]},
        headers={**place.bearer("dispatcher"), "Idempotency-Key": "k", "If-Match": f'"{incident.decision_version}"'},
    )  # fmt: skip
    assert sent.status_code == 200, sent.text
    found = await ask(place, incident.id)
    assert found["plan"]["open"] == ["fire"]
    assert found["excluded"] == [{"team_id": "t2", "code": "state:notified"}]
    assert len(found["picks"]) == 1


async def test_old_and_missing_positions_are_marked(place: Room) -> None:
    incident = await open_incident(place, "a")
    then = (datetime.now(UTC) - timedelta(minutes=20)).isoformat()
    await tell(place, "t1", 10.05, 10.05)
    await tell(place, "t2", 10.05, 10.05, at=then)
    rows = {one["team"]["id"]: one for one in (await ask(place, incident.id))["candidates"]}
    assert (rows["t1"]["stale"], rows["t2"]["stale"], rows["t3"]["stale"]) == (False, True, True)
    assert 1190 < rows["t2"]["position_age_s"] < 1300
    assert (rows["t3"]["position_age_s"], rows["t3"]["eta_s"]) == (None, None)


async def test_every_policy_answers_and_a_batch_counts_what_waits(place: Room) -> None:
    one, _ = await open_incident(place, "a"), await open_incident(place, "b", lat=10.08)
    for team in ("t1", "t2", "t3", "t4"):
        await tell(place, team, 10.05, 10.06)
    for policy in ("nearest", "skills-eta", "coverage"):
        assert (await ask(place, one.id, policy))["batched"] == 0
    found = await ask(place, one.id, "batch")
    assert found["batched"] == 2
    assert all(pick["team_id"] for pick in found["picks"])
    refused = await place.http.get(
        f"/v1/incidents/{one.id}/candidates", params={"policy": "best"}, headers=place.bearer("operator")
    )
    assert refused.status_code == 422


async def test_roles_and_zones(place: Room) -> None:
    incident = await open_incident(place, "a")
    path = f"/v1/incidents/{incident.id}/candidates"
    for role in ("dispatcher", "supervisor", "operator"):
        assert (await place.http.get(path, headers=place.bearer(role))).status_code == 200
    for role in ("front_line", "call_taker", "administrator"):
        assert (await place.http.get(path, headers=place.bearer(role))).json()["code"] == "forbidden"
    east = await place.http.get(path, headers=place.bearer("dispatcher", zones=("east",)))
    assert (east.status_code, east.json()["code"]) == (403, "zone-forbidden")
    missing = await place.http.get(f"/v1/incidents/{'0' * 32}/candidates", headers=place.bearer("dispatcher"))
    assert missing.status_code == 404


async def test_a_team_tells_its_own_place_and_nobody_elses(place: Room) -> None:
    own = place.bearer("front_line", subject="t1", zones=("west",))
    told = await tell(place, "t1", 10.05, 10.05, own, accuracy_m=8)
    assert told.status_code == 200
    assert told.json()["team"]["accuracy_m"] == 8.0
    other = await tell(place, "t2", 10.05, 10.05, own)
    assert (other.status_code, other.json()["code"]) == (403, "forbidden")
    east = await tell(place, "t1", 10.05, 10.05, place.bearer("dispatcher", zones=("east",)))
    assert (east.status_code, east.json()["code"]) == (403, "zone-forbidden")
    taker = await tell(place, "t1", 10.05, 10.05, place.bearer("call_taker"))
    assert taker.json()["code"] == "forbidden"


async def test_a_late_position_changes_nothing_and_a_wrong_one_is_refused(place: Room) -> None:
    first = (await tell(place, "t1", 10.05, 10.05)).json()["team"]
    late = await tell(place, "t1", 10.06, 10.06, at=(datetime.now(UTC) - timedelta(minutes=1)).isoformat())
    assert late.json() == {"team": first, "taken": False}
    for body in (
        {"lat": 50.0, "lon": 10.05}, {"lat": 10.05, "lon": 10.05, "accuracy_m": 1e6}, {"lat": 95.0, "lon": 10.05},
        {"lat": 10.05, "lon": 10.05, "at": "2026-05-01T08:00:00"}, {"lat": 10.05, "lon": 10.05, "speed": 3},
    ):  # fmt: skip
        refused = await place.http.post("/v1/teams/t1/position", json=body, headers=place.bearer("dispatcher"))
        assert refused.status_code == 422, (body, refused.text)


async def test_positions_and_assignments_at_one_moment_both_count(place: Room) -> None:
    incident = await open_incident(place, "a")
    headers = {**place.bearer("dispatcher"), "Idempotency-Key": "k", "If-Match": f'"{incident.decision_version}"'}
    sent, *told = await asyncio.gather(
        place.http.post(f"/v1/incidents/{incident.id}:assign", json={"team_ids": ["t1"]}, headers=headers),
        *(tell(place, "t1", 10.05 + step / 1000, 10.05) for step in range(6)),
    )
    assert sent.status_code == 200, sent.text
    assert all(answer.status_code in (200, 412) for answer in told)
    team: Team = await place.house.desk.team("t1")
    assert (team.state, team.position_at > 0) == ("notified", True)
