# SPDX-License-Identifier: Apache-2.0
"""Incident rows and moved reports of one act of the desk, on PostgreSQL: report ids first, then incidents by id."""

from __future__ import annotations

from collections.abc import Sequence

from weirhouse.domain.decision import Moved
from weirhouse.domain.errors import NotFound, VersionConflict
from weirhouse.domain.incident import Incident
from weirhouse.ledger.ports import IncidentWrite
from weirhouse.ledger.postgres.columns import Longs
from weirhouse.ledger.postgres.pool import Connection
from weirhouse.ledger.postgres.rows import incident_params
from weirhouse.ledger.queries import queries
from weirhouse.ledger.slicing import written

_SQL = queries("desk")
_SLICES = queries("slices")


async def move_reports(connection: Connection, moves: Sequence[Moved]) -> None:
    """Let the reports go, in the order given.

    Raises
    ------
    VersionConflict
        One of those named does not stand in the source any more.
    """
    for move in moves:
        params = {
            "source": move.source,
            "target": move.target,
            "zone": move.zone,
            "ids": list(move.ids) or None,
            "opens": move.opens or None,
        }
        cursor = await connection.execute(_SQL["move_back" if move.back else "move_reports"], params)
        gone = len(await cursor.fetchall())
        if move.ids and gone != len(move.ids):
            raise VersionConflict(f"reports of incident {move.source}", len(move.ids), gone)


async def put_incidents(connection: Connection, rows: Sequence[Incident]) -> dict[str, Incident]:
    """Write the rows by compare-and-set, in the order of their ids; return them as stored, by id.

    Raises
    ------
    VersionConflict, NotFound
    """
    stored: dict[str, Incident] = {}
    for row in sorted(rows, key=lambda one: one.id):
        stored[row.id] = await _put(connection, row)
    return stored


async def _put(connection: Connection, incident: Incident) -> Incident:
    number = incident.number
    if incident.version == 0:
        cursor = await connection.execute(_SLICES["numbers"], {"count": 1})
        number = int((await cursor.fetchall())[0][0])
    row = written(IncidentWrite(incident, incident.version), number)
    params = incident_params([row])
    if incident.version == 0:
        await connection.execute(_SLICES["insert_incidents"], params)
        return row
    params["expected"] = Longs([incident.version])
    cursor = await connection.execute(_SLICES["update_incidents"], params)
    if await cursor.fetchone() is None:
        cursor = await connection.execute(_SQL["incident_version"], {"id": incident.id})
        found = await cursor.fetchone()
        if found is None:
            raise NotFound("incident", incident.id)
        raise VersionConflict(f"incident {incident.id}", incident.version, found[0])
    return row
