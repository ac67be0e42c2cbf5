# SPDX-License-Identifier: Apache-2.0
"""Which Kafka cluster the ledger's offsets belong to. Every formatted broker has a random id of its own."""

from __future__ import annotations

from weirhouse.ledger.postgres.pool import Database
from weirhouse.ledger.queries import queries

_SQL = queries("relay")


class BrokerExchanged(Exception):
    """Kafka answers with another cluster id than the ledger knows: run `weirhouse reseed`."""

    def __init__(self, known: str, found: str) -> None:
        self.known, self.found = known, found
        super().__init__(
            f"Kafka is another cluster ({found}) than the one this ledger worked with ({known}): "
            "bring the old one back, or run `weirhouse reseed` to produce again what it held"
        )


class Broker:
    """The ledger's memory of its Kafka cluster."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self) -> str:
        """Return the cluster id, or an empty string before the first one."""
        row = await self._database.row(_SQL["cluster"])
        return str(row[0]) if row else ""

    async def adopt(self, cluster_id: str) -> None:
        """Remember the first cluster; accept the same one again.

        Raises
        ------
        BrokerExchanged
        """
        await self._database.rows(_SQL["adopt_cluster"], {"cluster": cluster_id})
        known = await self.known()
        if known != cluster_id:
            raise BrokerExchanged(known, cluster_id)
