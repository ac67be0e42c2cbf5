# SPDX-License-Identifier: Apache-2.0
"""Fold's states: read back from `fold.state` on every assignment, written there after the signals are durable."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.types import TP

from streams.drain import Intake, OutOfLogError, TrimmedPastOffset
from streams.guard import Guard
from weirhouse.domain.fold import FoldState
from weirhouse.wire import folding

AGENT: Final = "fold recovery"
READ_WAIT_MS: Final = 500

States = dict[str, FoldState]

_log = logging.getLogger("streams.foldstates")


class Recovery:
    """Implements `streams.drain.Owner` for the readings: offsets are the group's, states are ours.

    Parameters
    ----------
    bootstrap
        Broker addresses.
    topic
        Full name of `fold.state`; its partitions are those of the readings.
    namespace
        Prefix of the readings' topics.
    """

    def __init__(self, bootstrap: str, topic: str, namespace: str, guard: Guard) -> None:
        self.states: dict[TP, States] = {}
        self.intake: Intake | None = None
        self._bootstrap = bootstrap
        self._topic = topic
        self._prefix = f"{namespace}." if namespace else ""
        self._guard = guard
        self._reading: dict[int, asyncio.Task[None]] = {}

    async def start_offsets(self, assigned: frozenset[TP]) -> Mapping[TP, int]:
        """Leave the offsets to the group's commits."""
        return {}

    async def assigned(self, tps: frozenset[TP], generation: int) -> None:
        """Hold each partition until its states are read."""
        assert self.intake is not None
        for number in sorted({tp.partition for tp in tps}):
            mine = [tp for tp in tps if tp.partition == number]
            self.intake.hold(number)
            task = asyncio.create_task(self._recover(number, mine), name=f"fold states {number}")
            self._reading[number] = task
            task.add_done_callback(partial(self._ended, number))

    async def revoked(self, tps: frozenset[TP], generation: int) -> None:
        """Forget the states: the next owner reads them where we wrote them."""
        for tp in tps:
            task = self._reading.pop(tp.partition, None)
            if task is not None:
                task.cancel()
            self.states.pop(tp, None)

    async def out_of_log(self, error: OutOfLogError) -> bool:
        """Go on past what retention took (a day of raw readings): what stands is told again by the next ones.

        A commit behind the log's end is another matter: another broker. That partition is held; the worker's
        look at the broker's id ends it.
        """
        _log.error("%s", error, extra={"topic": error.tp.topic, "partition": error.tp.partition})
        return isinstance(error, TrimmedPastOffset)

    def _ended(self, number: int, task: asyncio.Task[None]) -> None:
        if self._reading.get(number) is task:
            del self._reading[number]

    async def _recover(self, number: int, tps: list[TP]) -> None:
        states = await self._guard.hold(AGENT, lambda: self.read(number))
        if isinstance(states, dict):
            for tp in tps:
                self.states[tp] = states.get(tp.topic, {})
        assert self.intake is not None
        self.intake.release(number)

    async def read(self, number: int) -> dict[str, States]:
        """Return the states on one partition, by full topic name.

        Standing signals are due at once, so that the next reading tells them again: whoever lost them hears.

        Raises
        ------
        aiokafka.errors.KafkaError
        """
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            return await self._read(consumer, TopicPartition(self._topic, number))
        finally:
            await consumer.stop()

    async def _read(self, consumer: Any, tp: Any) -> dict[str, States]:
        consumer.assign([tp])
        end = (await consumer.end_offsets([tp]))[tp]
        await consumer.seek_to_beginning(tp)
        found: dict[bytes, folding.FoldRecord] = {}
        while await consumer.position(tp) < end:
            for record in (await consumer.getmany(tp, timeout_ms=READ_WAIT_MS)).get(tp, ()):
                _take_in(found, record.key, record.value)
        states: dict[str, States] = {}
        for record in found.values():
            if record.state.standing:
                record.state.told_at = 0.0
            states.setdefault(self._prefix + record.topic, {})[record.name] = record.state
        return states


def _take_in(found: dict[bytes, folding.FoldRecord], key: bytes, value: bytes | None) -> None:
    if value is None:
        found.pop(key, None)
        return
    try:
        record = folding.decode(value)
    except (msgspec.ValidationError, msgspec.DecodeError):
        found.pop(key, None)
        return
    known = found.get(key)
    # A worker that was stopped in mid-write may have written an older state after a newer one.
    if known is None or known.state.offset <= record.state.offset:
        found[key] = record
