# SPDX-License-Identifier: Apache-2.0
"""Numbered changes for the feed, on PostgreSQL."""

from __future__ import annotations

from weirhouse.ledger.ports import Change
from weirhouse.ledger.postgres.pool import Database
from weirhouse.ledger.postgres.wakes import Listener
from weirhouse.ledger.queries import queries

_SQL = queries("feed")


class PostgresFeed:
    """`weirhouse.ledger.ports.Feed` on PostgreSQL."""

    def __init__(self, database: Database, listener: Listener) -> None:
        self._database = database
        self._listener = listener

    async def head(self) -> tuple[str, int]:
        """Return (ledger epoch, newest number)."""
        rows = await self._database.rows(_SQL["head"])
        epoch, seq = rows[0]
        return epoch, seq

    async def after(self, seq: int, limit: int) -> list[Change]:
        """Return the changes after `seq`, in order."""
        rows = await self._database.rows(_SQL["after"], {"seq": seq, "limit": limit}, binary=True)
        return [
            Change(
                seq=n, kind=kind, entity=entity, version=version, zone=zone, lane=lane, at=at, trace=trace, body=body
            )
            for n, kind, entity, version, zone, lane, at, trace, body in rows
        ]

    async def wait(self, timeout_s: float) -> None:
        """Return when new numbers may be there, or after the timeout."""
        await self._listener.wait(timeout_s)
