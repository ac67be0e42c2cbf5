# SPDX-License-Identifier: Apache-2.0
"""An expiring lease with an epoch: one leader at a time, and one that was stopped and woken finds that it lost it.

Not a session lock: a leader stopped with SIGSTOP would keep that for ever. Expiry is by the database's clock alone.
"""

from __future__ import annotations

import secrets
from time import monotonic

from weirhouse.ledger.postgres.pool import Connection, Database
from weirhouse.ledger.queries import queries

_SQL = queries("sequencer")
LEASE_S = 3.0
"""Long enough for a slow disk, short enough that a killed leader is missed for seconds only."""


class LeaseLost(Exception):
    """Another process leads now: stop what you did as leader and stand by."""


class Lease:
    """One named lease, as one process sees it.

    Parameters
    ----------
    name
        `sequencer` or `relay`.
    holder
        Who asks; random when not given, so that a restarted process is another holder.
    """

    def __init__(self, database: Database, name: str, holder: str = "", seconds: float = LEASE_S) -> None:
        self._database = database
        self.name = name
        self.holder = holder or secrets.token_hex(8)
        self.seconds = seconds
        self.epoch = 0
        self._kept = 0.0

    @property
    def fresh(self) -> bool:
        """Whether it was taken or kept within a third of its life; a process that was stopped finds it stale."""
        return self.epoch > 0 and monotonic() - self._kept < self.seconds / 3

    @property
    def _params(self) -> dict[str, object]:
        return {"name": self.name, "holder": self.holder, "seconds": self.seconds, "epoch": self.epoch}

    async def take(self) -> bool:
        """Take or renew it; False while another process leads."""
        asked = monotonic()
        row = await self._database.row(_SQL["take_lease"], self._params)
        self._kept = asked
        self.epoch = int(row[0]) if row else 0
        return row is not None

    async def hold(self, connection: Connection) -> None:
        """Compare the epoch inside the caller's transaction and keep the lease until it ends.

        Raises
        ------
        LeaseLost
        """
        asked = monotonic()
        cursor = await connection.execute(_SQL["hold_lease"], self._params)
        if await cursor.fetchone() is None:
            self.epoch = 0
            raise LeaseLost(f"the lease {self.name!r} belongs to another process now")
        self._kept = asked

    async def drop(self) -> None:
        """Give it back."""
        if self.epoch:
            await self._database.rows(_SQL["drop_lease"], self._params)
            self.epoch = 0
