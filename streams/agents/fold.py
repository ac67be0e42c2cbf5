# SPDX-License-Identifier: Apache-2.0
"""Fold: chunks of readings become signals, and states that the next owner goes on from.

The next chunk is folded while the last one's output is in flight. A chunk counts as read when its
signals are durable and, after them, its states. Repeats are allowed everywhere: a signal names its
episode and offset, a state its offset.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

import msgspec
from faust.types import TP

from streams.agents.decode import trace_of
from streams.agents.readings import Read, read_chunk
from streams.agents.tally import Tally
from streams.dead_letters import letter_of
from streams.drain import Chunk, DrainStream, Emitter, Outgoing, RawRecord
from streams.failures import StopWorker, Wrong
from streams.guard import Guard
from streams.memory.foldstates import Recovery, States
from streams.memory.standing import Standing
from weirhouse.clock import Clock
from weirhouse.domain.fold import FoldState, expired, fold_chunk
from weirhouse.domain.reading import Signal
from weirhouse.domain.report import Lane
from weirhouse.telemetry.tracing import MAX_LINKS, Tracing
from weirhouse.wire import folding
from weirhouse.wire.deadletters import DeadLetter
from weirhouse.wire.envelope import SCHEMA_VERSION, encode
from weirhouse.wire.topics import FOLD_STATE, HEADER_SCHEMA, HEADER_TRACE, SIGNALS_LIFE, SIGNALS_ORDINARY

AGENT: Final = "fold"
CHUNK: Final = 1_000
IN_FLIGHT: Final = 4
"""Chunks of a lane whose output may be under way at once; more adds memory and no speed."""
SWEEP_EVERY_S: Final = 60.0
"""Event time between two looks for sources that fell silent."""

Mark = tuple[bool, bool, float, float]

_log = logging.getLogger("streams.fold")


class Folder:
    """The agent's body.

    Parameters
    ----------
    recovery
        Holds the states of the partitions owned now.
    emitter
        Started by the worker.
    city
        Standing data: the sources' plans and the zones.
    """

    def __init__(
        self,
        recovery: Recovery,
        emitter: Emitter,
        guard: Guard,
        tally: Tally,
        tracing: Tracing,
        clock: Clock,
        *,
        namespace: str,
        city: Standing,
    ) -> None:
        self._city = city
        self._recovery = recovery
        self._emitter = emitter
        self._guard = guard
        self._tally = tally
        self._tracing = tracing
        self._clock = clock
        self._cut = len(namespace) + 1 if namespace else 0
        self._lanes = {Lane.LIFE: SIGNALS_LIFE.full(namespace), Lane.ORDINARY: SIGNALS_ORDINARY.full(namespace)}
        self._state_topic = FOLD_STATE.full(namespace)
        self._written: dict[TP, tuple[States, dict[str, Mark]]] = {}
        self._swept: dict[TP, float] = {}
        self._last: dict[TP, asyncio.Task[None]] = {}

    async def run(self, stream: DrainStream) -> None:
        """Read chunks until the stream ends."""
        async for chunk in stream.chunks(max_records=CHUNK, in_flight=IN_FLIGHT):
            states = self._recovery.states.get(chunk.tp)
            if states is None:
                continue
            try:
                await self.work(chunk, states)
            except StopWorker:
                _log.error("stops with a chunk in hand; it stays unread", extra={"topic": chunk.tp.topic})
                return

    async def work(self, chunk: Chunk, states: States) -> None:
        """Fold one chunk and hand its output on; a task of its own sees to its end.

        Raises
        ------
        StopWorker
        """
        began = time.perf_counter()
        tp = chunk.tp
        self._tally.took(AGENT, [(tp.topic, chunk.records)], self._clock().timestamp())
        read = read_chunk(chunk.records)
        if read.bad:
            await self._guard.set_aside(AGENT, self._letters(chunk, read))
        answer = await self._guard.hold(AGENT, lambda: self._fold(tp, states, read))
        if isinstance(answer, Wrong):
            answer = await self._narrow(chunk, states, read)
        signals, changed = answer
        outgoing = self._signals(signals)
        marks = self._states(tp, states, changed, read.watermark)
        self._guard.letterbox.limit.passed(len(read.readings))
        self._count(chunk, read, signals)
        task = asyncio.create_task(
            self._finish(chunk, outgoing, marks, self._last.get(tp), began), name=f"fold {tp.topic}[{tp.partition}]"
        )
        self._last[tp] = task

    async def _fold(self, tp: TP, states: States, read: Read) -> tuple[list[Signal], set[str]]:
        return fold_chunk(states, read.readings, read.offsets, self._city.registry, tp.topic[self._cut :], tp.partition)

    async def _narrow(self, chunk: Chunk, states: States, read: Read) -> tuple[list[Signal], set[str]]:
        """A rule of ours broke: begin again from the written states, reading by reading; set aside what breaks."""
        tp = chunk.tp
        if tp in self._last:
            await self._last[tp]
        fresh = await self._guard.hold(AGENT, lambda: self._recovery.read(tp.partition))
        if isinstance(fresh, dict):
            states.clear()
            states.update(fresh.get(tp.topic, {}))
        signals: list[Signal] = []
        changed: set[str] = set()
        by_offset = {record.offset: record for record in chunk.records}
        for reading, offset in zip(read.readings, read.offsets, strict=True):
            answer = await self._guard.hold(AGENT, partial(self._fold, tp, states, Read([reading], [offset])))
            if isinstance(answer, Wrong):
                letter = letter_of(
                    tp.topic,
                    tp.partition,
                    by_offset[offset],
                    reason=answer.reason,
                    detail=answer.detail,
                    agent=AGENT,
                    now=self._clock().timestamp(),
                )
                await self._guard.set_aside(AGENT, [letter])
                continue
            signals += answer[0]
            changed |= answer[1]
        return signals, changed

    # output -----------------------------------------------------------------------------------------

    def _signals(self, signals: Sequence[Signal]) -> dict[str, list[Outgoing]]:
        out: dict[str, list[Outgoing]] = {}
        for signal in signals:
            zone = self._city.zone_of(signal)
            if zone != signal.zone:
                signal = msgspec.structs.replace(signal, zone=zone)
            topic = self._lanes[Lane.LIFE if signal.lane is Lane.LIFE else Lane.ORDINARY]
            out.setdefault(topic, []).append(Outgoing(zone.encode(), encode(signal)))
        return out

    def _states(self, tp: TP, states: States, changed: set[str], watermark: float) -> list[Outgoing]:
        """Return the states worth writing: those whose verdict or standing changed, and the silent ones' end.

        A mere repeat moves only its offset and count; read again, it changes nothing.
        """
        known, marks = self._written.get(tp, (None, {}))
        if known is not states:
            marks = {}
            self._written[tp] = (states, marks)
        topic = tp.topic[self._cut :]
        out: list[Outgoing] = []
        for name in changed:
            state = states[name]
            mark = _mark(state)
            if marks.get(name) != mark:
                marks[name] = mark
                value = folding.encode(topic, name, state)
                out.append(Outgoing(folding.key_of(topic, name), value, partition=tp.partition))
        if watermark - self._swept.setdefault(tp, watermark) >= SWEEP_EVERY_S:
            self._swept[tp] = watermark
            for name in expired(states, self._city.registry, watermark):
                del states[name]
                marks.pop(name, None)
                out.append(Outgoing(folding.key_of(topic, name), None, partition=tp.partition))
        return out

    async def _finish(
        self,
        chunk: Chunk,
        signals: dict[str, list[Outgoing]],
        states: list[Outgoing],
        before: asyncio.Task[None] | None,
        began: float,
    ) -> None:
        parents, size = _traces(chunk.records), len(chunk)
        with self._tracing.span("fold.chunk", parents, {"records": size, "topic": chunk.tp.topic}) as trace:
            headers = ((HEADER_TRACE, trace.encode()), (HEADER_SCHEMA, SCHEMA_VERSION))
            for topic, messages in signals.items():
                await self._durable(partial(self._emit, topic, messages, headers))
            # States in the order of their chunks: an older one must not stand after a newer one.
            if before is not None and not before.done():
                await asyncio.wait([before])
            if states and not chunk.stale:
                await self._durable(lambda: self._emit(self._state_topic, states, ()))
        if chunk.done():
            self._tally.finished(AGENT, [(chunk.tp.topic, chunk.records)])
            self._tally.body(AGENT, time.perf_counter() - began)

    async def _emit(self, topic: str, messages: list[Outgoing], headers: Sequence[tuple[str, bytes]]) -> None:
        await (await self._emitter.emit(topic, messages, headers))

    async def _durable(self, act: Callable[[], Awaitable[None]]) -> None:
        answer = await self._guard.hold(AGENT, act)
        if isinstance(answer, Wrong):
            self._guard.stop(f"fold cannot write what it made: {answer.detail}; its input stays unread.")
            raise StopWorker(answer.detail)

    def _letters(self, chunk: Chunk, read: Read) -> list[DeadLetter]:
        now = self._clock().timestamp()
        return [
            letter_of(
                chunk.tp.topic,
                chunk.tp.partition,
                record,
                reason=wrong.reason,
                detail=str(wrong),
                agent=AGENT,
                now=now,
            )
            for record, wrong in read.bad
        ]

    def _count(self, chunk: Chunk, read: Read, signals: Sequence[Signal]) -> None:
        lane = Lane.LIFE if chunk.life else Lane.BULK
        if chunk.life:
            # The lane follows the source's right, not the topic it wrote to: nothing is lost, nothing is jumped.
            plan = self._city.registry.plan
            self._tally.without_right(sum(plan(reading.source).lane is not Lane.LIFE for reading in read.readings))
        self._tally.folded(lane, len(chunk), Counter((signal.lane.value, signal.state.value) for signal in signals))


def _traces(records: Sequence[RawRecord]) -> list[str]:
    """Return the readings' own traces that the chunk's span goes on from: few devices give one."""
    given = [trace for record in records if record.headers and (trace := trace_of(record))]
    return [trace for trace in given if trace.endswith("1")][: MAX_LINKS + 1] or given[:1]


def _mark(state: FoldState) -> Mark:
    return state.standing, state.breach, state.turned_at, state.told_at
