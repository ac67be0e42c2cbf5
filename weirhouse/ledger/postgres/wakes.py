# SPDX-License-Identifier: Apache-2.0
"""Waking those who wait: NOTIFY when rows were written, LISTEN where somebody waits for them."""

from __future__ import annotations

import asyncio
import contextlib
from time import monotonic

import psycopg
from psycopg import AsyncConnection

from weirhouse.ledger.postgres.failures import AWAY_ERRORS
from weirhouse.ledger.postgres.pool import Connection

MIN_GAP_S = 0.004
"""PostgreSQL lets one transaction with a NOTIFY commit at a time; under load the waiters poll anyway."""
RETRY_S = 0.5


class Wakes:
    """Sends one channel's wake-ups, at most one each `MIN_GAP_S`.

    Parameters
    ----------
    channel
        `<schema>_written` (outbox and changes have rows) or `<schema>_numbered` (the feed has news).
    """

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self._last = 0.0

    def due(self) -> bool:
        """Return whether a wake-up may be sent now, and count it as sent."""
        now = monotonic()
        if now - self._last < MIN_GAP_S:
            return False
        self._last = now
        return True

    async def send(self, connection: Connection) -> None:
        """Send it with the transaction (or, outside one, at once)."""
        await connection.execute(b"select pg_notify(%s, '')", (self.channel,))


class Listener:
    """One LISTEN connection; any number of tasks wait on it. Reconnects by itself; a waiter then has its timeout."""

    def __init__(self, conninfo: str, channel: str) -> None:
        self._conninfo = conninfo
        self._channel = channel
        self._heard = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def wait(self, timeout_s: float) -> None:
        """Return at the next wake-up, or after `timeout_s`."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen(), name=f"listen {self._channel}")
        heard = self._heard
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(heard.wait(), timeout_s)

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def _wake(self) -> None:
        self._heard.set()
        self._heard = asyncio.Event()

    async def _listen(self) -> None:
        while True:
            try:
                connection = await AsyncConnection.connect(self._conninfo, autocommit=True)
                async with connection:
                    await connection.execute(psycopg.sql.SQL("listen {}").format(psycopg.sql.Identifier(self._channel)))
                    self._wake()
                    async for _ in connection.notifies():
                        self._wake()
            except (psycopg.Error, *AWAY_ERRORS):
                await asyncio.sleep(RETRY_S)
