# SPDX-License-Identifier: Apache-2.0
"""The sequencer: numbers committed changes and chains the audit, one leader, in one transaction a batch.

A number drawn inside the writer's transaction would skip rows that commit late: a reader past their number never sees
them. Here only committed rows are numbered, so numbers become visible in their order and leave no gap.
"""

from __future__ import annotations

import hashlib

import msgspec

from weirhouse.ledger.lease import Lease
from weirhouse.ledger.postgres.columns import Blobs, Longs
from weirhouse.ledger.postgres.pool import Connection, Database
from weirhouse.ledger.queries import queries

_SQL = queries("sequencer")
BATCH = 2_000
"""Changes a transaction: about 40 ms of work, well inside the lease."""


class Numbered(msgspec.Struct, frozen=True):
    """What one step did."""

    changes: int
    life: int
    audit: int


class Sequencer:
    """Numbers and chains while it holds its lease.

    Parameters
    ----------
    database
        The ledger.
    lease
        Named `sequencer`; its epoch is compared in every transaction.
    channel
        Notified when there are new numbers (`<schema>_numbered`).
    """

    def __init__(self, database: Database, lease: Lease, channel: str) -> None:
        self._database = database
        self.lease = lease
        self._channel = channel

    async def step(self, limit: int = BATCH) -> Numbered:
        """Number and chain what is committed, at most `limit` rows of each.

        Raises
        ------
        LeaseLost
            Another process leads; nothing was written.
        LedgerAway
        """

        async def work(connection: Connection) -> Numbered:
            async with connection.transaction():
                await self.lease.hold(connection)
                cursor = await connection.execute(_SQL["number_changes"], {"limit": limit})
                changes, life = (await cursor.fetchall())[0]
                audit = await _chain(connection, limit)
                if changes:
                    await connection.execute(b"select pg_notify(%s, '')", (self._channel,))
            return Numbered(changes, life, audit)

        return await self._database.run(work)

    async def waiting(self) -> int:
        """Return how many committed changes have no number yet (at most 10,000)."""
        rows = await self._database.rows(_SQL["waiting"])
        return int(rows[0][0])


def link(prev: bytes, body: bytes) -> bytes:
    """Return the hash of an audit line: SHA-256 over the hash before and the line's canonical bytes."""
    return hashlib.sha256(prev + body).digest()


async def _chain(connection: Connection, limit: int) -> int:
    cursor = await connection.execute(_SQL["unchained"], {"limit": limit}, binary=True)
    rows = await cursor.fetchall()
    if not rows:
        return 0
    cursor = await connection.execute(_SQL["chain_head"], binary=True)
    seq, head = (await cursor.fetchall())[0]
    prevs, hashes = [], []
    for _, body in rows:
        prevs.append(head)
        head = link(head, body)
        hashes.append(head)
    params = {
        "ids": Longs([row[0] for row in rows]),
        "seqs": Longs(range(seq + 1, seq + 1 + len(rows))),
        "prevs": Blobs(prevs),
        "hashes": Blobs(hashes),
    }
    await connection.execute(_SQL["chain"], params)
    await connection.execute(_SQL["move_chain"], {"seq": seq + len(rows), "hash": head})
    return len(rows)


async def broken_link(database: Database) -> int | None:
    """Return the number of the first audit line that the chain does not bear out, or None when all of it holds."""
    seq, prev = 0, b""
    while rows := await database.rows(_SQL["chained"], {"seq": seq, "limit": 5_000}, binary=True):
        for number, body, before, own in rows:
            if number != seq + 1 or before != prev or own != link(prev, body):
                return int(number)
            seq, prev = number, own
    return None
