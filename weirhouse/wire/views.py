# SPDX-License-Identifier: Apache-2.0
"""The one JSON shape of incidents, teams and assignments that API answers, feed and topics all carry.

Instants are ISO 8601 in UTC with `Z`, or null; the gist never leaves the house.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from weirhouse.domain.incident import Assignment, Incident, Team, Term


class IncidentRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An incident on the topic `incidents`, which keeps for ever: no word of a caller and no address.

    Lengths in metres, places in WGS 84 degrees.
    """

    id: str
    number: int
    zone: str
    type: str
    state: str
    priority: int
    severity: float
    rank: float
    lane: str
    lat: float | None
    lon: float | None
    radius_m: float
    opened_at: datetime
    first_at: datetime
    last_at: datetime
    closed_at: datetime | None
    claim_until: datetime | None
    reports: int
    reporters: int
    sources: int
    reasons: tuple[Term, ...]
    flags: tuple[str, ...]
    owner: str
    merged_into: str
    closing_code: str
    teams: int
    policy: int
    exercise: bool
    version: int
    decision_version: int
    etag: str
    """The decision version as a string: what `If-Match` compares."""


class IncidentView(IncidentRecord, frozen=True, kw_only=True, gc=False):
    """An incident as people in the house see it. The words stand last: see `record_length`."""

    address: str
    summary: str


class TeamView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A team as everybody sees it."""

    id: str
    name_en: str
    name_zh: str
    kind: str
    skills: tuple[str, ...]
    zone: str
    state: str
    lat: float | None
    lon: float | None
    position_at: datetime | None
    accuracy_m: float
    exercise: bool
    version: int
    etag: str


class AssignmentView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An assignment as everybody sees it; `history` holds [state, instant, author]."""

    id: str
    incident_id: str
    team_id: str
    state: str
    by: str
    at: datetime
    reason: str
    fence: int
    version: int
    etag: str
    history: tuple[tuple[str, datetime, str], ...]


def instant(seconds: float) -> datetime:
    """Return seconds UTC as an aware instant."""
    return datetime.fromtimestamp(seconds, UTC)


def _maybe(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def incident_view(incident: Incident) -> IncidentView:
    """Return the public shape of `incident`."""
    return IncidentView(
        id=incident.id,
        number=incident.number,
        zone=incident.zone,
        type=incident.type,
        state=incident.state.value,
        priority=incident.priority,
        severity=incident.severity,
        rank=incident.rank,
        lane=incident.lane.value,
        lat=incident.lat,
        lon=incident.lon,
        radius_m=incident.radius_m,
        address=incident.address,
        opened_at=instant(incident.opened_at),
        first_at=instant(incident.first_at),
        last_at=instant(incident.last_at),
        closed_at=_maybe(incident.closed_at),
        claim_until=_maybe(incident.claim_until),
        reports=incident.reports,
        reporters=incident.reporters,
        sources=incident.sources,
        summary=incident.summary,
        reasons=incident.reasons,
        flags=incident.flags,
        owner=incident.owner,
        merged_into=incident.merged_into,
        closing_code=incident.closing_code,
        teams=incident.teams,
        policy=incident.policy,
        exercise=incident.exercise,
        version=incident.version,
        decision_version=incident.decision_version,
        etag=str(incident.decision_version),
    )


def team_view(team: Team) -> TeamView:
    """Return the public shape of `team`."""
    return TeamView(
        id=team.id,
        name_en=team.name_en,
        name_zh=team.name_zh,
        kind=team.kind,
        skills=team.skills,
        zone=team.zone,
        state=team.state,
        lat=team.lat,
        lon=team.lon,
        position_at=_maybe(team.position_at),
        accuracy_m=team.accuracy_m,
        exercise=team.exercise,
        version=team.version,
        etag=str(team.version),
    )


def assignment_view(assignment: Assignment) -> AssignmentView:
    """Return the public shape of `assignment`."""
    return AssignmentView(
        id=assignment.id,
        incident_id=assignment.incident_id,
        team_id=assignment.team_id,
        state=assignment.state,
        by=assignment.by,
        at=instant(assignment.at),
        reason=assignment.reason,
        fence=assignment.fence,
        version=assignment.version,
        etag=str(assignment.version),
        history=tuple((state, instant(at), by) for state, at, by in assignment.history),
    )


_ENCODE = msgspec.json.Encoder().encode


def record_length(incident: Incident, view: bytes) -> int:
    """Return how many bytes of `view` (from `view_json`) are the record; a closing brace completes it."""
    return len(view) - len(_ENCODE({"address": incident.address, "summary": incident.summary}))


def record_json(incident: Incident) -> bytes:
    """Return what the topic `incidents` carries of `incident`, as UTF-8 JSON."""
    view = view_json(incident)
    return view[: record_length(incident, view)] + b"}"


def view_json(row: Incident | Team | Assignment) -> bytes:
    """Return the public shape of `row` as UTF-8 JSON."""
    match row:
        case Incident():
            return _ENCODE(incident_view(row))
        case Team():
            return _ENCODE(team_view(row))
        case Assignment():
            return _ENCODE(assignment_view(row))
