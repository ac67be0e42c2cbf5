# SPDX-License-Identifier: Apache-2.0
"""Who owns the correlator's offsets: the ledger. Taking over, loading, letting go, at every rebalance."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from faust.types import TP

from streams.drain import AheadOfLog, OutOfLogError
from streams.failures import StopWorker, Wrong
from streams.guard import Guard
from streams.memory.partition import Memory
from streams.memory.standing import Standing
from weirhouse.clock import Clock
from weirhouse.ledger.ports import Slices

T = TypeVar("T")
AGENT: Final = "take over"

_log = logging.getLogger("streams.owner")


class LedgerOwner:
    """Implements `streams.drain.Owner` for the correlator's topics.

    Parameters
    ----------
    worker
        This worker's name, written beside the epoch.
    followed
        Topic `touched`: its offsets are nobody's, for the memory is loaded after its end was read.
    log_ends
        Returns the ends of `followed` (blocking; run in a thread).
    """

    def __init__(
        self,
        slices: Slices,
        guard: Guard,
        clock: Clock,
        *,
        worker: str,
        cluster_id: str,
        city: Standing,
        followed: str,
        log_ends: Callable[[], Mapping[tuple[str, int], int]],
    ) -> None:
        self.cluster_id = cluster_id
        self.city = city
        self.memories: dict[int, Memory] = {}
        self._slices = slices
        self._guard = guard
        self._clock = clock
        self._worker = worker
        self._followed = followed
        self._log_ends = log_ends
        self._kept: dict[int, Memory] = {}
        self._loading: dict[int, asyncio.Task[None]] = {}

    # the drain's side -------------------------------------------------------------------------------

    async def start_offsets(self, assigned: frozenset[TP]) -> Mapping[TP, int]:
        """Raise the epoch of every partition, then answer where the ledger says to go on."""
        ends = await self._sure(lambda: asyncio.to_thread(self._log_ends))
        offsets: dict[TP, int] = {}
        for number in sorted({tp.partition for tp in assigned}):
            topics = [tp.topic for tp in assigned if tp.partition == number and tp.topic != self._followed]
            await self._take(number)
            standing = await self._sure(partial(self._slices.offsets, self.cluster_id, topics, number))
            offsets.update({TP(topic, number): offset for topic, offset in standing.items()})
        for tp in assigned:
            if tp.topic == self._followed and (tp.topic, tp.partition) in ends:
                offsets[tp] = ends[tp.topic, tp.partition]
        return offsets

    async def _take(self, number: int) -> None:
        now = self._clock().timestamp()
        epoch = await self._sure(lambda: self._slices.take(number, self._worker, now))
        kept = self._kept.pop(number, None)
        if kept is not None and not kept.lost and epoch == kept.epoch + 1:
            # Nobody owned it in between, so the memory is as good as before; the compares tell the rest.
            kept.epoch = epoch
            self.memories[number] = kept
        else:
            self.memories[number] = Memory(number, epoch, self._slices, self._clock)

    async def assigned(self, tps: frozenset[TP], generation: int) -> None:
        """Load the memories in the background; slices that need a zone have it loaded first."""
        for number in sorted({tp.partition for tp in tps}):
            memory = self.memories[number]
            if not memory.loaded and number not in self._loading:
                task = asyncio.create_task(self._load(memory), name=f"load {number}")
                self._loading[number] = task
                task.add_done_callback(partial(self._loading_ended, number))

    async def revoked(self, tps: frozenset[TP], generation: int) -> None:
        """Put the memories aside: if we are the next owner too, they are still good."""
        for number in {tp.partition for tp in tps}:
            task = self._loading.pop(number, None)
            if task is not None:
                task.cancel()
            memory = self.memories.pop(number, None)
            if memory is not None:
                self._kept[number] = memory

    async def out_of_log(self, error: OutOfLogError) -> None:
        """Stop if this is another broker; otherwise hold the partition and raise the alarm."""
        if isinstance(error, AheadOfLog):
            await self._sure(lambda: self._refuse(error))
        _log.critical(
            "an input was trimmed past the ledger's offset: messages are gone unread and the partition is held; see "
            "the operations guide, `weirhouse reseed` produces again what the inbox holds",
            extra={
                "topic": error.tp.topic,
                "partition": error.tp.partition,
                "offset": error.offset,
                "log": error.bound,
            },
        )

    async def _refuse(self, error: OutOfLogError) -> None:
        raise StopWorker(
            f"the ledger's offset {error.offset} of {error.tp.topic}[{error.tp.partition}] lies behind the log's end "
            f"{error.bound}: the broker lost messages or is another one; run `weirhouse reseed`, then start the worker."
        )

    # ------------------------------------------------------------------------------------------------

    async def _load(self, memory: Memory) -> None:
        await self._guard.hold("load", memory.load)
        await self._guard.hold("load", lambda: memory.load_outlines(self.city.borders))
        _log.info("memory loaded", extra={"partition": memory.number, "incidents": len(memory.index)})

    def _loading_ended(self, number: int, task: asyncio.Task[None]) -> None:
        if self._loading.get(number) is task:
            del self._loading[number]

    async def _sure(self, act: Callable[[], Awaitable[T]]) -> T:
        answer = await self._guard.hold(AGENT, act)
        if isinstance(answer, Wrong):
            raise StopWorker(f"cannot take over: {answer.detail}")
        return answer

    def zones(self) -> Sequence[str]:
        """Return the zones of all partitions owned now."""
        return [zone for memory in self.memories.values() for zone in memory.memberships]

    def expire(self) -> int:
        """Let every memory forget what is long closed; return how many incidents went."""
        return sum(memory.expire() for memory in self.memories.values())
