# SPDX-License-Identifier: Apache-2.0
"""Which broker the ledger's offsets belong to: each formatted store has a random id of its own (decision 8)."""

from __future__ import annotations

from weirhouse.ledger.postgres.pool import Database
from weirhouse.ledger.queries import queries

_SQL = queries("cluster")


class PostgresCluster:
    """The broker's id in `meta`: `Database` must be open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, cluster_id: str) -> str:
        """Remember the house's first broker; return the id that the ledger knows, which may be another.

        Raises
        ------
        LedgerAway
        """
        await self._database.rows(_SQL["claim"], {"cluster": cluster_id})
        row = await self._database.row(_SQL["standing"])
        return str(row[0]) if row else cluster_id

    async def exchange(self, cluster_id: str) -> None:
        """Accept another broker, after what the inbox holds was produced again (`weirhouse reseed`).

        Raises
        ------
        LedgerAway
        """
        await self._database.rows(_SQL["exchange"], {"cluster": cluster_id})
