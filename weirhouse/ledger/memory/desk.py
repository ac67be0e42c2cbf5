# SPDX-License-Identifier: Apache-2.0
"""Reading and idempotency keys for the desk, in memory; writing stands in `acts`."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

from weirhouse.domain.decision import AuditEntry, DeskWrite
from weirhouse.domain.errors import NotFound
from weirhouse.domain.incident import Assignment, Burden, Incident, Team
from weirhouse.domain.lifecycle import OPEN_INCIDENT
from weirhouse.domain.report import Lane
from weirhouse.ledger.cells import distance_m
from weirhouse.ledger.cursors import cursor_of, position_of
from weirhouse.ledger.keyed import Answer, KeyInFlight, KeyMismatch, lost
from weirhouse.ledger.memory.acts import active, write
from weirhouse.ledger.memory.store import Store
from weirhouse.ledger.ports import Page, QueueFilter, ReportRow, Undecided

TOTAL_CAP = 10_001
UNDECIDED_CAP = 1_001
ABANDONED_S = 60.0
"""A key whose holder has not answered for this long may be taken by the same request."""


def matches(row: Incident, wanted: QueueFilter) -> bool:
    """Return whether `row` is what a seat watches."""
    words = wanted.words.strip().lower()
    checks = (
        not wanted.open_only or row.state in OPEN_INCIDENT,
        not wanted.zones or row.zone in wanted.zones,
        not wanted.states or row.state.value in wanted.states,
        not wanted.priorities or row.priority in wanted.priorities,
        not wanted.types or row.type in wanted.types,
        not words or words in row.summary.lower() or words in row.address.lower(),
        not wanted.number or row.number == wanted.number,
        wanted.exercise is None or row.exercise == wanted.exercise,
        wanted.box is None or _inside(row, wanted.box),
    )
    return all(checks)


def _inside(row: Incident, box: tuple[float, float, float, float]) -> bool:
    west, south, east, north = box
    return row.lat is not None and row.lon is not None and west <= row.lon <= east and south <= row.lat <= north


class MemoryDesk:
    """`weirhouse.ledger.ports.Desk` in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def queue(self, wanted: QueueFilter, cursor: str, limit: int) -> Page:
        """Return one page of the queue, highest rank first."""
        found = [row for row in self._store.incidents.values() if matches(row, wanted)]
        found.sort(key=lambda row: (-row.rank, row.id))
        rest = found
        if (position := position_of(cursor)) is not None:
            rank, after = position
            rest = [row for row in found if (-row.rank, row.id) > (-rank, after)]
        page = deepcopy(rest[:limit])
        more = cursor_of(page[-1].rank, page[-1].id) if len(page) == limit else ""
        return Page(page, more, min(len(found), TOTAL_CAP))

    async def incident(self, incident_id: str) -> Incident:
        """Return the row (merges not followed). Raises NotFound."""
        row = self._store.incident(incident_id)
        if row is None:
            raise NotFound("incident", incident_id)
        return row

    async def incident_by_number(self, number: int) -> Incident:
        """Return the row with this speakable number. Raises NotFound."""
        for row in self._store.incidents.values():
            if row.number == number:
                return deepcopy(row)
        raise NotFound("incident", str(number))

    async def reports_of(self, incident_id: str, cursor: str, limit: int) -> tuple[list[ReportRow], str]:
        """Return the reports that stand in the incident, newest decision first, and the next cursor."""
        found = [kept for kept in self._store.kept.values() if kept.incident_id == incident_id]
        found.sort(key=lambda kept: (kept.decided_at, kept.report.id), reverse=True)
        if (position := position_of(cursor)) is not None:
            found = [kept for kept in found if (kept.decided_at, kept.report.id) < position]
        page = [
            ReportRow(
                report=kept.report,
                disposition=kept.kind,
                score=kept.score,
                terms=kept.terms,
                own_line=kept.own_line,
                repeats=kept.repeats,
                decided_at=kept.decided_at,
            )
            for kept in found[:limit]
        ]
        return page, cursor_of(page[-1].decided_at, page[-1].report.id) if len(page) == limit else ""

    async def history_of(self, entity: str, entity_id: str, limit: int) -> list[AuditEntry]:
        """Return the newest audit lines of a row, newest first."""
        lines = [line for line in self._store.audit if (line.entity, line.entity_id) == (entity, entity_id)]
        return lines[::-1][:limit]

    async def assignments_of(self, incident_id: str) -> list[Assignment]:
        """Return the incident's assignments, oldest first."""
        rows = [row for row in self._store.assignments.values() if row.incident_id == incident_id]
        return deepcopy(sorted(rows, key=lambda row: (row.at, row.id)))

    async def assignment(self, assignment_id: str) -> Assignment:
        """Return the row. Raises NotFound."""
        if assignment_id not in self._store.assignments:
            raise NotFound("assignment", assignment_id)
        return deepcopy(self._store.assignments[assignment_id])

    async def teams(self, zones: Sequence[str] = (), states: Sequence[str] = ()) -> list[Team]:
        """Return the teams, all or of these zones and states."""
        rows = [
            row
            for _, row in sorted(self._store.teams.items())
            if (not zones or row.zone in zones) and (not states or row.state in states)
        ]
        return deepcopy(rows)

    async def team(self, team_id: str) -> Team:
        """Return the row. Raises NotFound."""
        if team_id not in self._store.teams:
            raise NotFound("team", team_id)
        return deepcopy(self._store.teams[team_id])

    async def burdens(self, since: float) -> list[Burden]:
        """Return what each team sent since then has had to do, by team."""
        found: dict[str, Burden] = {}
        for row in self._store.assignments.values():
            if row.at < since:
                continue
            before = found.get(row.team_id, Burden(team_id=row.team_id))
            freed = 0.0 if active(row) or not row.history else row.history[-1][1]
            found[row.team_id] = Burden(team_id=row.team_id, sent=before.sent + 1, freed_at=max(before.freed_at, freed))
        return [found[team_id] for team_id in sorted(found)]

    async def undecided(self, zones: Sequence[str], older_than_s: float, now: float, limit: int) -> Undecided:
        """Return life-safety reports that wait for a decision, longest waiting first (see the port)."""
        waiting = [
            report
            for report, _ in self._store.inbox.values()
            if report.lane is Lane.LIFE
            and report.id not in self._store.kept
            and report.received_at <= now - older_than_s
            and (not zones or report.zone in zones)
        ]
        waiting.sort(key=lambda report: (report.received_at, report.id))
        return Undecided(waiting[:limit], min(len(waiting), UNDECIDED_CAP))

    async def near(
        self, lat: float, lon: float, radius_m: float, limit: int, zones: Sequence[str] = ()
    ) -> list[Incident]:
        """Return open incidents within `radius_m`, all or of these zones, nearest first."""
        measured = [
            (distance_m(lat, lon, row.lat, row.lon), row.id)
            for row in self._store.incidents.values()
            if row.state in OPEN_INCIDENT and row.lat is not None and row.lon is not None
            if not zones or row.zone in zones
        ]
        nearest = sorted(pair for pair in measured if pair[0] <= radius_m)[:limit]
        return [deepcopy(self._store.incidents[incident_id]) for _, incident_id in nearest]

    async def write(self, act: DeskWrite, now: float, trace: str = "", answer: Answer | None = None) -> DeskWrite:
        """Write rows by compare-and-set on their versions (see the port)."""
        if answer is None:
            return write(self._store, act, now, trace)
        before = self._store.keys.get((answer.actor, answer.key))
        if before is None or before[2] is not None:
            raise lost(answer)
        done = write(self._store, act, now, trace)
        told = b'{"status":%d,"answer":%b}' % (answer.status, answer.build(done))
        self._store.keys[answer.actor, answer.key] = (before[0], before[1], told)
        return done

    async def begin_idempotent(self, actor: str, key: str, request_sha256: bytes, now: float) -> bytes | None:
        """None: the key is yours. Bytes: the answer given the first time (see the port)."""
        before = self._store.keys.get((actor, key))
        if before is not None:
            sha, at, answer = before
            if sha != request_sha256:
                raise KeyMismatch(f"key {key} was used with another request")
            if answer is not None:
                return answer
            if now - at <= ABANDONED_S:
                raise KeyInFlight(f"the first request with key {key} has not been answered yet")
        self._store.keys[actor, key] = (request_sha256, now, None)
        return None

    async def drop_idempotent(self, actor: str, key: str) -> None:
        """Give the key back after a failure that changed nothing."""
        before = self._store.keys.get((actor, key))
        if before is not None and before[2] is None:
            del self._store.keys[actor, key]
