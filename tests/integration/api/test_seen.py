# SPDX-License-Identifier: Apache-2.0
"""`/healthz` and `/readyz` on the real parts: what ended, what stands, what is away."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from api import seen
from tests.integration.api.rooms import Room, furnish, open_room, settings_of
from tests.integration.api.test_trouble import ready
from tests.support.services import FreeHouse
from weirhouse.wire.broker import ensure


async def test_a_task_that_ended_fails_healthz(room: Room) -> None:
    fine = await room.http.get("/healthz")
    assert (fine.status_code, fine.json()) == (200, {"status": "alive", "why": []})
    tail = next(task for task in asyncio.all_tasks() if task.get_name() == "feed tail")
    tail.cancel()
    await asyncio.gather(tail, return_exceptions=True)
    ailing = await room.http.get("/healthz")
    assert (ailing.status_code, ailing.json()) == (503, {"status": "ailing", "why": ["feed tail ended"]})


async def test_a_tail_far_behind_fails_healthz(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "LAG_S", 0.5)
    tail = next(task for task in asyncio.all_tasks() if task.get_name() == "feed tail")
    assert (await room.http.get("/healthz")).status_code in (200, 503)
    # Its next question waits behind a lock that nobody gives back.
    async with room.house.ledgers[0].database.connection() as connection, connection.transaction():
        await connection.execute(b"lock table weirhouse.changes in access exclusive mode")
        await asyncio.sleep(1.5)
        assert not tail.done()
        ailing = await room.http.get("/healthz")
    assert ailing.status_code == 503
    assert "behind" in ailing.json()["why"][0]


@pytest.mark.timeout(170)
async def test_with_both_stores_away_nothing_is_ready(free_house: FreeHouse) -> None:
    house = await asyncio.to_thread(free_house)
    await asyncio.to_thread(ensure, house.kafka_url, "", 2)
    await furnish(house.postgres_url)
    async with open_room(settings_of(house.postgres_url, kafka_url=house.kafka_url)) as room:
        await ready(room)
        assert (await room.http.get("/readyz")).json()["away"] == []
        await asyncio.to_thread(house.process("kafka").kill)
        until = monotonic() + 20
        while (answer := await room.http.get("/readyz")).json()["away"] != ["kafka"]:
            assert monotonic() < until, answer.text
            await asyncio.sleep(0.2)
        assert answer.status_code == 200
        await asyncio.to_thread(house.process("postgres").kill)
        answer = await room.http.get("/readyz")
        assert (answer.status_code, answer.json()["away"]) == (503, ["postgres", "kafka"])
        assert (await room.http.get("/healthz")).status_code == 200
