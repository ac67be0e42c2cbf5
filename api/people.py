# SPDX-License-Identifier: Apache-2.0
"""Who: which source sent a report, who has a team."""

from __future__ import annotations

from importlib.resources import files

from weirhouse.ledger.postgres.pool import Database
from weirhouse.ledger.queries import parse


class People:
    """Asks the ledger who it was."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = parse(files("api").joinpath("people.sql").read_text(encoding="utf-8"))

    async def sender_of(self, report_id: str) -> str:
        """Return the source that sent a report, or an empty string.

        Raises
        ------
        LedgerAway
        """
        row = await self._database.row(self._sql["sender_of"], {"id": report_id})
        return str(row[0]) if row is not None else ""

    async def holder_of(self, team_id: str) -> tuple[str, str, str] | None:
        """Return (assignment, incident, author) that hold a team now, or None.

        Raises
        ------
        LedgerAway
        """
        row = await self._database.row(self._sql["holder_of"], {"team": team_id})
        return (str(row[0]), str(row[1]), str(row[2])) if row is not None else None
