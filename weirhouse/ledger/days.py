# SPDX-License-Identifier: Apache-2.0
"""Day partitions of `reports`: made ahead; a day that was missed stays in the default partition."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from psycopg import sql
from psycopg.errors import CheckViolation, DuplicateTable, LockNotAvailable

from weirhouse.ledger.postgres.pool import Connection, Database
from weirhouse.ledger.queries import queries

_SQL = queries("sequencer")
AHEAD = 3
"""Days made ahead: a relay may be down over a weekend."""

log = logging.getLogger(__name__)


def day_name(day: datetime) -> str:
    """Return the name of a day's partition."""
    return f"reports_{day:%Y%m%d}"


async def keep_days(database: Database, now: datetime) -> list[str]:
    """Make the partitions of today and the next days that are missing; return their names.

    Raises
    ------
    LedgerAway
    """
    present = {row[0] for row in await database.rows(_SQL["day_partitions"])}
    made = []
    for ahead in range(AHEAD + 1):
        start = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=ahead)
        if day_name(start) not in present and await _make(database, start):
            made.append(day_name(start))
    return made


async def _make(database: Database, start: datetime) -> bool:
    name, default = sql.Identifier(day_name(start)), "reports_elsewhen"
    bounds = sql.SQL("for values from ({}) to ({})").format(
        sql.Literal(start.isoformat()), sql.Literal((start + timedelta(days=1)).isoformat())
    )

    async def work(connection: Connection) -> bool:
        try:
            async with connection.transaction():
                # Attached, not created in place: writers of other days go on. The default partition is scanned for
                # rows of the day, and locked for that long.
                await connection.execute("set local lock_timeout = 500")
                await connection.execute(sql.SQL("create table {} (like reports including all)").format(name))
                await connection.execute(sql.SQL("alter table reports attach partition {} ").format(name) + bounds)
            return True
        except (CheckViolation, LockNotAvailable, DuplicateTable) as error:
            log.info("%s is not made now (%s); its rows go to %s", name, type(error).__name__, default)
            return False

    return await database.run(work)
