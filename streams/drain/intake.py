# SPDX-License-Identifier: Apache-2.0
"""The topics that one agent reads together: who is served next, and what is out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from typing import Protocol

from faust.types import TP

from streams.drain.buffer import Buffer, Fetched, Limits
from streams.drain.errors import OutOfLogError
from streams.drain.portion import Chunk, Part, Portion, Slice


class Owner(Protocol):
    """Who owns the offsets of an intake's topics (the ledger), and what lives and dies with its partitions."""

    async def start_offsets(self, assigned: frozenset[TP]) -> Mapping[TP, int]:
        """Return where to go on; a missing partition goes on from the group's commit or the log's beginning.

        Awaited on every assignment, before the first record. Raise the owner's epoch here.
        """

    async def assigned(self, tps: frozenset[TP], generation: int) -> None:
        """Prepare for these partitions; the first record waits for it.

        What takes long goes into tasks, behind `Intake.hold` and `Intake.release`.
        """

    async def revoked(self, tps: frozenset[TP], generation: int) -> None:
        """Drop what was prepared; their portions are stale already."""

    async def out_of_log(self, error: OutOfLogError) -> bool | None:
        """Raise the alarm. Raise `error` to stop the worker; return True to go on from the log's beginning,
        anything else to hold that partition and go on with the others."""


class Intake:
    """Topics, in order of priority, whose partitions are handed to one agent.

    Parameters
    ----------
    topics
        Most urgent first.
    life
        Those of them that belong to the life-safety lane.
    owner
        Owner of the offsets, or None: the consumer group's commits are the truth.
    limits
        How much of a partition to buffer.
    on_room
        Called when a full buffer has room again.
    """

    def __init__(
        self,
        topics: tuple[str, ...],
        *,
        life: frozenset[str],
        owner: Owner | None,
        limits: Limits,
        on_room: Callable[[], None],
    ) -> None:
        self.topics = topics
        self.life = life
        self.owner = owner
        self.limits = limits
        self.generation = 0
        self.buffers: dict[TP, Buffer] = {}
        self._rank = {topic: rank for rank, topic in enumerate(topics)}
        self._on_room = on_room
        self._rings: dict[bool, deque[Buffer]] = {True: deque(), False: deque()}
        self._partitions: deque[tuple[int, list[Buffer]]] = deque()
        self._out: dict[Portion, None] = {}
        self._again: deque[Portion] = deque()
        self._failure: BaseException | None = None
        self._suspended = True
        self._ended = False
        self._changed = asyncio.Event()

    # -- the consumer's side -------------------------------------------------------------------------------

    def open(self, positions: Mapping[TP, int], generation: int) -> None:
        """Begin a generation with these partitions at these offsets."""
        self.close()
        self.generation = generation
        for tp in sorted(positions, key=lambda tp: (self._rank[tp.topic], tp.partition)):
            self.buffers[tp] = self._buffer(tp, positions[tp])
        self._arrange()

    def move(self, tp: TP, position: int) -> None:
        """Go on with one partition at another offset; what is out of it is stale."""
        self.buffers[tp].close()
        self.buffers[tp] = self._buffer(tp, position)
        self._arrange()
        for portion in [portion for portion in self._out if portion.stale]:
            self.forget(portion)

    def _buffer(self, tp: TP, position: int) -> Buffer:
        return Buffer(tp, position, life=tp.topic in self.life, limits=self.limits)

    def _arrange(self) -> None:
        """Put the partitions into the rings in which they are served."""
        by_number: dict[int, list[Buffer]] = {}
        for ring in self._rings.values():
            ring.clear()
        for buffer in self.buffers.values():
            self._rings[buffer.life].append(buffer)
            by_number.setdefault(buffer.tp.partition, []).append(buffer)
        self._partitions = deque(sorted(by_number.items()))

    def close(self) -> None:
        """End the generation: everything handed out is stale, everything buffered is gone."""
        for buffer in self.buffers.values():
            buffer.close()
        self.buffers.clear()
        self._arrange()
        self._out.clear()
        self._again.clear()
        self._changed.set()

    def put(self, fetched: Fetched) -> None:
        """Take in what a fetch brought."""
        self.buffers[fetched.tp].put(fetched)
        self._changed.set()

    def suspend(self) -> None:
        """Hand out nothing new."""
        self._suspended = True

    def resume(self) -> None:
        """Hand out again."""
        self._suspended = False
        self._changed.set()

    def end(self) -> None:
        """End the agents' iterations: the app stops. (Faust waits forever for an agent it restarted seconds ago.)"""
        self._ended = True
        self._changed.set()

    async def settle(self, grace_s: float) -> None:
        """Wait until everything handed out is done, at most `grace_s` seconds."""
        try:
            async with asyncio.timeout(grace_s):
                while self._out and self._failure is None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return

    # -- the application's side ----------------------------------------------------------------------------

    def hold(self, partition: int) -> None:
        """Hand out nothing of this partition number until `release` (its memory is being loaded)."""
        for buffer in self.buffers.values():
            if buffer.tp.partition == partition:
                buffer.held = True

    def release(self, partition: int) -> None:
        """Hand out this partition number again."""
        for buffer in self.buffers.values():
            if buffer.tp.partition == partition:
                buffer.held = False
        self._changed.set()

    @property
    def outstanding(self) -> int:
        """Portions handed out and not yet done."""
        return len(self._out)

    # -- the portions' side --------------------------------------------------------------------------------

    def forget(self, portion: Portion) -> None:
        """Drop a portion that is done or stale."""
        self._out.pop(portion, None)
        self._changed.set()

    def replace(self, portion: Portion, others: Iterable[Portion]) -> None:
        """Put `others` where `portion` was."""
        self._out = {new: None for old in self._out for new in (others if old is portion else (old,))}

    def fail(self, error: BaseException) -> None:
        """Remember that an emission failed; the agent's next iteration raises it."""
        if self._failure is None:
            self._failure = error
        self._changed.set()

    # -- handing out ---------------------------------------------------------------------------------------

    async def chunks(self, max_records: int, in_flight: int) -> AsyncGenerator[Chunk]:
        """Yield chunks; see `DrainStream.chunks`."""
        async for portion in self._portions(lambda: self._next_chunk(max_records, in_flight)):
            assert isinstance(portion, Chunk)
            yield portion

    async def slices(self, max_records: int, in_flight: int) -> AsyncGenerator[Slice]:
        """Yield slices; see `DrainStream.slices`."""
        async for portion in self._portions(lambda: self._next_slice(max_records, in_flight)):
            assert isinstance(portion, Slice)
            yield portion

    async def _portions(self, choose: Callable[[], Portion | None]) -> AsyncGenerator[Portion]:
        """Yield what `choose` answers, beginning with what an earlier iteration left undone."""
        self._failure = None
        self._again = deque(self._out)
        while not self._ended:
            self._raise_failure()
            self._changed.clear()
            portion = None
            if not self._suspended:
                portion = self._again.popleft() if self._again else choose()
            if portion is None:
                await self._changed.wait()
            elif not portion.finished and not portion.stale:
                yield portion
                # The fetching task, the timers and the doors of this process need their turn too.
                await asyncio.sleep(0)

    def _raise_failure(self) -> None:
        error, self._failure = self._failure, None
        if error is not None:
            raise error

    def _room(self, life: bool, in_flight: int) -> bool:
        return sum(portion.life is life for portion in self._out) < in_flight

    def _next_chunk(self, max_records: int, in_flight: int) -> Chunk | None:
        for life in (True, False):
            if not self._room(life, in_flight):
                continue
            ring = self._rings[life]
            for _ in range(len(ring)):
                buffer = ring[0]
                ring.rotate(-1)
                if buffer.ready:
                    chunk = Chunk(self, self.generation, (self._part(buffer, max_records),))
                    self._out[chunk] = None
                    return chunk
        return None

    def _next_slice(self, max_records: int, in_flight: int) -> Slice | None:
        for life in (True, False):
            for _ in range(len(self._partitions)):
                _, buffers = self._partitions[0]
                self._partitions.rotate(-1)
                if max(buffer.in_flight for buffer in buffers) >= in_flight:
                    continue
                parts: list[Part] = []
                room = max_records
                for buffer in buffers:
                    if buffer.life is life and buffer.ready and room > 0:
                        parts.append(self._part(buffer, room))
                        room -= len(parts[-1].records)
                if parts:
                    portion = Slice(self, self.generation, tuple(parts))
                    self._out[portion] = None
                    return portion
        return None

    def _part(self, buffer: Buffer, limit: int) -> Part:
        records, span = buffer.take(limit)
        if buffer.drained():
            self._on_room()
        return Part(buffer, span, records)
