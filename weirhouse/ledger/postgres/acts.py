# SPDX-License-Identifier: Apache-2.0
"""The desk's writes on PostgreSQL: rows by compare-and-set, in the house's lock order (reports, zones, incidents
by id, teams, assignments), with audit, changes and outbox in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from psycopg import AsyncCursor
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.rows import TupleRow

from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.errors import NotFound, TeamTaken, VersionConflict
from weirhouse.domain.incident import Assignment, Incident, Team
from weirhouse.domain.lifecycle import ACTIVE_ASSIGNMENT, AssignmentState
from weirhouse.domain.report import Lane
from weirhouse.ledger.hearing import heard
from weirhouse.ledger.keyed import Answer, lost
from weirhouse.ledger.ports import OutboxRow
from weirhouse.ledger.postgres.joining import move_reports, put_incidents
from weirhouse.ledger.postgres.pool import Connection, Database, rollback
from weirhouse.ledger.postgres.rows import (
    ChangeRow,
    audit_params,
    change_params,
    lane_of,
    outbox_params,
)
from weirhouse.ledger.postgres.wakes import Wakes
from weirhouse.ledger.postgres.writing import incident_news, news_params
from weirhouse.ledger.queries import queries
from weirhouse.wire.envelope import Touched, encode
from weirhouse.wire.topics import DISPATCHES, TOUCHED
from weirhouse.wire.views import view_json

_SQL = queries("desk")
_SLICES = queries("slices")


def active(assignment: Assignment) -> bool:
    """Return whether the assignment holds its team."""
    return AssignmentState(assignment.state) in ACTIVE_ASSIGNMENT


class PostgresActs:
    """Writes what one act of the desk changes."""

    def __init__(self, database: Database, wakes: Wakes, prefix: str) -> None:
        self._database = database
        self._wakes = wakes
        self._prefix = prefix

    async def write(self, act: DeskWrite, now: float, trace: str, answer: Answer | None = None) -> DeskWrite:
        """Write the act's rows; answer them with their new versions.

        Raises
        ------
        VersionConflict, TeamTaken, NotFound, KeyInFlight
            Nothing was written.
        """

        async def work(connection: Connection) -> DeskWrite:
            try:
                async with connection.transaction():
                    return await self._write(connection, act, now, trace, answer)
            except ForeignKeyViolation as error:
                what = "team" if error.diag.constraint_name == "assignments_team_id_fkey" else "incident"
                raise NotFound(what, ", ".join(sorted(getattr(a, f"{what}_id") for a in act.assignments))) from error
            except UniqueViolation as error:
                if error.diag.constraint_name == "incidents_pkey":
                    # Opened by somebody else since the act was decided: look again.
                    opens = ", ".join(row.id for row in act.others if row.version == 0)
                    raise VersionConflict(f"incident {opens}", 0, 1) from error
                if error.diag.constraint_name != "assignments_team_active":
                    raise
                await rollback(connection)
                await _refuse_taken(connection, act.assignments)
                raise

        return await self._database.run(work)

    async def _write(
        self, connection: Connection, act: DeskWrite, now: float, trace: str, answer: Answer | None
    ) -> DeskWrite:
        run = connection.execute
        touched: list[Touched] = []
        await move_reports(connection, act.moves)
        if act.membership:
            cursor = await run(_SQL["raise_membership"], {"zones": list(act.membership)})
            touched += [Touched(zone=zone, membership=version) for zone, version in await cursor.fetchall()]
        mine = () if act.incident is None else (act.incident,)
        stored = await put_incidents(connection, (*mine, *act.others))
        rows = [stored[row.id] for row in (*mine, *act.others)]
        incident = rows[0] if mine else None
        teams = tuple([await _put_team(connection, team, act) for team in sorted(act.teams, key=lambda t: t.id)])
        assignments = tuple(
            [await _put_assignment(connection, row) for row in sorted(act.assignments, key=lambda a: a.id)]
        )

        changes: list[ChangeRow] = []
        outbox: list[OutboxRow] = []
        lane, zone, exercise = await _where(connection, rows, assignments, teams)
        touched += [Touched(zone=row.zone, incident=row.id, version=row.version) for row in rows]
        changes += [
            ChangeRow("team", team.id, team.version, *heard(act, team, lane), now, trace, view_json(team))
            for team in teams
        ]
        for sent in assignments:
            body = view_json(sent)
            changes.append(ChangeRow("assignment", sent.id, sent.version, zone, lane, now, trace, body))
            if not exercise:
                topic = f"{self._prefix}{DISPATCHES.name}"
                outbox.append(OutboxRow(topic=topic, key=sent.team_id, lane=Lane(lane), value=body, trace=trace))
        topic = f"{self._prefix}{TOUCHED.name}"
        outbox += [OutboxRow(topic=topic, key=t.zone, lane=Lane(lane), value=encode(t), trace=trace) for t in touched]

        others = tuple(rows[len(mine) :])
        done = msgspec.structs.replace(act, incident=incident, others=others, teams=teams, assignments=assignments)
        kept: AsyncCursor[TupleRow] | None = None
        async with connection.pipeline():
            if rows:
                withheld = [row.id for row in rows if row.exercise]
                news = news_params(incident_news(rows, now, trace), withheld, self._prefix)
                await run(_SLICES["incident_changes"], news)
            if changes:
                await run(_SLICES["changes"], change_params(changes))
            if act.audit:
                await run(_SLICES["audit"], audit_params(act.audit))
            if outbox:
                await run(_SLICES["outbox"], outbox_params(outbox, now))
            # A person waits for this: always wake.
            await self._wakes.send(connection)
            if answer is not None:
                kept = await run(_SQL["finish_idempotent"], _kept_params(answer, done))
        if answer is not None and kept is not None and await kept.fetchone() is None:
            raise lost(answer)
        return done


def _kept_params(answer: Answer, done: DeskWrite) -> dict[str, object]:
    return {"actor": answer.actor, "key": answer.key, "status": answer.status, "answer": answer.build(done)}


async def _where(
    connection: Connection, rows: Sequence[Incident], assignments: Sequence[Assignment], teams: Sequence[Team]
) -> tuple[str, str, bool]:
    """Return (lane, zone, exercise) that the act's news travel with."""
    if rows:
        lane = "life" if any(lane_of(row) == "life" for row in rows) else "ordinary"
        return lane, rows[0].zone, rows[0].exercise
    if assignments:
        cursor = await connection.execute(_SQL["lane_of"], {"id": assignments[0].incident_id})
        row = await cursor.fetchone()
        if row is None:
            raise NotFound("incident", assignments[0].incident_id)
        return "life" if row[0] == "life" else "ordinary", row[1], row[2]
    return "ordinary", teams[0].zone if teams else "", False


async def _put_team(connection: Connection, team: Team, act: DeskWrite) -> Team:
    params = {
        "team": team.id,
        "name_en": team.name_en,
        "name_zh": team.name_zh,
        "kind": team.kind,
        "skills": list(team.skills),
        "zone": team.zone,
        "state": team.state,
        "lat": team.lat,
        "lon": team.lon,
        "position_at": team.position_at or None,
        "accuracy_m": team.accuracy_m,
        "exercise": team.exercise,
        "version": team.version,
    }
    cursor = await connection.execute(_SQL["update_team"], params)
    row = await cursor.fetchone()
    if row is None:
        await _refuse_taken(connection, [a for a in act.assignments if a.team_id == team.id])
        raise await _conflict(connection, "team", team.id, team.version)
    return msgspec.structs.replace(team, version=row[0])


async def _put_assignment(connection: Connection, assignment: Assignment) -> Assignment:
    params = {
        "id": assignment.id,
        "incident": assignment.incident_id,
        "team": assignment.team_id,
        "state": assignment.state,
        "by": assignment.by,
        "at": assignment.at,
        "reason": assignment.reason,
        "fence": assignment.fence,
        "version": assignment.version,
        "history": msgspec.json.encode(assignment.history).decode(),
    }
    # A new row may come with version 0 or with the struct's default 1: what the ledger does not have is new.
    order = (
        ("insert_assignment", "update_assignment")
        if assignment.version == 0
        else ("update_assignment", "insert_assignment")
    )
    for query in order[: 1 if assignment.version == 0 else 2]:
        cursor = await connection.execute(_SQL[query], params)
        row = await cursor.fetchone()
        if row is not None:
            return msgspec.structs.replace(assignment, version=row[0])
    raise await _conflict(connection, "assignment", assignment.id, assignment.version)


async def _conflict(connection: Connection, what: str, key: str, expected: int) -> VersionConflict | NotFound:
    cursor = await connection.execute(_SQL[f"{what}_version"], {"team" if what == "team" else "id": key})
    row = await cursor.fetchone()
    return NotFound(what, key) if row is None else VersionConflict(f"{what} {key}", expected, row[0])


async def _refuse_taken(connection: Connection, wanted: Sequence[Assignment]) -> None:
    """Raise TeamTaken if a team that the act wants belongs to another active assignment."""
    for row in wanted:
        if not active(row):
            continue
        cursor = await connection.execute(_SQL["active_assignment"], {"team": row.team_id})
        holder = await cursor.fetchone()
        if holder is not None and holder[0] != row.id:
            raise TeamTaken(row.team_id, holder[0], holder[1], holder[2])
