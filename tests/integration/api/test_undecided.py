# SPDX-License-Identifier: Apache-2.0
"""A cry answered 202 while Kafka is dead: does a person see it, and does it go once it is decided?"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.integration.api.rooms import Room as Api
from tests.integration.api.rooms import open_room, settings_of
from tests.integration.api.test_feed import listen, until
from tests.support.room import Room, middle
from tests.support.services import FreeHouse

# kafka-python forgets to close a socket now and then when its broker dies; here it dies on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
FIRE = {
    "description": "House on fire, people trapped inside",
    "location": {"point": {"lat": 50.01, "lon": middle(0)}, "address": "3 Mill Street"},
}


async def queue(api: Api, who: dict[str, str]) -> dict[str, Any]:
    """Return the queue as this person sees it."""
    answer = await api.http.get("/v1/incidents", headers=who)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def shown(api: Api, who: dict[str, str], count: int, within_s: float) -> dict[str, Any]:
    """Wait until so many undecided reports are shown; return the queue."""
    end = monotonic() + within_s
    while True:
        body = await queue(api, who)
        if len(body["undecided"]) == body["undecided_total"] == count:
            return body
        assert monotonic() < end, body
        await asyncio.sleep(0.2)


@pytest.mark.timeout(280)
async def test_a_cry_without_kafka_is_shown_until_it_is_decided(free_house: FreeHouse, tmp_path: Path) -> None:
    house = await asyncio.to_thread(free_house)
    room = await asyncio.to_thread(Room, house.kafka_url, house.postgres_url, "cry", tmp_path)
    try:
        relay, worker = room.relay(), room.worker()
        await asyncio.to_thread(relay.ready)
        await asyncio.to_thread(worker.ready)
        settings = settings_of(
            house.postgres_url, kafka_url=house.kafka_url, namespace="cry", feed_heartbeat=timedelta(seconds=1)
        )
        async with open_room(settings) as api:
            await asyncio.to_thread(house.process("kafka").kill)
            taker, who = api.bearer("call_taker"), api.bearer("dispatcher")
            answer = await api.http.post("/v1/reports", json={"id": "cry", **FIRE}, headers=taker)
            assert (answer.status_code, answer.json()["lane"]) == (202, "life"), answer.text
            stream = listen(api, who)
            assert (await until(stream, "snapshot"))[2]["undecided"] == []
            body = await shown(api, who, 1, 15)
            (cry,) = body["undecided"]
            assert (cry["id"], cry["zone"], cry["words"]) == (answer.json()["id"], "z0", FIRE["description"])
            assert (cry["location"]["address"], body["items"]) == ("3 Mill Street", [])
            assert (await queue(api, api.bearer("dispatcher", zones=("z1",))))["undecided"] == []
            assert (await until(stream, "undecided"))[2]["undecided"] == [cry]
            await asyncio.to_thread(house.process("kafka").restart)
            body = await shown(api, who, 0, 90)
            assert [row["zone"] for row in body["items"]] == ["z0"]
            assert (await until(stream, "undecided"))[2] == {"undecided": [], "undecided_total": 0}
            await stream.aclose()  # type: ignore[attr-defined]
    finally:
        await asyncio.to_thread(room.close)
