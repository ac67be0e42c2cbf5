# SPDX-License-Identifier: Apache-2.0
"""Merge, split and link (合并、拆分、关联) as pure rules: incident rows in, rows and moved reports out.

What a person ties or keeps apart stands as must-link and cannot-link over report ids in the gists, so that a re-decided
stream respects it. Nothing given is changed; `now` in seconds UTC. Taking back is `undoing`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import copy
from typing import Any, Final, Literal

import msgspec

from weirhouse.domain.decision import AuditEntry, DeskWrite, Moved
from weirhouse.domain.deskrows import must_be_open, must_say
from weirhouse.domain.errors import IllegalTransition, InvalidValue, TeamsOnBoth
from weirhouse.domain.gather import copied, with_flag
from weirhouse.domain.ids import incident_id, signal_report_id
from weirhouse.domain.incident import Assignment, Gist, Incident
from weirhouse.domain.lifecycle import ACTIVE_ASSIGNMENT, INCIDENT, AssignmentState, IncidentState, step
from weirhouse.domain.policy import Policy
from weirhouse.domain.priority import rank_anew
from weirhouse.domain.report import Report
from weirhouse.domain.taxonomy import kind_of
from weirhouse.domain.together import gathered, give_evidence, newest, told_by

_I = IncidentState
MAX_MERGED: Final = 20
"""Incidents merged at once."""
MAX_SPLIT: Final = 500
"""Reports split off at once."""
MAX_TOLD: Final = 5_000
"""Reports of an incident that can be taken apart: every one of them is read again."""
MAX_LINKS: Final = 16
MAX_ACTS: Final = 8
MAX_KEPT: Final = 32_768
"""Bytes kept for an undo; deeper layers of undo inside it go first."""
TEAMS_ON_BOTH: Final = "teams_on_both"
"""Flag: teams were on both when a person merged them; who stays is to be settled."""


class Before(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What undoing a merge or split gives back, kept in the row that went or came by it."""

    act: Literal["merge", "split"]
    kept: Incident
    """The row that stayed, before the act."""
    given: Incident
    """The same after the act, its gist without what the evidence holds."""
    other: Incident | None = None
    """The row that went away, before the act; for a split the merged row that it revived, None when it was new."""
    assignments: tuple[str, ...] = ()
    """Assignments that went along."""
    part: int = 5
    """Priority that a part was split off with."""


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Before)


def before_of(row: Incident) -> Before | None:
    """Return what undoing the act that the row went or came by gives back; None without such an act."""
    return _DECODER.decode(row.gist.undo) if row.gist.undo else None


def _kept(kept: Incident, given: Incident, **more: Any) -> bytes:
    outline = copy(given)
    outline.gist = Gist(word=given.gist.word, word_over=given.gist.word_over)
    image = Before(kept=_bare(kept), given=outline, **more)
    body = _ENCODER.encode(image)
    if len(body) > MAX_KEPT and image.other is not None:
        body = _ENCODER.encode(msgspec.structs.replace(image, other=_bare(image.other)))
    return body


def _bare(row: Incident) -> Incident:
    fresh = copied(row)
    fresh.gist.undo = b""
    return fresh


def line(
    now: float, actor: str, action: str, before: Incident, after: Incident, reason: str, **more: object
) -> AuditEntry:
    """Return the audit line of one incident row that an act of joining changed."""

    def said(row: Incident) -> dict[str, object]:
        return {"state": row.state.value, "priority": row.priority, "reports": row.reports}

    return AuditEntry(
        at=now,
        actor=actor,
        action=action,
        entity="incident",
        entity_id=after.id,
        before=said(before) if before.version else {},
        after={**said(after), **more},
        reason=reason,
    )


def state_with(teams: int, rows: Sequence[Incident]) -> IncidentState:
    """Return the state of the incident that all the rows become: with teams, or looked at by a person."""
    states = {row.state for row in rows}
    if teams:
        return _I.IN_PROGRESS if _I.IN_PROGRESS in states else _I.ASSIGNED
    return rows[0].state if len(states) == 1 and rows[0].state is not _I.NEW else _I.TRIAGED


def merged_away(row: Incident, into: str, now: float) -> Incident:
    """Return the row as it stands when its reports, teams and evidence belong to `into`."""
    away = copied(row)
    away.state = step("incident", INCIDENT, row.state, _I.MERGED)
    away.merged_into, away.closed_at = into, now
    away.owner, away.claim_until = "", 0.0
    away.reports = away.teams = 0
    away.decision_version += 1
    away.gist = Gist(links=row.gist.links)
    return away


def move_teams(assignments: Sequence[Assignment], to: str, actor: str, now: float, reason: str) -> DeskWrite:
    """Return the assignments as they stand on the incident `to`, with their audit."""
    rows: list[Assignment] = []
    lines: list[AuditEntry] = []
    for assignment in assignments:
        row = copy(assignment)
        row.incident_id = to
        rows.append(row)
        lines.append(
            AuditEntry(
                at=now,
                actor=actor,
                action="move",
                entity="assignment",
                entity_id=row.id,
                before={"incident": assignment.incident_id},
                after={"incident": to},
                reason=reason,
            )
        )
    return DeskWrite(assignments=tuple(rows), audit=tuple(lines))


def merge(
    rows: Sequence[Incident],
    actor: str,
    now: float,
    reason: str,
    policy: Policy,
    assignments: Sequence[Assignment] = (),
    confirm_teams: bool = False,
) -> DeskWrite:
    """Make one incident of several that are one happening. The earliest (first event, then id) stays.

    `assignments` are those of all the rows; active ones go to the incident that stays.

    Raises
    ------
    InvalidValue
        Without a reason, with fewer than two incidents, or exercise mixed with real.
    IllegalTransition
        When one of them is closed or merged.
    TeamsOnBoth
        Teams are on more than one of them and `confirm_teams` is not set.
    """
    must_say("reason", reason)
    if len({row.id for row in rows}) != len(rows) or not 2 <= len(rows) <= MAX_MERGED:
        raise InvalidValue("others", f"name one to {MAX_MERGED - 1} other incidents, each once")
    for row in rows:
        must_be_open(row, "merge")
    if len({row.exercise for row in rows}) > 1:
        raise InvalidValue("others", "an exercise and the real never become one")
    staffed = tuple(sorted(row.id for row in rows if row.teams))
    if len(staffed) > 1 and not confirm_teams:
        raise TeamsOnBoth(staffed)
    kept = min(rows, key=lambda row: (row.first_at, row.id))
    others = sorted((row for row in rows if row is not kept), key=lambda row: row.id)
    fresh = gathered(kept, others, policy)
    fresh.teams = sum(row.teams for row in rows)
    fresh.state = state_with(fresh.teams, (kept, *others))
    if len(staffed) > 1:
        fresh.flags = with_flag(fresh.flags, TEAMS_ON_BOTH)
    fresh.decision_version += 1
    fresh.gist.acts = (*kept.gist.acts, ("merge", *(row.id for row in others)))[-MAX_ACTS:]
    gone: list[Incident] = []
    lines = [line(now, actor, "merge", kept, fresh, reason, merged=[row.id for row in others])]
    went = [row for row in assignments if row.incident_id != kept.id and active(row)]
    for other in others:
        away = merged_away(other, kept.id, now)
        theirs = [row.id for row in went if row.incident_id == other.id]
        away.gist.undo = _kept(kept, fresh, act="merge", other=other, assignments=tuple(theirs))
        gone.append(away)
        lines.append(line(now, actor, "merge", other, away, reason, merged_into=kept.id))
    teams = move_teams(went, kept.id, actor, now, reason)
    return DeskWrite(
        incident=fresh,
        others=tuple(gone),
        moves=tuple(Moved(source=row.id, target=kept.id, zone=kept.zone) for row in others),
        assignments=teams.assignments,
        audit=(*lines, *teams.audit),
    )


def active(assignment: Assignment) -> bool:
    """Return whether the assignment holds its team."""
    return AssignmentState(assignment.state) in ACTIVE_ASSIGNMENT


def part_of(row: Incident, reports: Sequence[Report], taken: Collection[str]) -> Report:
    """Return the report that opens the incident split off: the earliest of those taken.

    Raises
    ------
    InvalidValue
        When nothing is taken, all is, the incident's own opening report is, or one stands elsewhere.
    """
    if not 1 <= len(taken) <= MAX_SPLIT:
        raise InvalidValue("report_ids", f"name 1 to {MAX_SPLIT} reports")
    if len(reports) > MAX_TOLD:
        raise InvalidValue("report_ids", f"the incident holds more than {MAX_TOLD} reports")
    chosen = [one for one in reports if one.id in taken]
    if len(chosen) != len(set(taken)):
        raise InvalidValue("report_ids", "not all of them stand in this incident")
    if any(incident_id(one.id) == row.id for one in chosen):
        raise InvalidValue("report_ids", "the report that opened the incident stays: split off the others")
    return min(chosen, key=lambda one: (one.event_time, one.id))


def split(
    incident: Incident,
    reports: Sequence[Report],
    taken: Collection[str],
    actor: str,
    now: float,
    reason: str,
    policy: Policy,
    known: Incident | None = None,
) -> DeskWrite:
    """Open an incident of its own from some of the reports, with their own clock and priority.

    Parameters
    ----------
    reports
        All that stand in the incident.
    taken
        Ids of those that speak of something else.
    known
        The row that the earliest of them opened once, when it was merged into this incident: it comes back.

    Raises
    ------
    InvalidValue
        See `part_of`; or without a reason.
    IllegalTransition
        When the incident is closed or merged.
    """
    must_say("reason", reason)
    must_be_open(incident, "split")
    first = part_of(incident, reports, taken)
    if known is not None and known.state is not _I.MERGED:
        raise IllegalTransition("incident", known.state.value, "split", ())
    rest = [one for one in reports if one.id not in taken]
    chosen = [one for one in reports if one.id in taken]
    fresh, part = copied(incident), _part(incident, first, chosen, policy, known)
    give_evidence(fresh, told_by(incident, rest, policy))
    if min(fresh.priority, part.priority) > incident.priority:
        # A device or a person raised it, no report says so: nobody knows on which side the danger is.
        for row in (fresh, part):
            row.priority, row.lane = incident.priority, incident.lane
            rank_anew(row, policy)
    fresh.decision_version += 1
    names = [one.id for one in sorted(chosen, key=lambda one: (one.event_time, one.id))]
    fresh.gist.must = [name for name in fresh.gist.must if name not in taken]
    fresh.gist.cannot = newest((*fresh.gist.cannot, *names))
    part.gist.must = newest(names)
    part.gist.cannot = newest((*(one.id for one in rest if one.id != incident.opened_by), incident.opened_by))
    theirs = {f"{one.source}|{one.key}" for one in chosen if one.id == signal_report_id(one.source, one.key)}
    part.gist.episodes = {key: at for key, at in incident.gist.episodes.items() if key in theirs}
    fresh.gist.episodes = {key: at for key, at in incident.gist.episodes.items() if key not in theirs}
    fresh.gist.acts = (*incident.gist.acts, ("split", part.id))[-MAX_ACTS:]
    part.gist.undo = _kept(incident, fresh, act="split", other=known, part=part.priority)
    return DeskWrite(
        incident=fresh,
        others=(part,),
        moves=(Moved(source=incident.id, target=part.id, zone=part.zone, ids=tuple(names), opens=first.id),),
        audit=(
            line(now, actor, "split", incident, fresh, reason, part=part.id),
            line(now, actor, "split", known or part, part, reason, part_of=incident.id),
        ),
        membership=(part.zone,),
    )


def _part(
    incident: Incident, first: Report, chosen: Sequence[Report], policy: Policy, known: Incident | None
) -> Incident:
    frame = Incident(id=incident_id(first.id), zone=incident.zone, type=kind_of(first.type).id)
    part = told_by(frame, chosen, policy)
    part.zone, part.exercise, part.state = incident.zone, incident.exercise, _I.TRIAGED
    if known is not None:
        part.state = step("incident", INCIDENT, known.state, _I.TRIAGED)
        part.zone, part.number, part.version = known.zone, known.number, known.version
        part.decision_version = known.decision_version + 1
        part.gist.links = known.gist.links
    return part


def link(one: Incident, other: Incident, actor: str, now: float, reason: str) -> DeskWrite:
    """Tell that two incidents belong together without being one; both rows name the other.

    Raises
    ------
    InvalidValue
        Without a reason, an incident with itself, linked already, or 16 links on one of them.
    IllegalTransition
        When one of them is merged.
    """
    must_say("reason", reason)
    if one.id == other.id:
        raise InvalidValue("other", "is the incident itself")
    if other.id in one.gist.links:
        raise InvalidValue("other", "is linked already")
    rows: list[Incident] = []
    lines: list[AuditEntry] = []
    for row, to in ((one, other), (other, one)):
        if row.state is _I.MERGED:
            raise IllegalTransition("incident", row.state.value, "link", ())
        if len(row.gist.links) >= MAX_LINKS:
            raise InvalidValue("other", f"{row.id} has {MAX_LINKS} links")
        fresh = copied(row)
        fresh.gist.links = (*row.gist.links, to.id)
        fresh.decision_version += 1
        rows.append(fresh)
        lines.append(line(now, actor, "link", row, fresh, reason, linked=to.id))
    return DeskWrite(incident=rows[0], others=(rows[1],), audit=tuple(lines))
