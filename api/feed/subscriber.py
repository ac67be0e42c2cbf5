# SPDX-License-Identifier: Apache-2.0
"""One subscriber: a bounded buffer of ready messages, and the numbers that show a gap."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

import msgspec

_ENCODE: Final = msgspec.json.Encoder().encode


def event(name: str, data: bytes, event_id: str = "") -> bytes:
    """Return one server-sent event."""
    head = f"event: {name}\n" + (f"id: {event_id}\n" if event_id else "")
    return b"%bdata: %b\n\n" % (head.encode(), data)


class Subscriber:
    """Messages on their way to one screen.

    Parameters
    ----------
    epoch, seq
        The ledger's epoch, and the number of the snapshot (or of what it saw last).
    limit
        Undelivered items at most; a reader slower than that is told to begin again.
    """

    def __init__(self, epoch: str, seq: int, limit: int) -> None:
        self.epoch, self.seq = epoch, seq
        self.closed = False
        self.slow = False
        self._limit, self._undelivered = limit, 0
        self._ready: deque[tuple[bytes, int]] = deque()
        self._news = asyncio.Event()

    def offer(self, seq: int, tail: bytes, items: int) -> bool:
        """Buffer one message; `tail` is the part that all subscribers of a filter share.

        Returns False when this subscriber was too slow and is let go.
        """
        if self.closed or seq <= self.seq:
            return not self.closed
        if self._undelivered + items > self._limit:
            self.slow = True
            self.reset("slow")
            return False
        head = b'{"epoch":%b,"prev":%d,"seq":%d,' % (_ENCODE(self.epoch), self.seq, seq)
        self._ready.append((event("delta", head + tail, f"{self.epoch}:{seq}"), items))
        self._undelivered += items
        self.seq = seq
        self._news.set()
        return True

    def reset(self, reason: str) -> None:
        """Drop what waits, say why, and end."""
        self._ready.clear()
        self._ready.append((event("reset", _ENCODE({"reason": reason})), 0))
        self.closed = True
        self._news.set()

    async def take(self, timeout_s: float) -> bytes:
        """Return all that is ready, waiting for it up to `timeout_s`; empty after the timeout."""
        if not self._ready and not self.closed:
            try:
                await asyncio.wait_for(self._news.wait(), timeout_s)
            except TimeoutError:
                return b""
        self._news.clear()
        taken = b"".join(message for message, _ in self._ready)
        self._ready.clear()
        self._undelivered = 0
        return taken
