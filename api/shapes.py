# SPDX-License-Identifier: Apache-2.0
"""What the desk's answers look like, as structs: the OpenAPI document is made of them, tests hold answers to them.

The answers themselves are put together where they are given; no row is copied into a struct only to be encoded.
Instants are ISO 8601 in UTC, places WGS 84 degrees, lengths metres, durations seconds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from api.problems import FieldError
from weirhouse.domain.city import Zone
from weirhouse.domain.incident import Term
from weirhouse.domain.plans import Need
from weirhouse.domain.recommend import Choice, Excluded, Pick
from weirhouse.domain.report import Channel, Lane, Location
from weirhouse.wire.views import AssignmentView, IncidentView, TeamView


class ProblemDocument(msgspec.Struct, kw_only=True):
    """A refusal (RFC 9457). `code` is stable; some codes bring members of their own, as docs/api.md tells."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    errors: tuple[FieldError, ...] = ()


class UndecidedReport(msgspec.Struct):
    """A cry for help that is safe and not decided yet."""

    id: str
    zone: str
    type: str
    words: str
    received_at: datetime
    location: Location
    exercise: bool


class FeedUndecided(msgspec.Struct):
    """Data of `event: undecided`: the cries that wait, longest first."""

    undecided: list[UndecidedReport]
    undecided_total: int


class IncidentPage(msgspec.Struct):
    """One page of the queue; an empty cursor: the last one."""

    items: list[IncidentView]
    cursor: str
    total: int
    total_capped: bool
    undecided: list[UndecidedReport]
    undecided_total: int


class IncidentDetail(IncidentView, frozen=True, kw_only=True, gc=False):
    """One incident with what belongs to it; `possible`: acts on it that its state allows now."""

    assignments: list[AssignmentView]
    possible: list[str]
    links: list[str]


class MatchView(msgspec.Struct):
    """How well an incident matches what is being said."""

    score: float
    band: str
    terms: list[Term]


class NearIncident(IncidentView, frozen=True, kw_only=True, gc=False):
    """An open incident nearby."""

    distance_m: float
    match: MatchView


class NearPage(msgspec.Struct):
    """Open incidents nearby, best match first."""

    items: list[NearIncident]


class ToldReport(msgspec.Struct):
    """A report as the desk shows it; nothing personal in it."""

    id: str
    source: str
    channel: Channel
    type: str
    words: str
    event_time: datetime
    received_at: datetime
    location: Location
    lane: Lane
    claims: tuple[str, ...]


class ReportLine(msgspec.Struct):
    """A report in an incident, and why it stands there."""

    report: ToldReport
    disposition: str
    score: float
    terms: list[Term]
    own_line: bool
    repeats: int
    decided_at: datetime


class ReportsPage(msgspec.Struct):
    """What stands in an incident, newest decision first."""

    items: list[ReportLine]
    cursor: str


class AuditLine(msgspec.Struct, kw_only=True):
    """Who did what to a row, and why."""

    at: datetime
    actor: str
    action: str
    entity: str
    entity_id: str
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    reason: str = ""


class HistoryPage(msgspec.Struct):
    """The newest audit lines, newest first."""

    items: list[AuditLine]


class IncidentName(msgspec.Struct):
    """An incident's id and its speakable number."""

    id: str
    number: int


class ReportWhere(msgspec.Struct):
    """Where a report is now."""

    id: str
    disposition: str
    incident: IncidentName | None
    zone: str
    score: float
    terms: list[Term]


class Acted(msgspec.Struct):
    """The rows after an act; `others`: further incidents that a merge, a split or an undo changed."""

    incident: IncidentView | None
    others: list[IncidentView]
    assignments: list[AssignmentView]
    teams: list[TeamView]


class PlanView(msgspec.Struct):
    """What an incident of this type and priority wants, and what of it is still open."""

    needs: list[Need]
    open: list[str]


class CandidateView(msgspec.Struct):
    """A team that could go; costs and terms are seconds."""

    team: TeamView
    cost_s: float | None
    eta_s: float | None
    distance_m: float | None
    position_age_s: float | None
    stale: bool
    brings: tuple[str, ...]
    coverage_loss: float
    sent_lately: int
    terms: tuple[Term, ...]


class CandidatesAnswer(msgspec.Struct):
    """Candidates, best first; who should go for what; who cannot, and why."""

    incident_id: str
    policy: Choice
    at: datetime
    plan: PlanView
    picks: list[Pick]
    candidates: list[CandidateView]
    total: int
    excluded: list[Excluded]
    batched: int
    due_at: datetime | None


class TeamPage(msgspec.Struct):
    """Teams."""

    items: list[TeamView]


class PositionAnswer(msgspec.Struct):
    """The team as it stands; `taken`: whether what was sent changed it."""

    team: TeamView
    taken: bool


class PlaceView(msgspec.Struct):
    """An entry of the gazetteer."""

    id: str
    name_en: str
    name_zh: str
    kind: str
    zone: str
    lat: float
    lon: float
    radius_m: float
    asset_id: str


class PlacePage(msgspec.Struct):
    """Places, best first."""

    items: list[PlaceView]


class TypeView(msgspec.Struct):
    """An incident type."""

    id: str
    parent: str
    label_en: str
    label_zh: str
    priority: int
    lane: Lane


class TypePage(msgspec.Struct):
    """The incident types."""

    items: list[TypeView]


class ZonePage(msgspec.Struct):
    """The zones with their outlines."""

    items: list[Zone]


class ClosingCode(msgspec.Struct):
    """How an incident may end."""

    id: str
    label_en: str
    label_zh: str


class CityAnswer(msgspec.Struct):
    """The city; `bounds` is west, south, east, north."""

    name_en: str
    name_zh: str
    time_zone: str
    bounds: tuple[float, float, float, float]
    closing_codes: list[ClosingCode]


class SessionAnswer(msgspec.Struct):
    """Who is signed in; writes carry `csrf`."""

    subject: str
    roles: list[str]
    zones: list[str]
    csrf: str
    expires_at: datetime
    mode: str
    env: str


class FeedSnapshot(msgspec.Struct):
    """Data of `event: snapshot`."""

    epoch: str
    seq: int
    prev: None
    at: datetime
    incidents: list[IncidentView]
    total: int
    teams: list[TeamView]
    mode: str
    undecided: list[UndecidedReport]
    undecided_total: int


class FeedIncident(msgspec.Struct, tag_field="kind", tag="incident"):
    """A changed incident."""

    entity: str
    version: int
    lane: Lane
    body: IncidentView


class FeedTeam(msgspec.Struct, tag_field="kind", tag="team"):
    """A changed team."""

    entity: str
    version: int
    lane: Lane
    body: TeamView


class FeedAssignment(msgspec.Struct, tag_field="kind", tag="assignment"):
    """A changed assignment."""

    entity: str
    version: int
    lane: Lane
    body: AssignmentView


class FeedDelta(msgspec.Struct):
    """Data of `event: delta`; `prev`: the number of the message this subscriber got before."""

    epoch: str
    prev: int
    seq: int
    at: datetime
    items: list[FeedIncident | FeedTeam | FeedAssignment]


class FeedHeartbeat(msgspec.Struct):
    """Data of `event: heartbeat`."""

    epoch: str
    seq: int
    at: datetime


class FeedReset(msgspec.Struct):
    """Data of `event: reset`: fetch the snapshot again."""

    reason: Literal["slow", "epoch", "too-old", "stopping", "signed-out"]
