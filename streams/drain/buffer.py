# SPDX-License-Identifier: Apache-2.0
"""One partition's fetched records, and which of them are done."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from faust.types import TP

from streams.drain.portion import RawRecord


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one partition may lie in memory before that partition (and no other) stops being fetched.

    Attributes
    ----------
    high_records, high_bytes
        At either of these the partition pauses. One fetch that is under way may still come on top.
    low
        The share of both below which it is fetched again. Half, so that the next fetch (about 1 ms from a
        near broker) arrives long before the rest is used up.
    """

    high_records: int = 20_000
    high_bytes: int = 8 * 1024 * 1024
    low: float = 0.5


class Fetched(NamedTuple):
    """What one fetch brought for one partition.

    Attributes
    ----------
    start, end
        Offsets asked for and to ask for next; `end` counts compacted gaps and transaction markers too.
    size
        Bytes on the wire (compressed, if the producer compressed).
    """

    tp: TP
    start: int
    end: int
    records: list[RawRecord]
    size: int


class Span:
    """Offsets [start, end) that were handed out together."""

    __slots__ = ("done", "end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end
        self.done = False


class Buffer:
    """Fetched but not yet handed out, handed out but not yet done.

    Parameters
    ----------
    tp
        Topic and partition.
    position
        The offset to go on from.
    life
        Whether it belongs to the life-safety lane.
    limits
        When to pause.
    """

    def __init__(self, tp: TP, position: int, *, life: bool, limits: Limits) -> None:
        self.tp = tp
        self.life = life
        self.limits = limits
        self.open = True
        self.held = False
        self.full = False
        self.position = position
        self.handed = position
        self.done_offset = position
        self.records = 0
        self.size = 0
        self.last_progress_s = time.monotonic()
        self._batches: deque[Fetched] = deque()
        self._head = 0
        self._spans: deque[Span] = deque()

    @property
    def ready(self) -> bool:
        """True if a record can be handed out now."""
        return self.records > 0 and not self.held

    @property
    def in_flight(self) -> int:
        """Spans handed out and not yet ticked off."""
        return len(self._spans)

    def put(self, fetched: Fetched) -> None:
        """Append what a fetch brought; it must begin where the last one ended.

        Raises
        ------
        ValueError
            If it does not: then records would be missing or double.
        """
        if fetched.start != self.position:
            raise ValueError(f"{self.tp}: fetched from {fetched.start}, expected {self.position}")
        self.position = fetched.end
        if fetched.records:
            self._batches.append(fetched)
            self.records += len(fetched.records)
            self.size += fetched.size
            limits = self.limits
            if self.records >= limits.high_records or self.size >= limits.high_bytes:
                self.full = True
        else:
            self._step_over(fetched.end)

    def _step_over(self, end: int) -> None:
        """Count offsets without records (gaps, markers); the next span begins before them."""
        if self._batches:
            self._batches[-1] = self._batches[-1]._replace(end=end)
        elif not self._spans:
            self.done_offset = end
            self.last_progress_s = time.monotonic()

    def take(self, limit: int) -> tuple[list[RawRecord], Span]:
        """Hand out up to `limit` records (at least one must be there)."""
        out: list[RawRecord] = []
        end = self.handed
        while self._batches and limit > 0:
            batch = self._batches[0]
            left = len(batch.records) - self._head
            if left <= limit:
                part = batch.records[self._head :] if self._head else batch.records
                end = batch.end
                self._batches.popleft()
                self.size -= batch.size * left // len(batch.records)
                self._head = 0
            else:
                part = batch.records[self._head : self._head + limit]
                end = part[-1].offset + 1
                self.size -= batch.size * limit // len(batch.records)
                self._head += limit
            out = part if not out else out + part
            limit -= len(part)
        if not self._batches:
            self.size = 0
        self.records -= len(out)
        span = Span(self.handed, end)
        self.handed = end
        self._spans.append(span)
        return out, span

    def drained(self) -> bool:
        """True once, when a full buffer has fallen below its low-water mark."""
        limits = self.limits
        if (
            self.full
            and self.records <= limits.high_records * limits.low
            and self.size <= limits.high_bytes * limits.low
        ):
            self.full = False
            return True
        return False

    def finish(self, span: Span) -> None:
        """Tick `span` off; the committable offset moves over the contiguous prefix only."""
        span.done = True
        spans = self._spans
        while spans and spans[0].done:
            self.done_offset = spans.popleft().end
        if not spans and not self._batches:
            self.done_offset = self.position
        self.last_progress_s = time.monotonic()

    def split(self, span: Span, offset: int) -> tuple[Span, Span]:
        """Replace `span` by two that meet at `offset`."""
        head, tail = Span(span.start, offset), Span(offset, span.end)
        place = self._spans.index(span)
        self._spans[place] = tail
        self._spans.insert(place, head)
        return head, tail

    def close(self) -> None:
        """Forget everything: the partition is no longer ours, and what is out there is stale."""
        self.open = False
        self._batches.clear()
        self._spans.clear()
        self.records = self.size = self._head = 0
