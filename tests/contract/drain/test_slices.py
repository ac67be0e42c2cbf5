# SPDX-License-Identifier: Apache-2.0
"""Slices: life-safety first and alone, offsets owned by a ledger, alarms when they are not in the log."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from faust.types import TP

from streams.drain import (
    AheadOfLog,
    Drain,
    DrainStream,
    Limits,
    OutOfLogError,
    Slice,
    TrimmedPastOffset,
    agent,
)
from tests.contract.drain.support import Broker, drained_app, fresh, running, until


class Ledger:
    """Owns offsets, in memory."""

    def __init__(self, offsets: dict[TP, int] | None = None) -> None:
        self.offsets = offsets or {}
        self.events: list[str] = []
        self.alarms: list[OutOfLogError] = []

    async def start_offsets(self, assigned: frozenset[TP]) -> Mapping[TP, int]:
        self.events.append("start_offsets")
        return {tp: offset for tp, offset in self.offsets.items() if tp in assigned}

    async def assigned(self, tps: frozenset[TP], generation: int) -> None:
        self.events.append(f"assigned {generation}")

    async def revoked(self, tps: frozenset[TP], generation: int) -> None:
        self.events.append(f"revoked {generation}")

    async def out_of_log(self, error: OutOfLogError) -> None:
        self.alarms.append(error)

    def store(self, piece: Slice) -> None:
        """Compare-and-set of the offsets, as the ledger's transaction does."""
        for tp, old in piece.old_offsets.items():
            assert self.offsets.setdefault(tp, old) == old
        self.offsets.update(piece.next_offsets)


async def test_life_safety_first_and_alone_and_in_order(broker: Broker) -> None:
    life, ordinary = await broker.topic("life", 2), await broker.topic("ordinary", 2)
    for partition in (0, 1):
        await broker.write(ordinary, [b"o"] * 50, partition)
    await broker.write(life, [b"l"] * 5, 1)
    ledger = Ledger()
    app, drain = drained_app(broker.bootstrap, fresh("slices"))
    intake = drain.intake(life, ordinary, life=[life], owner=ledger)
    seen: list[tuple[bool, int, int]] = []

    async def reader(stream: DrainStream) -> None:
        async for piece in stream.slices(max_records=20):
            assert {topic for topic, _ in piece.parts} == ({life} if piece.life else {ordinary})
            seen.append((piece.life, piece.partition, len(piece)))
            ledger.store(piece)
            assert piece.done()

    agent(app, "reader", life, ordinary)(reader)
    async with running(app):
        await until(lambda: sum(count for *_, count in seen) == 105)
        assert intake.outstanding == 0
    lives = [place for place, (is_life, *_) in enumerate(seen) if is_life]
    assert all(count <= 20 for *_, count in seen)
    assert sum(seen[place][2] for place in lives) == 5
    assert ledger.offsets == {TP(life, 1): 5, TP(ordinary, 0): 50, TP(ordinary, 1): 50}
    assert ledger.events[:2] == ["start_offsets", "assigned 1"]


async def test_the_ledgers_offsets_win_over_the_groups(broker: Broker) -> None:
    topic, group = await broker.topic("seek"), fresh("seek")
    await broker.write(topic, [b"x"] * 40)
    for start in (0, 25):
        ledger = Ledger({TP(topic, 0): start})
        app, drain = drained_app(broker.bootstrap, group)
        drain.intake(topic, owner=ledger)
        seen: list[int] = []

        async def reader(stream: DrainStream, seen: list[int] = seen) -> None:
            async for piece in stream.slices():
                seen.extend(record.offset for record in piece.parts[0][1])
                piece.done()

        agent(app, "reader", topic)(reader)
        async with running(app):
            await until(lambda seen=seen, start=start: len(seen) == 40 - start)  # type: ignore[misc]
        assert seen == list(range(start, 40))
        assert await broker.committed(group) == {TP(topic, 0): 40}


async def _alarm(broker: Broker, offset: int, trim: int) -> tuple[Ledger, list[TP]]:
    """Start at `offset` of a topic trimmed before `trim`; return the ledger and where records came from."""
    bad, good = await broker.topic("bad"), await broker.topic("good")
    await broker.write(bad, [b"x"] * 20)
    await broker.write(good, [b"x"] * 20)
    await broker.trim(TP(bad, 0), trim)
    ledger = Ledger({TP(bad, 0): offset})
    app, drain = drained_app(broker.bootstrap, fresh("alarm"))
    drain.intake(bad, good, owner=ledger)
    seen: list[TP] = []

    async def reader(stream: DrainStream) -> None:
        async for piece in stream.slices():
            seen.extend(piece.next_offsets)
            piece.done()

    agent(app, "reader", bad, good)(reader)
    async with running(app):
        await until(lambda: bool(seen))
        await asyncio.sleep(0.2)
    assert {tp.topic for tp in seen} == {good}
    return ledger, seen


async def test_an_input_trimmed_past_the_ledgers_offset_is_an_alarm(broker: Broker) -> None:
    ledger, _ = await _alarm(broker, offset=3, trim=10)
    (alarm,) = ledger.alarms
    assert isinstance(alarm, TrimmedPastOffset)
    assert (alarm.offset, alarm.bound) == (3, 10)


async def test_another_brokers_log_is_an_alarm(broker: Broker) -> None:
    ledger, _ = await _alarm(broker, offset=1_000, trim=0)
    (alarm,) = ledger.alarms
    assert isinstance(alarm, AheadOfLog)
    assert (alarm.offset, alarm.bound) == (1_000, 20)


async def test_a_groups_commit_trimmed_away_goes_on_and_is_counted(broker: Broker) -> None:
    topic, group = await broker.topic("jumped"), fresh("jumped")
    await broker.write(topic, [b"x"] * 20)
    for expected, trim in (([*range(20)], 30), ([*range(30, 40)], None)):
        app, drain = drained_app(broker.bootstrap, group)
        drain.intake(topic)
        seen: list[int] = []

        async def reader(stream: DrainStream, seen: list[int] = seen) -> None:
            async for chunk in stream.chunks():
                seen.extend(record.offset for record in chunk.records)
                chunk.done()

        agent(app, "reader", topic)(reader)
        async with running(app):
            await until(lambda seen=seen, expected=expected: len(seen) == len(expected))  # type: ignore[misc]
        assert seen == expected
        assert drain.trimmed == (0 if trim else 1)
        if trim:
            await broker.write(topic, [b"y"] * 20)
            await broker.trim(TP(topic, 0), trim)


async def test_halves_find_the_one_bad_record(broker: Broker) -> None:
    topic = await broker.topic("halves")
    await broker.write(topic, [b"bad" if number == 13 else b"good" for number in range(32)])
    ledger = Ledger()
    app, drain = drained_app(broker.bootstrap, fresh("halves"))
    drain.intake(topic, owner=ledger)
    aside: list[int] = []

    def settle(piece: Slice) -> None:
        records = piece.parts[0][1]
        if any(record.value == b"bad" for record in records):
            if len(piece) > 1:
                for half in piece.halve():
                    settle(half)
                return
            aside.append(records[0].offset)
        ledger.store(piece)
        assert piece.done()

    async def reader(stream: DrainStream) -> None:
        async for piece in stream.slices():
            settle(piece)

    agent(app, "reader", topic)(reader)
    async with running(app):
        await until(lambda: ledger.offsets.get(TP(topic, 0)) == 32)
    assert aside == [13]


def _only(drain: Drain, topic: str) -> int:
    return sum(part.done for part in drain.progress() if part.tp.topic == topic)


async def test_a_full_lane_stops_neither_life_nor_another_partition(broker: Broker) -> None:
    life, ordinary = await broker.topic("life"), await broker.topic("ordinary", 2)
    await broker.write(ordinary, [b"x" * 200] * 5_000, 0)
    await broker.write(ordinary, [b"x" * 200] * 100, 1)
    app, drain = drained_app(broker.bootstrap, fresh("pressure"), grace_s=0.1, consumer_max_fetch_size=64 * 1024)
    intake = drain.intake(life, ordinary, life=[life], limits=Limits(high_records=200, high_bytes=100_000))
    open_gate = asyncio.Event()

    async def reader(stream: DrainStream) -> None:
        stuck = []
        async for chunk in stream.chunks(max_records=50, in_flight=10):
            if chunk.tp == TP(ordinary, 0) and not open_gate.is_set():
                stuck.append(chunk)
                intake.hold(0)
                intake.buffers[TP(life, 0)].held = False
            else:
                chunk.done()

    agent(app, "reader", life, ordinary)(reader)
    async with running(app):
        await until(lambda: any(part.full for part in drain.progress()))
        await until(lambda: intake.buffers[TP(ordinary, 1)].done_offset == 100)
        full = intake.buffers[TP(ordinary, 0)]
        loop = asyncio.get_running_loop()
        for number in range(1, 21):
            began = loop.time()
            await broker.write(life, [b"help"])
            await until(lambda number=number: _only(drain, life) == number)  # type: ignore[misc]
            assert loop.time() - began < 0.5
        assert full.done_offset == 0
        assert full.records < 200 + 2 * 64 * 1024 / 200
        # A paused partition goes on as soon as there is room, without losing its place.
        open_gate.set()
        for portion in list(intake._out):
            portion.done()
        intake.release(0)
        await until(lambda: full.done_offset == 5_000)
