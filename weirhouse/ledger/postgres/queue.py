# SPDX-License-Identifier: Apache-2.0
"""The queue on PostgreSQL: a keyset page and a capped total, both flat however many incidents are open."""

from __future__ import annotations

from time import monotonic
from typing import Final

from psycopg import AsyncClientCursor

from weirhouse.ledger.cursors import cursor_of, position_of
from weirhouse.ledger.ports import Page, QueueFilter
from weirhouse.ledger.postgres.pool import Connection, Database
from weirhouse.ledger.postgres.rows import unpack
from weirhouse.ledger.queries import queries

_SQL = queries("queue")
TOTAL_CAP: Final = 10_001
TOTAL_FRESH_S: Final = 2.0
"""A total may be this old: counting to ten thousand is dearer than the page itself, and every seat asks the same."""
TOTALS_KEPT: Final = 512


class PostgresQueue:
    """Pages of incidents by rank."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._totals: dict[QueueFilter, tuple[float, int]] = {}

    async def page(self, wanted: QueueFilter, cursor: str, limit: int) -> Page:
        """Return one page (see the port)."""
        params = _params(wanted, cursor, limit)
        known = self._totals.get(wanted)
        fresh = known is not None and monotonic() - known[0] < TOTAL_FRESH_S

        async def work(connection: Connection) -> tuple[list[tuple[float, str, bytes]], int]:
            run = AsyncClientCursor(connection)
            await run.execute(_SQL["page_of_zones" if wanted.zones else "page"], params)
            rows = await run.fetchall()
            if known is not None and fresh:
                return rows, known[1]
            if not cursor and len(rows) < limit:
                return rows, len(rows)
            await run.execute(_SQL["total"], params)
            counted = await run.fetchone()
            return rows, counted[0] if counted else 0

        rows, total = await self._database.run(work)
        if not fresh:
            self._remember(wanted, total)
        after = cursor_of(rows[-1][0], rows[-1][1]) if len(rows) == limit else ""
        return Page(unpack([row[2] for row in rows]), after, total)

    def _remember(self, wanted: QueueFilter, total: int) -> None:
        while len(self._totals) >= TOTALS_KEPT:
            del self._totals[next(iter(self._totals))]
        self._totals[wanted] = (monotonic(), total)


def _params(wanted: QueueFilter, cursor: str, limit: int) -> dict[str, object]:
    position = position_of(cursor)
    west, south, east, north = wanted.box or (None, None, None, None)
    words = wanted.words.strip()
    for mark in ("\\", "%", "_"):
        words = words.replace(mark, f"\\{mark}")
    return {
        "open_only": wanted.open_only,
        "rank": position[0] if position else None,
        "after": position[1] if position else None,
        "zones": list(wanted.zones) or None,
        "states": list(wanted.states) or None,
        "priorities": list(wanted.priorities) or None,
        "types": list(wanted.types) or None,
        "words": f"%{words}%" if words else None,
        "number": wanted.number or None,
        "exercise": wanted.exercise,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "limit": limit,
        "cap": TOTAL_CAP,
    }
