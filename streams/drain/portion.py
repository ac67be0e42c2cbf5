# SPDX-License-Identifier: Apache-2.0
"""What an agent is handed: a chunk of one partition, or a slice through co-partitioned topics."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from faust.types import TP

if TYPE_CHECKING:
    from streams.drain.buffer import Buffer, Span
    from streams.drain.intake import Intake


class RawRecord(Protocol):
    """One Kafka record as aiokafka's C parser leaves it: nothing decoded, nothing copied."""

    @property
    def offset(self) -> int:
        """Offset in its partition."""

    @property
    def timestamp(self) -> int | None:
        """Milliseconds since 1970, as the producer (or the broker) stamped it."""

    @property
    def key(self) -> bytes | None:
        """The key's bytes."""

    @property
    def value(self) -> bytes | None:
        """The value's bytes; None is a tombstone."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Headers in the order they were written."""


class Part(NamedTuple):
    """Records of one topic-partition inside a portion, with the place where they are ticked off."""

    buffer: Buffer
    span: Span
    records: list[RawRecord]


class Portion:
    """Records in an agent's hands; they count as read only after `done()`.

    Parameters
    ----------
    intake
        Where they came from.
    generation
        The assignment they belong to. It rises with every rebalance.
    parts
        Records by topic-partition, in the intake's order of topics.
    """

    __slots__ = ("_finished", "generation", "intake", "life", "raw")

    def __init__(self, intake: Intake, generation: int, parts: tuple[Part, ...]) -> None:
        self.intake = intake
        self.generation = generation
        self.raw = parts
        self.life = parts[0].buffer.life
        self._finished = False

    @property
    def stale(self) -> bool:
        """True once a rebalance has taken the partition away (even if it came back since)."""
        return any(not part.buffer.open for part in self.raw)

    @property
    def finished(self) -> bool:
        """True after `done()` took effect."""
        return self._finished

    def done(self) -> bool:
        """Tick the records off: what they led to is durable.

        Returns
        -------
        bool
            False if the portion is stale: then nothing happened, and the partition's owner reads it again.
        """
        if self._finished:
            return True
        if self.stale:
            self.intake.forget(self)
            return False
        self._finished = True
        for part in self.raw:
            part.buffer.finish(part.span)
        self.intake.forget(self)
        return True

    def done_when(self, durable: asyncio.Future[None]) -> None:
        """Tick off when `durable` completes; its failure is raised from the agent's next iteration."""
        durable.add_done_callback(self._on_durable)

    def _on_durable(self, durable: asyncio.Future[None]) -> None:
        if durable.cancelled():
            self.intake.fail(asyncio.InvalidStateError("an emission was cancelled before it was durable"))
            return
        error = durable.exception()
        if error is None:
            self.done()
        else:
            self.intake.fail(error)

    def __len__(self) -> int:
        """Return the number of records."""
        return sum(len(part.records) for part in self.raw)


class Chunk(Portion):
    """Consecutive records of one partition."""

    __slots__ = ()

    @property
    def tp(self) -> TP:
        """Topic and partition."""
        return self.raw[0].buffer.tp

    @property
    def records(self) -> list[RawRecord]:
        """The records, in order of their offsets."""
        return self.raw[0].records


class Slice(Portion):
    """What lay ready for one partition number, across the intake's topics; life-safety alone or none of it."""

    __slots__ = ()

    @property
    def partition(self) -> int:
        """The partition number that all parts share."""
        return self.raw[0].buffer.tp.partition

    @property
    def parts(self) -> list[tuple[str, list[RawRecord]]]:
        """Topic and records, in the intake's order of topics."""
        return [(part.buffer.tp.topic, part.records) for part in self.raw]

    @property
    def next_offsets(self) -> dict[TP, int]:
        """Where each topic-partition goes on after this slice: what the ledger stores in its transaction."""
        return {part.buffer.tp: part.span.end for part in self.raw}

    @property
    def old_offsets(self) -> dict[TP, int]:
        """Where each topic-partition stood before this slice: what the ledger compares with."""
        return {part.buffer.tp: part.span.start for part in self.raw}

    def halve(self) -> tuple[Slice, Slice]:
        """Split into two slices of half the records each, to find the one that cannot be stored.

        The halves take this slice's place: finish the first, then the second, and leave this one alone.

        Raises
        ------
        ValueError
            If there is only one record.
        """
        total = len(self)
        if total < 2:
            raise ValueError("a slice of one record cannot be halved")
        room = total // 2
        first: list[Part] = []
        second: list[Part] = []
        for part in self.raw:
            count = len(part.records)
            if count <= room:
                first.append(part)
            elif room == 0:
                second.append(part)
            else:
                head, tail = part.buffer.split(part.span, part.records[room].offset)
                first.append(Part(part.buffer, head, part.records[:room]))
                second.append(Part(part.buffer, tail, part.records[room:]))
            room -= min(count, room)
        halves = (
            Slice(self.intake, self.generation, tuple(first)),
            Slice(self.intake, self.generation, tuple(second)),
        )
        self.intake.replace(self, halves)
        return halves
