# SPDX-License-Identifier: Apache-2.0
"""Faust's consumer, reading whole fetched batches; installed by `app.transport.Consumer`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP
from mode import get_logger

from streams.drain.engine import Drain
from streams.drain.errors import AheadOfLog, OutOfLogError, TrimmedPastOffset
from streams.drain.fetch import DrainThread

logger = get_logger(__name__)

POLL_S = 1.0
"""How long one visit to the fetcher waits; a wish that changes ends it early."""


class DrainConsumer(Consumer):  # type: ignore[misc, unused-ignore]
    """Reads the topics of a drain in batches, and every other topic Faust's own way.

    A subclass made by `install` carries the app's drain.
    """

    drain: Drain
    _thread: DrainThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.drain.consumer = self

    def _new_consumer_thread(self) -> DrainThread:
        return DrainThread(self, loop=self.loop, beacon=self.beacon)

    def nudge(self) -> None:
        """Look again at once: a partition has room."""
        self._thread.nudge()

    # -- reading -------------------------------------------------------------------------------------------

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:
        """Give raw batches to the drain; yield messages of all other topics, for Faust's own way."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        if self.should_stop:
            return
        active = self._get_active_partitions()
        room = self.drain.room(active)
        assigned = {buffer.tp for buffer in self.drain.buffers()}
        wanted = [*room, *(tp for tp in active if not self.drain.drains(tp.topic))]
        taken = await self._thread.take(wanted, assigned, room, min(timeout, POLL_S))
        if self.should_stop or self.suspend_flow.is_set():
            return
        self.drain.put(taken)
        for tp, offset in taken.out_of_range.items():
            await self._out_of_range(tp, offset)
        for tp, record in self.scheduler.iterate(taken.stock):
            if self.suspend_flow.is_set():
                break
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            yield tp, self._to_message(tp, record)

    async def _out_of_range(self, tp: TP, offset: int) -> None:
        """The broker does not have what we were about to fetch."""
        buffer = self.drain.buffer(tp)
        if buffer is None or tp in self.drain.unreadable:
            return
        first, end = (await self._thread.bounds([tp]))[tp]
        if first <= offset <= end:
            # Retention and our question crossed; the next fetch goes through.
            return
        error: OutOfLogError
        error = TrimmedPastOffset(tp, offset, first) if offset < first else AheadOfLog(tp, offset, end)
        if await self.drain.out_of_log(error):
            logger.error("%s Going on from the log's beginning.", error)
            self.drain.move(tp, first, await self._thread.seek_all({tp: first}))

    # -- positions -----------------------------------------------------------------------------------------

    async def perform_seek(self) -> None:
        """Seek every partition to its owner's offset, else the group's commit, else the log's beginning (or end)."""
        assigned = frozenset(tp for tp in self.assignment() if not self._is_changelog_tp(tp))
        if not assigned:
            return
        owned = await self.drain.start_offsets(assigned)
        committed = await self._thread.committed_all(assigned)
        bounds = await self._thread.bounds(assigned)
        latest = self.app.conf.consumer_auto_offset_reset == "latest"
        positions: dict[TP, int] = {}
        for tp in assigned:
            first, end = bounds[tp]
            commit = committed[tp]
            position = owned.get(tp, commit)
            if position is None:
                position = end if latest else first
            elif not first <= position <= end and self.drain.drains(tp.topic):
                position = await self._checked(tp, position, first, end)
            elif not first <= position <= end:
                position = first
            positions[tp] = position
            self._read_offset[tp] = commit
            self._committed_offset[tp] = commit
        epoch = await self._thread.seek_all(positions)
        drained = {tp: offset for tp, offset in positions.items() if self.drain.drains(tp.topic)}
        await self.drain.open(drained, epoch)

    async def _checked(self, tp: TP, position: int, first: int, end: int) -> int:
        """Raise the alarm over a position outside the log; return where to go on, if that may be."""
        error: OutOfLogError
        error = TrimmedPastOffset(tp, position, first) if position < first else AheadOfLog(tp, position, end)
        if await self.drain.out_of_log(error):
            logger.error("%s Going on from the log's beginning.", error)
            return first
        return position

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Let the agents finish what they hold, commit it, then make the rest stale."""
        await self.drain.settle()
        await self.commit()
        await self.drain.close()
        await super().on_partitions_revoked(revoked)

    async def wait_empty(self) -> None:
        """Wait for the agents' portions, then do as Faust does for its own messages."""
        await self.drain.settle()
        if self.app.should_stop:
            self.drain.end()
        await super().wait_empty()

    # -- commits -------------------------------------------------------------------------------------------

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        yield from super()._filter_tps_with_pending_acks(topics)
        for buffer in self.drain.buffers():
            tp = buffer.tp
            if topics is None or tp in topics or tp.topic in topics:
                yield tp

    def _new_offset(self, tp: TP) -> int | None:
        buffer = self.drain.buffer(tp)
        if buffer is None:
            offset: int | None = super()._new_offset(tp)
            return offset
        return None if tp in self.drain.unreadable else buffer.done_offset

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Leave drained partitions to `Drain.progress`: Faust's check looks at events that do not exist here."""
        if not self.drain.drains(tp.topic):
            super().verify_event_path(now, tp)
