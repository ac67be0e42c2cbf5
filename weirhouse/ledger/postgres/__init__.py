# SPDX-License-Identifier: Apache-2.0
"""The ledger on PostgreSQL: one adapter a port, all on one pool."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from weirhouse.ledger import migrate
from weirhouse.ledger.broker import Broker
from weirhouse.ledger.postgres.desk import PostgresDesk
from weirhouse.ledger.postgres.doors import PostgresDoors
from weirhouse.ledger.postgres.feed import PostgresFeed
from weirhouse.ledger.postgres.pool import Database
from weirhouse.ledger.postgres.slices import PostgresSlices
from weirhouse.ledger.postgres.standing import PostgresStanding
from weirhouse.ledger.postgres.wakes import Listener, Wakes
from weirhouse.ledger.sessions import PostgresSessions

__all__ = ["PostgresLedger"]


class PostgresLedger:
    """All ports on one schema. `async with PostgresLedger(dsn, schema, prefix) as ledger: ledger.doors …`

    Parameters
    ----------
    dsn
        PostgreSQL's address.
    schema
        The namespace's schema (`weirhouse.ledger.migrate.schema_of`).
    prefix
        What stands before topic names in this namespace (empty, or `<namespace>.`).
    size
        Connections at most.
    remember_s
        See `Database`: for callers with people waiting, who are told at once that the ledger is away.
    """

    def __init__(
        self, dsn: str, schema: str = "weirhouse", prefix: str = "", size: int = 8, remember_s: float = 0.0
    ) -> None:
        self.dsn, self.schema, self.prefix = dsn, schema, prefix
        self.database = Database(dsn, schema, size, remember_s)
        written = Wakes(f"{schema}_written")
        self.written = Listener(self.database.conninfo, written.channel)
        self.numbered = Listener(self.database.conninfo, f"{schema}_numbered")
        self.doors = PostgresDoors(self.database, written)
        self.slices = PostgresSlices(self.database, written, prefix)
        self.desk = PostgresDesk(self.database, written, prefix)
        self.feed = PostgresFeed(self.database, self.numbered)
        self.broker = Broker(self.database)
        self.sessions = PostgresSessions(self.database)
        self.standing = PostgresStanding(self.database)

    async def open(self) -> None:
        """Start the pool; PostgreSQL need not answer yet."""
        await self.database.open()

    async def check(self) -> None:
        """Refuse an older schema.

        Raises
        ------
        SchemaTooOld, LedgerAway
        """
        await migrate.check(self.dsn, self.schema)

    async def close(self) -> None:
        """Stop listening and give all connections back."""
        await self.written.close()
        await self.numbered.close()
        await self.database.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
