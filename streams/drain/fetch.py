# SPDX-License-Identifier: Apache-2.0
"""The one module that touches private parts of Faust and aiokafka.

Written against faust-streaming 0.15.3 and aiokafka 0.14.0; `pyproject.toml` pins both to these minor versions, and
the contract suite (tests/contract/drain) fails when one of these parts changes:

- `AIOKafkaConsumerThread._create_worker_consumer`, `_ensure_consumer`, `thread_loop`: Faust's consumer, made in a
  thread of its own (heartbeats go on while the agents compute);
- `AIOKafkaConsumer._fetcher`, `_closed`, `_auto_offset_reset`, `_fetch_max_wait_ms`;
- `Fetcher._records`, `_subscriptions`, `_wait_consume_future`, `_notify`, `_create_fetch_waiter`,
  `_fetch_max_wait_ms`, `_fetch_max_bytes`, `_isolation_level`;
- `FetchResult._partition_records`, `PartitionRecords._records`, `_consume_aborted_up_to`, `_aborted_producers`,
  `_contains_abort_marker`, `next_fetch_offset`.
"""
# ruff: noqa: SLF001

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult
from aiokafka.errors import ConsumerStoppedError, CorruptRecordException, OffsetOutOfRangeError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.types import TP

from streams.drain.buffer import Fetched
from streams.drain.portion import RawRecord

T = TypeVar("T")

IDLE_FETCH_WAIT_MS = 500
"""How long the broker holds a fetch that finds nothing, when every partition is in that fetch."""

BUSY_FETCH_WAIT_MS = 10
"""The same while a partition is paused: aiokafka has one fetch under way for a broker, so a partition that resumes
would otherwise wait for the idle ones' fetch to time out (Faust's own setting: 1.5 s)."""

FETCH_MAX_BYTES = 8 * 1024 * 1024
"""Bound of one answer over all partitions, so that a backlog of one lane cannot delay the next fetch of another."""

TAKE_RECORDS = 8_192
"""Records parsed in one go before the result is handed over (about 10 ms of parsing)."""


class Take(NamedTuple):
    """What one visit to the fetcher found.

    Attributes
    ----------
    epoch
        The thread's seek epoch; results of an older one are void.
    fetched
        Raw records of drained partitions.
    stock
        aiokafka's records of all others, for Faust's own way.
    out_of_range
        Drained partitions whose offset the broker does not have.
    """

    epoch: int
    fetched: list[Fetched]
    stock: dict[TP, list[Any]]
    out_of_range: dict[TP, int]


class DrainThread(AIOKafkaConsumerThread):  # type: ignore[misc, unused-ignore]
    """Faust's consumer thread, with a way to take whole fetched batches."""

    epoch = 0
    _waiter: asyncio.Future[None] | None = None

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Positions are set by `seek_all` alone; a lost one must surface as an error, not as a jump.
        consumer._auto_offset_reset = "none"
        consumer._fetch_max_wait_ms = IDLE_FETCH_WAIT_MS
        consumer._fetch_max_bytes = FETCH_MAX_BYTES
        return consumer

    async def take(
        self, wanted: Iterable[TP], drained: frozenset[TP] | set[TP], room: Mapping[TP, int], timeout_s: float
    ) -> Take:
        """Run `_take` in the thread; wait up to `timeout_s` for something to arrive.

        Parameters
        ----------
        wanted
            Partitions to fetch, most urgent first; all others are paused.
        drained
            Partitions that are read raw.
        room
            Records there is room for; a partition that brings more is paused at once.
        """
        future = asyncio.run_coroutine_threadsafe(self._take(list(wanted), drained, room, timeout_s), self.thread_loop)
        return await asyncio.wrap_future(future)

    def nudge(self) -> None:
        """End a waiting `take` early, because what is wanted changed."""
        self.thread_loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _take(
        self, wanted: list[TP], drained: frozenset[TP] | set[TP], room: Mapping[TP, int], timeout_s: float
    ) -> Take:
        consumer = self._ensure_consumer()
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        subscriptions = fetcher._subscriptions
        subscription = subscriptions.subscription
        assignment = subscription.assignment if subscription is not None else None
        if assignment is None or not assignment.active or subscriptions.reassignment_in_progress:
            await asyncio.sleep(0.005)
            return Take(self.epoch, [], {}, {})
        with subscriptions.fetch_context():
            self._pause_all_but(fetcher, assignment, wanted)
            taken = self._collect(fetcher, assignment, wanted, drained, room)
            if taken.fetched or taken.stock or taken.out_of_range or timeout_s <= 0:
                return taken
            self._waiter = waiter = fetcher._create_fetch_waiter()
            await asyncio.wait([waiter], timeout=timeout_s)
            if waiter.done():
                waiter.result()
            else:
                waiter.cancel()
            if not assignment.active:
                return taken
            return self._collect(fetcher, assignment, wanted, drained, room)

    def _pause_all_but(self, fetcher: Any, assignment: Any, wanted: list[TP]) -> None:
        """Pause and resume in aiokafka; a paused partition leaves the fetch, and only that one."""
        fetch = set(wanted)
        paused = False
        for tp in assignment.tps:
            state = assignment.state_value(tp)
            if tp in fetch:
                state.resume()
            else:
                state.pause()
                paused = True
        fetcher._fetch_max_wait_ms = BUSY_FETCH_WAIT_MS if paused else IDLE_FETCH_WAIT_MS

    def _collect(
        self,
        fetcher: Any,
        assignment: Any,
        wanted: list[TP],
        drained: frozenset[TP] | set[TP],
        room: Mapping[TP, int],
    ) -> Take:
        taken = Take(self.epoch, [], {}, {})
        waiting = fetcher._records
        count = 0
        first = [tp for tp in wanted if tp in waiting]
        for tp in first + [tp for tp in waiting if tp in drained and tp not in room]:
            result = waiting[tp]
            if not isinstance(result, FetchResult):
                del waiting[tp]
                try:
                    result.check_raise()
                except OffsetOutOfRangeError as error:
                    if tp not in drained:
                        raise
                    taken.out_of_range[tp] = error.args[0][tp]
            elif tp in drained:
                del waiting[tp]
                fetched = _raw_records(fetcher, assignment, tp, result)
                if fetched is not None:
                    taken.fetched.append(fetched)
                    count += len(fetched.records)
                    if len(fetched.records) >= room.get(tp, 0):
                        assignment.state_value(tp).pause()
                        fetcher._fetch_max_wait_ms = BUSY_FETCH_WAIT_MS
            else:
                del waiting[tp]
                records = result.getall()
                if records:
                    taken.stock[tp] = records
            if count >= TAKE_RECORDS:
                break
        fetcher._notify(fetcher._wait_consume_future)
        return taken

    async def committed_all(self, tps: Iterable[TP]) -> dict[TP, int | None]:
        """Return the group's committed offsets (None where there is none)."""
        return await self._in_thread(self._committed_all(list(tps)))

    async def _committed_all(self, tps: list[TP]) -> dict[TP, int | None]:
        consumer = self._ensure_consumer()
        offsets = await asyncio.gather(*(consumer.committed(_aiokafka(tp)) for tp in tps))
        return dict(zip(tps, offsets, strict=True))

    async def bounds(self, tps: Iterable[TP]) -> dict[TP, tuple[int, int]]:
        """Return each log's first offset and its end."""
        return await self._in_thread(self._bounds([_aiokafka(tp) for tp in tps]))

    async def _bounds(self, tps: list[Any]) -> dict[TP, tuple[int, int]]:
        consumer = self._ensure_consumer()
        first, end = await asyncio.gather(consumer.beginning_offsets(tps), consumer.end_offsets(tps))
        return {TP(tp.topic, tp.partition): (first[tp], end[tp]) for tp in tps}

    async def seek_all(self, positions: Mapping[TP, int]) -> int:
        """Go on from these offsets; return the new epoch, which voids everything taken before."""
        return await self._in_thread(self._seek_all(dict(positions)))

    async def _seek_all(self, positions: dict[TP, int]) -> int:
        consumer = self._ensure_consumer()
        for tp, offset in positions.items():
            consumer.seek(_aiokafka(tp), offset)
        self.epoch += 1
        return self.epoch

    async def _in_thread(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self.thread_loop))


def _aiokafka(tp: TP) -> Any:
    return TopicPartition(tp.topic, tp.partition)


def _raw_records(fetcher: Any, assignment: Any, tp: Any, result: Any) -> Fetched | None:
    """Parse one partition's fetch as a whole, without aiokafka's ConsumerRecord and generator for each record.

    Raises
    ------
    CorruptRecordException
        If the first batch fails its checksum; batches before a bad one are returned first.
    """
    source = result._partition_records
    state = assignment.state_value(tp)
    if source is None or not assignment.active or state.position != source.next_fetch_offset:
        return None
    start = position = source.next_fetch_offset
    batches = source._records
    size = batches.size_in_bytes()
    records: list[RawRecord] = []
    while batches.has_next():
        batch = batches.next_batch()
        if source._check_crcs and not batch.validate_crc():
            if position > start:
                break
            raise CorruptRecordException(f"{tp}: the batch at offset {position} fails its checksum")
        if fetcher._isolation_level == READ_COMMITTED and batch.producer_id is not None:
            source._consume_aborted_up_to(batch.base_offset)
            if batch.is_control_batch and source._contains_abort_marker(batch):
                source._aborted_producers.discard(batch.producer_id)
            if batch.is_transactional and batch.producer_id in source._aborted_producers:
                position = batch.next_offset
                continue
        if not batch.is_control_batch:
            found = list(batch)
            if found and found[0].offset < position:
                found = [record for record in found if record.offset >= position]
            records = records + found if records else found
        position = batch.next_offset
    state.consumed_to(position)
    result._partition_records = None
    return Fetched(TP(tp.topic, tp.partition), start, position, records, size)
