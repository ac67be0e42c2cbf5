# SPDX-License-Identifier: Apache-2.0
"""Retention: what is past its age goes, a bounded number of rows a turn. Audit, dispositions, incidents, assignments
and whatever is undecided stay."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Final

from psycopg import sql
from psycopg.errors import LockNotAvailable

from weirhouse.ages import Ages
from weirhouse.ledger.days import day_name
from weirhouse.ledger.postgres.pool import Connection, Database
from weirhouse.ledger.queries import queries

_SQL: Final = queries("retention")
_DAYS: Final = queries("sequencer")["day_partitions"]
LIMIT: Final = 1_000
"""Rows of a kind that one turn takes: some 10 ms of work."""
NEWEST_CHANGES: Final = 50_000
"""Changes that stay whatever their age: more than an API process keeps for those who come back."""
LOCK_MS: Final = 500
"""How long dropping a day may hold up writers of `reports`; it is tried again the next turn."""

log = logging.getLogger(__name__)


async def prune(database: Database, ages: Ages, now: float, limit: int = LIMIT) -> dict[str, int]:
    """Take away what is past its age, at most `limit` rows of a kind, and at most one day of reports.

    Any number of processes may: taking away twice takes away once.

    Returns
    -------
    How many rows went, by kind; `days` counts whole days of reports.

    Raises
    ------
    LedgerAway
    """
    before = {
        "idempotency": now - ages.keep_idempotency.total_seconds(),
        "links": now - ages.keep_links.total_seconds(),
        "sessions": now,
        "changes": now - ages.keep_changes.total_seconds(),
        "inbox": now - ages.keep_inbox.total_seconds(),
        "undecided": now,
    }
    gone = {}
    for kind, instant in before.items():
        params = {"before": instant, "limit": limit, "newest": NEWEST_CHANGES}
        gone[kind] = int((await database.rows(_SQL[kind], params))[0][0])
    since = (datetime.fromtimestamp(now, UTC) - ages.keep_reports).replace(hour=0, minute=0, second=0, microsecond=0)
    params = {"before": since.timestamp(), "limit": limit}
    gone["reports"] = int((await database.rows(_SQL["elsewhen"], params))[0][0])
    gone["days"] = await _drop_day(database, since)
    if gone["reports"] or gone["days"]:
        await database.rows(_SQL["reports_since"], {"since": since.timestamp()})
    return {kind: count for kind, count in gone.items() if count}


async def _drop_day(database: Database, since: datetime) -> int:
    """Drop the oldest day partition that ends at `since` or before; return how many went."""
    names = sorted(row[0] for row in await database.rows(_DAYS))
    last = day_name(since - timedelta(days=1))
    old = [name for name in names if name.startswith("reports_2") and name <= last]
    if not old:
        return 0

    async def work(connection: Connection) -> int:
        try:
            async with connection.transaction():
                await connection.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(LOCK_MS)))
                await connection.execute(sql.SQL("drop table {}").format(sql.Identifier(old[0])))
                # With the day, so that no proof meets the one without the other.
                await connection.execute(_SQL["reports_since"], {"since": since.timestamp()})
            return 1
        except LockNotAvailable:
            log.info("%s is in use: it is dropped later", old[0])
            return 0

    return await database.run(work)
