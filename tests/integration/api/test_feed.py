# SPDX-License-Identifier: Apache-2.0
"""The feed over HTTP on the real ledger: snapshot, deltas that chain, coming back, and no gap in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from typing import Any

from api.dev_issuer import DevIssuer
from tests.integration.api.rooms import SECRET, Room, open_incident, open_room, settings_of
from tests.integration.api.test_desk import post
from weirhouse.clock import fixed_clock, system_clock
from weirhouse.ledger.lease import Lease
from weirhouse.ledger.sequencer import Sequencer

Event = tuple[str, str, dict[str, Any]]


@asynccontextmanager
async def numbering(room: Room) -> AsyncIterator[None]:
    """Number committed changes, as the relay process does."""
    ledger = room.house.ledgers[0]
    lease = Lease(ledger.database, "sequencer")
    assert await lease.take()
    sequencer = Sequencer(ledger.database, lease, f"{ledger.schema}_numbered")

    async def run() -> None:
        while True:
            await lease.take()
            await sequencer.step()
            await asyncio.sleep(0.02)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def listen(room: Room, who: dict[str, str], query: str = "", last: str = "") -> AsyncIterator[Event]:
    """Yield (event, id, data) of the feed."""
    headers = {**who, **({"Last-Event-ID": last} if last else {})}
    async with room.http.stream("GET", f"/v1/feed{query}", headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            else:
                yield fields["event"], fields.get("id", ""), json.loads(fields["data"])
                fields = {}


async def until(stream: AsyncIterator[Event], wanted: str) -> Event:
    """Return the next event of that name, within ten seconds."""

    async def look() -> Event:
        async for event in stream:
            if event[0] == wanted:
                return event
        raise AssertionError(f"the stream ended before {wanted}")

    return await asyncio.wait_for(look(), 10)


async def test_snapshot_then_deltas_that_chain_then_coming_back(room: Room) -> None:
    who = room.bearer("dispatcher")
    incident = await open_incident(room, "a")
    async with numbering(room):
        stream = listen(room, who)
        _, last, snapshot = await until(stream, "snapshot")
        assert [row["id"] for row in snapshot["incidents"]] == [incident.id]
        assert (len(snapshot["teams"]), snapshot["mode"], snapshot["prev"]) == (4, "normal", None)
        claimed = await post(room, f"/v1/incidents/{incident.id}:claim", "k1", incident.decision_version, who)
        _, last, delta = await until(stream, "delta")
        bodies = {item["entity"]: item["body"] for item in delta["items"]}
        assert bodies[incident.id]["owner"] == "ann" or delta["prev"] == snapshot["seq"]
        while bodies[incident.id]["owner"] != "ann":
            before = delta["seq"]
            _, last, delta = await until(stream, "delta")
            assert delta["prev"] == before
            bodies |= {item["entity"]: item["body"] for item in delta["items"]}
        await stream.aclose()  # type: ignore[attr-defined]
        etag = claimed.json()["incident"]["etag"]
        released = await post(room, f"/v1/incidents/{incident.id}:release", "k2", etag, who)
        assert released.status_code == 200
        stream = listen(room, who, last=last)
        _, _, delta = await until(stream, "delta")
        assert f"{delta['epoch']}:{delta['prev']}" == last
        assert delta["items"][-1]["body"]["owner"] == ""
        await stream.aclose()  # type: ignore[attr-defined]
        stream = listen(room, who, last="another:7")
        first = await asyncio.wait_for(anext(stream), 10)
        second = await asyncio.wait_for(anext(stream), 10)
        assert (first[0], second[0]) == ("reset", "snapshot")
        await stream.aclose()  # type: ignore[attr-defined]


async def test_no_change_falls_between_snapshot_and_deltas(room: Room) -> None:
    """While incidents open all the time, whoever joins at any moment ends up knowing every one of them."""
    who = room.bearer("dispatcher")

    async def watch(delay: float, total: int) -> set[str]:
        await asyncio.sleep(delay)
        known: set[str] = set()
        before = 0
        async for name, _, data in listen(room, who, "?kinds=incident"):
            if name == "snapshot":
                known |= {row["id"] for row in data["incidents"]}
                before = data["seq"]
            elif name == "delta":
                assert data["prev"] == before
                before = data["seq"]
                known |= {item["entity"] for item in data["items"]}
            if len(known) >= total:
                return known
        return known

    async with numbering(room):
        watchers = [asyncio.create_task(watch(delay, 40)) for delay in (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)]
        opened = {(await open_incident(room, f"{n}n", lat=10.001 + n * 0.002)).id for n in range(40)}
        found = await asyncio.wait_for(asyncio.gather(*watchers), 20)
    assert all(known == opened for known in found)


async def test_the_feed_keeps_to_zones_and_roles(room: Room) -> None:
    refused = await room.http.get("/v1/feed", params={"zone": "west"}, headers=room.bearer("operator", zones=("east",)))
    assert (refused.status_code, refused.json()["code"]) == (403, "zone-forbidden")
    refused = await room.http.get("/v1/feed", headers=room.bearer("source"))
    assert refused.json()["code"] == "forbidden"
    refused = await room.http.get("/v1/feed", params={"kinds": "nonsense"}, headers=room.bearer("operator"))
    assert refused.json()["code"] == "invalid-value"


async def test_signing_out_anywhere_ends_the_feed(room_dsn: str) -> None:
    settings = settings_of(room_dsn, feed_heartbeat=timedelta(seconds=1))
    async with open_room(settings) as room, open_room(settings) as other:
        session = await room.house.sessions.make("li", ("operator",), ("*",), room.house.clock())
        cookie = {"cookie": room.house.sessions.cookie(session).partition(";")[0]}
        async with numbering(room):
            stream = listen(room, cookie)
            await until(stream, "snapshot")
            await until(stream, "heartbeat")
            await other.house.sessions.farewell(session, other.house.clock())
            # While changes come faster than any heartbeat too.
            busy = asyncio.create_task(_keep_busy(room))
            begun = monotonic()
            _, _, data = await until(stream, "reset")
            assert data == {"reason": "signed-out"}
            assert monotonic() - begun < 8
            rest = [event async for event in stream]
            assert rest == []
            busy.cancel()
            await asyncio.gather(busy, return_exceptions=True)


async def _keep_busy(room: Room) -> None:
    for number in range(1000):
        await open_incident(room, f"busy{number}", lat=10.001 + number * 0.0001)
        await asyncio.sleep(0.3)


async def test_a_token_that_runs_out_ends_the_feed(room_dsn: str) -> None:
    settings = settings_of(room_dsn, feed_heartbeat=timedelta(seconds=1))
    late = system_clock() - timedelta(hours=12) + timedelta(seconds=4)
    async with open_room(settings) as room:
        issuer = DevIssuer(room.house.settings, SECRET.encode(), fixed_clock(late))
        who = {"Authorization": f"Bearer {issuer.mint('ann', ('operator',))}"}
        stream = listen(room, who)
        await until(stream, "snapshot")
        _, _, data = await until(stream, "reset")
    assert data == {"reason": "signed-out"}
