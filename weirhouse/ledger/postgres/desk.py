# SPDX-License-Identifier: Apache-2.0
"""Reading for the desk, and idempotency keys, on PostgreSQL; writing stands in `acts`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from weirhouse.domain.decision import AuditEntry, DeskWrite
from weirhouse.domain.errors import NotFound
from weirhouse.domain.incident import Assignment, Burden, Incident, Team
from weirhouse.domain.report import Report
from weirhouse.ledger.cells import cells_around, distance_m
from weirhouse.ledger.cursors import cursor_of, position_of
from weirhouse.ledger.keyed import Answer, KeyInFlight, KeyMismatch
from weirhouse.ledger.ports import Page, QueueFilter, ReportRow, Undecided
from weirhouse.ledger.postgres.acts import PostgresActs
from weirhouse.ledger.postgres.columns import Ints, Uuids
from weirhouse.ledger.postgres.pool import Database
from weirhouse.ledger.postgres.queue import PostgresQueue
from weirhouse.ledger.postgres.rows import AUDIT_ENTRY, unpack
from weirhouse.ledger.postgres.wakes import Wakes
from weirhouse.ledger.queries import queries

_SQL = queries("desk")
_LOAD = queries("slices")["load_some"]
UNDECIDED_CAP: Final = 1_001
_REPORT: Final = msgspec.json.Decoder(Report)
_HISTORY: Final = msgspec.json.Decoder(tuple[tuple[str, float, str], ...])


class PostgresDesk:
    """`weirhouse.ledger.ports.Desk` on PostgreSQL."""

    def __init__(self, database: Database, wakes: Wakes, prefix: str = "") -> None:
        self._database = database
        self._queue = PostgresQueue(database)
        self._acts = PostgresActs(database, wakes, prefix)

    async def queue(self, wanted: QueueFilter, cursor: str, limit: int) -> Page:
        """Return one page of the queue, highest rank first."""
        return await self._queue.page(wanted, cursor, limit)

    async def incident(self, incident_id: str) -> Incident:
        """Return the row (merges not followed). Raises NotFound."""
        return await self._one("incident", {"id": _uuid("incident", incident_id)}, incident_id)

    async def incident_by_number(self, number: int) -> Incident:
        """Return the row with this speakable number. Raises NotFound."""
        return await self._one("incident_by_number", {"number": number}, str(number))

    async def _one(self, query: str, params: dict[str, object], key: str) -> Incident:
        rows = await self._database.rows(_SQL[query], params, binary=True)
        if not rows:
            raise NotFound("incident", key)
        return unpack([rows[0][0]])[0]

    async def reports_of(self, incident_id: str, cursor: str, limit: int) -> tuple[list[ReportRow], str]:
        """Return the reports that stand in the incident, newest decision first, and the next cursor."""
        position = position_of(cursor)
        params = {
            "id": _uuid("incident", incident_id),
            "at": position[0] if position else None,
            "after": position[1] if position else None,
            "limit": limit,
        }
        rows = await self._database.rows(_SQL["reports_of"], params)
        found = [
            ReportRow(
                report=_REPORT.decode(body),
                disposition=kind,
                score=score,
                terms=terms.encode(),
                own_line=own_line,
                repeats=repeats,
                decided_at=at,
            )
            for _, body, kind, score, terms, own_line, repeats, at in rows
        ]
        return found, cursor_of(found[-1].decided_at, found[-1].report.id) if len(found) == limit else ""

    async def history_of(self, entity: str, entity_id: str, limit: int) -> list[AuditEntry]:
        """Return the newest audit lines of a row, newest first."""
        params = {"entity": entity, "id": entity_id, "limit": limit}
        return [AUDIT_ENTRY.decode(row[0]) for row in await self._database.rows(_SQL["history_of"], params)]

    async def assignments_of(self, incident_id: str) -> list[Assignment]:
        """Return the incident's assignments, oldest first."""
        rows = await self._database.rows(_SQL["assignments_of"], {"id": _uuid("incident", incident_id)})
        return [_assignment(row) for row in rows]

    async def assignment(self, assignment_id: str) -> Assignment:
        """Return the row. Raises NotFound."""
        rows = await self._database.rows(_SQL["assignment"], {"id": _uuid("assignment", assignment_id)})
        if not rows:
            raise NotFound("assignment", assignment_id)
        return _assignment(rows[0])

    async def teams(self, zones: Sequence[str] = (), states: Sequence[str] = ()) -> list[Team]:
        """Return the teams, all or of these zones and states."""
        return await self._teams(list(zones), list(states), [])

    async def team(self, team_id: str) -> Team:
        """Return the row. Raises NotFound."""
        found = await self._teams([], [], [team_id])
        if not found:
            raise NotFound("team", team_id)
        return found[0]

    async def _teams(self, zones: list[str], states: list[str], ids: list[str]) -> list[Team]:
        rows = await self._database.rows(_SQL["teams"], {"zones": zones, "states": states, "ids": ids})
        return [_team(row) for row in rows]

    async def burdens(self, since: float) -> list[Burden]:
        """Return what each team sent since then has had to do, by team."""
        rows = await self._database.rows(_SQL["burdens"], {"since": since})
        return [Burden(team_id=team, sent=sent, freed_at=freed) for team, sent, freed in rows]

    async def undecided(self, zones: Sequence[str], older_than_s: float, now: float, limit: int) -> Undecided:
        """Return life-safety reports that wait for a decision, longest waiting first (see the port)."""
        params = {"zones": list(zones), "before": now - older_than_s, "cap": UNDECIDED_CAP, "limit": limit}
        rows = await self._database.rows(_SQL["undecided"], params)
        return Undecided([_REPORT.decode(body) for _, body in rows], rows[0][0] if rows else 0)

    async def near(
        self, lat: float, lon: float, radius_m: float, limit: int, zones: Sequence[str] = ()
    ) -> list[Incident]:
        """Return open incidents within `radius_m` (at most 20 km), all or of these zones, nearest first."""
        params = {"cells": Ints(cells_around(lat, lon, radius_m)), "zones": list(zones)}
        rows = await self._database.rows(_SQL["near"], params, binary=True)
        measured = ((distance_m(lat, lon, row[0], row[1]), row[2]) for row in rows)
        nearest = sorted(pair for pair in measured if pair[0] <= radius_m)[:limit]
        if not nearest:
            return []
        ids = [incident_id for _, incident_id in nearest]
        found = await self._database.rows(_LOAD, {"ids": Uuids(ids)}, binary=True)
        by_id = {incident.id: incident for incident in unpack([row[0] for row in found])}
        return [by_id[incident_id] for incident_id in ids if incident_id in by_id]

    async def write(self, act: DeskWrite, now: float, trace: str = "", answer: Answer | None = None) -> DeskWrite:
        """Write rows by compare-and-set on their versions in one transaction (see the port)."""
        return await self._acts.write(act, now, trace, answer)

    async def begin_idempotent(self, actor: str, key: str, request_sha256: bytes, now: float) -> bytes | None:
        """None: the key is yours. Bytes: the answer given the first time (see the port)."""
        params = {"actor": actor, "key": key, "sha": request_sha256, "now": now}
        if await self._database.rows(_SQL["begin_idempotent"], params):
            return None
        rows = await self._database.rows(_SQL["idempotent"], params)
        if not rows:
            raise KeyInFlight(f"key {key} was given back this moment: try again")
        sha, status, answer = rows[0]
        if sha != request_sha256:
            raise KeyMismatch(f"key {key} was used with another request")
        if status is None:
            raise KeyInFlight(f"the first request with key {key} has not been answered yet")
        return b'{"status":%d,"answer":%b}' % (status, answer or b"null")

    async def drop_idempotent(self, actor: str, key: str) -> None:
        """Give the key back after a failure that changed nothing."""
        await self._database.rows(_SQL["drop_idempotent"], {"actor": actor, "key": key})


def _uuid(what: str, value: str) -> str:
    """Return an id that PostgreSQL can read; anything else names no row.

    Raises
    ------
    NotFound
    """
    if len(value) != 32 or not set(value) <= set("0123456789abcdef"):
        raise NotFound(what, value)
    return value


def _assignment(row: Sequence[Any]) -> Assignment:
    assignment_id, incident_id, team_id, state, by, at, reason, fence, version, history = row
    return Assignment(
        id=assignment_id,
        incident_id=incident_id,
        team_id=team_id,
        state=state,
        by=by,
        at=at,
        reason=reason,
        fence=fence,
        version=version,
        history=_HISTORY.decode(history),
    )


def _team(row: Sequence[Any]) -> Team:
    team_id, name_en, name_zh, kind, skills, zone, state, lat, lon, position_at, accuracy_m, exercise, version = row
    return Team(
        id=team_id,
        name_en=name_en,
        name_zh=name_zh,
        kind=kind,
        skills=tuple(skills),
        zone=zone,
        state=state,
        lat=lat,
        lon=lon,
        position_at=position_at or 0.0,
        accuracy_m=accuracy_m,
        exercise=exercise,
        version=version,
    )
