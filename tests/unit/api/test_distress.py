# SPDX-License-Identifier: Apache-2.0
"""A cry over HTTP: who may, twice, its end, and what stands in the way of it."""

from __future__ import annotations

from typing import Any

import msgspec

from api.feed.channel import Filter
from api.feed.routes import _snapshot
from api.feed.subscriber import Subscriber
from api.shapes import PositionAnswer
from tests.unit.api.memory_house import World, world


async def post(there: World, act: str, who: dict[str, str], **body: object) -> tuple[int, dict[str, Any]]:
    answer = await there.http.post(f"/v1/teams/t1:{act}", json=body, headers=who)
    return answer.status_code, answer.json()


async def test_the_team_cries_twice_and_the_desk_ends_it() -> None:
    async with world() as there:
        team, desk = there.shows("front_line", "t1", ("east",)), there.shows("dispatcher")
        status, told = await post(there, "distress", team, reason="help")
        assert (status, told["taken"], told["team"]["state"]) == (200, True, "distress")
        assert (await post(there, "distress", team)) == (200, {**told, "taken": False})
        assert (await post(there, "distress-over", team, reason="x"))[1]["code"] == "forbidden"
        assert (await post(there, "distress-over", desk))[1]["code"] == "invalid-value"
        status, taken = await post(there, "distress-over", desk, reason="spoken to")
        assert (status, taken["code"]) == (409, "team-taken")
        assert there.incident.id not in str(taken)
        sent = there.assignment
        headers = {**desk, "Idempotency-Key": "k", "If-Match": f'"{sent.version}"'}
        down = await there.http.post(f"/v1/assignments/{sent.id}:stand-down", json={"reason": "hurt"}, headers=headers)
        assert (down.status_code, down.json()["teams"][0]["state"]) == (200, "distress")
        status, free = await post(there, "distress-over", desk, reason="spoken to")
        assert (status, msgspec.convert(free, PositionAnswer).team.state) == (200, "available")
        status, again = await post(there, "distress-over", desk, reason="spoken to")
        assert (status, again["code"]) == (409, "illegal-transition")


async def test_others_do_not_cry_for_a_team_and_odd_bodies_are_refused() -> None:
    async with world() as there:
        other = await post(there, "distress", there.shows("front_line", "t2"))
        assert (other[0], other[1]["code"]) == (403, "forbidden")
        east = await post(there, "distress", there.shows("dispatcher", zones=("east",)))
        assert (east[0], east[1]["code"]) == (403, "zone-forbidden")
        assert (await post(there, "distress", there.shows("dispatcher"), reason="x" * 2001))[0] == 422
        assert (await post(there, "distress", there.shows("dispatcher"), shout=1))[0] == 422
        missing = await there.http.post("/v1/teams/t99:distress", json={}, headers=there.shows("dispatcher"))
        assert missing.status_code == 404
        assert (await there.house.desk.team("t1")).state == "notified"


async def test_whoever_opens_the_feed_later_sees_the_cry_of_any_zone() -> None:
    async def seen(there: World, *zones: str) -> list[str]:
        opening, _ = await _snapshot(there.house, Filter(frozenset(zones)), Subscriber("e", 1, 10))
        data = next(line for line in opening.decode().splitlines() if line.startswith("data: "))
        return [row["id"] for row in msgspec.json.decode(data.removeprefix("data: "))["teams"]]

    async with world() as there:
        assert "t1" not in await seen(there, "east")
        await post(there, "distress", there.shows("dispatcher"))
        assert (await seen(there, "east")).count("t1") == 1
        assert (await seen(there, "west")).count("t1") == 1
        assert (await seen(there)).count("t1") == 1
