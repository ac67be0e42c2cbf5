# SPDX-License-Identifier: Apache-2.0
"""Numbered changes in memory."""

from __future__ import annotations

import asyncio
import contextlib

from weirhouse.ledger.memory.store import Store
from weirhouse.ledger.ports import Change


class MemoryFeed:
    """`weirhouse.ledger.ports.Feed` in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def head(self) -> tuple[str, int]:
        """Return (ledger epoch, newest number)."""
        return self._store.epoch, len(self._store.changes)

    async def after(self, seq: int, limit: int) -> list[Change]:
        """Return the changes after `seq`, in order."""
        return self._store.changes[seq : seq + limit]

    async def wait(self, timeout_s: float) -> None:
        """Return when new numbers may be there, or after the timeout."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._store.news.wait(), timeout_s)
