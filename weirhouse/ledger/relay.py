# SPDX-License-Identifier: Apache-2.0
"""The relay: outbox rows to Kafka, life-safety first, deleted only when they are durable there. At least once."""

from __future__ import annotations

from typing import Protocol

from aiokafka.errors import KafkaError

from weirhouse.ledger.batches import Producer, Row, produce
from weirhouse.ledger.lease import Lease
from weirhouse.ledger.postgres.columns import Longs
from weirhouse.ledger.postgres.pool import Connection, Database
from weirhouse.ledger.queries import queries

_SQL = queries("relay")
BATCH = 2_000
"""Rows a step: one batch in flight, about 50 ms of work, well inside the lease."""


class KafkaAway(Exception):
    """Kafka did not make the rows durable: they stay in the outbox."""


class Counters(Protocol):
    """What the relay process tells about itself; `weirhouse.ledger.leading.Quiet` tells nobody."""

    def numbered(self, lane: str, count: int) -> None: ...

    def waiting(self, changes: int, life: int, ordinary: int) -> None: ...

    def relayed(self, topic: str, lane: str, count: int, oldest_s: float) -> None: ...

    def pruned(self, kind: str, count: int) -> None: ...

    def leads(self, lease: str, held: bool) -> None: ...

    def failed(self, kind: str) -> None: ...


class Relay:
    """Sends while it holds its lease.

    Parameters
    ----------
    producer
        A started aiokafka producer with idempotence and acks=all.
    """

    def __init__(self, database: Database, lease: Lease, producer: Producer) -> None:
        self._database = database
        self.lease = lease
        self._producer = producer

    async def step(self, limit: int = BATCH) -> list[Row]:
        """Send at most `limit` rows and delete those that are durable; return them.

        Raises
        ------
        LeaseLost
            Another process leads; what was sent stays in the outbox and is sent again by it.
        KafkaAway
            Nothing could be sent; rows stay.
        LedgerAway
        """
        found = await self._database.rows(_SQL["next_rows"], {"limit": limit}, binary=True)
        if not found:
            return []
        try:
            done, failure = await produce(self._producer, [Row(*row) for row in found])
        except KafkaError as error:
            raise KafkaAway(f"Kafka is away: {error}") from error
        if done:
            await self._forget([row.id for row in done])
        elif failure is not None:
            raise KafkaAway(f"Kafka is away: {failure!r}") from failure
        return done

    async def _forget(self, ids: list[int]) -> None:
        async def work(connection: Connection) -> None:
            async with connection.transaction():
                await self.lease.hold(connection)
                await connection.execute(_SQL["forget"], {"ids": Longs(ids)})

        await self._database.run(work)

    async def waiting(self) -> tuple[int, int]:
        """Return (life-safety, other) rows in the outbox, at most 10,000 each."""
        rows = await self._database.rows(_SQL["waiting"])
        return int(rows[0][0]), int(rows[0][1])
