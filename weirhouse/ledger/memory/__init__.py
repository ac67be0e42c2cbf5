# SPDX-License-Identifier: Apache-2.0
"""The ledger in memory: shipped code that passes the same contract suite as PostgreSQL; nothing outlives it."""

from __future__ import annotations

from weirhouse.ledger.memory.desk import MemoryDesk
from weirhouse.ledger.memory.doors import MemoryDoors
from weirhouse.ledger.memory.feed import MemoryFeed
from weirhouse.ledger.memory.slices import MemorySlices
from weirhouse.ledger.memory.standing import MemoryStanding
from weirhouse.ledger.memory.store import Store
from weirhouse.ledger.sessions import MemorySessions

__all__ = ["MemoryLedger"]


class MemoryLedger:
    """All ports on one store of rows, with the attributes of `weirhouse.ledger.postgres.PostgresLedger`."""

    def __init__(self, prefix: str = "") -> None:
        self.store = Store(prefix)
        self.doors = MemoryDoors(self.store)
        self.slices = MemorySlices(self.store)
        self.desk = MemoryDesk(self.store)
        self.feed = MemoryFeed(self.store)
        self.standing = MemoryStanding(self.store)
        self.sessions = MemorySessions()
