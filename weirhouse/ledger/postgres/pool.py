# SPDX-License-Identifier: Apache-2.0
"""Connections to PostgreSQL: a pool, its timeouts, retries of conflicts, and one listener a process."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from weirhouse.ledger.outage import Outage
from weirhouse.ledger.ports import LedgerAway
from weirhouse.ledger.postgres import columns
from weirhouse.ledger.postgres.failures import AWAY_ERRORS, CONFLICTS, translate

Connection = AsyncConnection[TupleRow]
T = TypeVar("T")

LOCK_TIMEOUT_MS = 2_000
"""A row held longer than this belongs to something stuck; slices take 5 ms."""
STATEMENT_TIMEOUT_MS = 15_000
"""Longer than any statement of ours, shorter than a person's patience."""
IDLE_TIMEOUT_MS = 10_000
"""A worker stopped in mid-transaction lets its locks go after this."""
CHECKOUT_S = 3.0
"""How long a call waits for a connection before it says that the ledger is away."""
CONFLICT_TRIES = 6
"""Deadlocks and serialization failures are run again this often, with 2 to 64 ms between."""


def conninfo(dsn: str, schema: str, name: str = "weirhouse") -> str:
    """Return `dsn` with the house's timeouts, its schema first in the search path and its application name."""
    options = {
        "search_path": schema,
        "lock_timeout": LOCK_TIMEOUT_MS,
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_TIMEOUT_MS,
        "timezone": "UTC",
        "jit": "off",
        # Arrays of any length through one plan: a custom plan would cost 0.3 ms a statement and slice.
        "plan_cache_mode": "force_generic_plan",
        "client_min_messages": "warning",
    }
    words = " ".join(f"-c {key}={value}" for key, value in options.items())
    return make_conninfo(
        dsn,
        options=words,
        application_name=name,
        connect_timeout=3,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=10_000,
    )


async def _configure(connection: Connection) -> None:
    connection.prepare_threshold = 0
    columns.register(connection)


class Database:
    """A pool on one schema. Open it before use, close it after; every failure leaves as a port's exception.

    Parameters
    ----------
    dsn
        PostgreSQL's address.
    schema
        The namespace's schema.
    size
        Connections at most.
    remember_s
        After a failure to reach the server calls fail at once for this long, then one at a time asks again.
    """

    def __init__(self, dsn: str, schema: str = "weirhouse", size: int = 8, remember_s: float = 0.0) -> None:
        self.schema = schema
        self._outage = Outage(remember_s, _unreached)
        self.conninfo = conninfo(dsn, schema)
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            self.conninfo,
            connection_class=AsyncConnection[TupleRow],
            kwargs={"autocommit": True},
            configure=_configure,
            min_size=1,
            max_size=size,
            timeout=CHECKOUT_S,
            reconnect_timeout=2.0,
            max_waiting=0,
            open=False,
        )

    async def open(self) -> None:
        """Start the pool; PostgreSQL need not answer yet."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Give all connections back."""
        await self._pool.close(timeout=2.0)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection in autocommit; what is left open on it is rolled back.

        Raises
        ------
        LedgerAway, LedgerRefuses
        """
        with self._outage.attempt():
            try:
                async with self._pool.connection() as connection:
                    yield connection
            except (psycopg.Error, *AWAY_ERRORS) as error:
                translated = translate(error)
                if isinstance(translated, LedgerAway) and not isinstance(error, AWAY_ERRORS):
                    await self._sweep()
                raise translated from error

    async def _sweep(self) -> None:
        # After a restart of the server every idle connection is dead: find them now, not one a call.
        try:
            await self._pool.check()
        except (psycopg.Error, *AWAY_ERRORS):
            return

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run `work` on a connection; deadlocks and serialization failures are run again."""
        for attempt in range(CONFLICT_TRIES):
            async with self.connection() as connection:
                try:
                    return await work(connection)
                except CONFLICTS:
                    await rollback(connection)
                    if attempt == CONFLICT_TRIES - 1:
                        raise
            await asyncio.sleep(random.uniform(0.5, 1.0) * 0.002 * 2**attempt)  # noqa: S311 - spreads retries
        raise LedgerAway("unreachable: the last attempt returns or raises")

    async def rows(self, query: bytes, params: Any = None, binary: bool = False) -> list[TupleRow]:
        """Run one statement and return its rows."""

        async def work(connection: Connection) -> list[TupleRow]:
            cursor = await connection.execute(query, params, binary=binary)
            return await cursor.fetchall() if cursor.description else []

        return await self.run(work)

    async def row(self, query: bytes, params: Any = None) -> TupleRow | None:
        """Run one statement and return its first row, or None."""
        found = await self.rows(query, params)
        return found[0] if found else None

    async def count(self, query: bytes, params: Any = None) -> int:
        """Run one statement and return how many rows it wrote."""

        async def work(connection: Connection) -> int:
            return (await connection.execute(query, params)).rowcount

        return await self.run(work)


def _unreached(error: LedgerAway) -> bool:
    cause = error.__cause__
    return not isinstance(cause, psycopg.Error) or cause.sqlstate is None or cause.sqlstate.startswith(("08", "57P"))


async def rollback(connection: Connection) -> None:
    """End whatever transaction is open; a dead connection is left to the pool."""
    if not connection.closed:
        await connection.rollback()
