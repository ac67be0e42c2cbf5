# SPDX-License-Identifier: Apache-2.0
"""Teams to an incident and back, as pure rules (派单、接单、退单、撤回): rows in, rows out, or an error.

Nothing given is changed; every row returned carries the version it was read with. `now` in seconds UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from typing import Final

from weirhouse.domain.decision import AuditEntry, DeskWrite
from weirhouse.domain.deskrows import audit, check_fence, must_be_open, must_say
from weirhouse.domain.errors import InvalidValue, TeamTaken
from weirhouse.domain.gather import copied
from weirhouse.domain.ids import assignment_id
from weirhouse.domain.incident import Assignment, Incident, Team
from weirhouse.domain.lifecycle import ASSIGNMENT, INCIDENT, TEAM, AssignmentState, IncidentState, TeamState, step
from weirhouse.domain.taxonomy import kind_of

_I, _T, _A = IncidentState, TeamState, AssignmentState
SKILL_MISSING: Final = "skill_missing"


def assign(
    incident: Incident, teams: Sequence[Team], actor: str, now: float, request_key: str, reason: str = ""
) -> DeskWrite:
    """Send one or more teams: assignments reserved and notified, teams notified, incident assigned.

    A wanted skill that no team brings does not forbid: it is written into the assignment's reason.

    Raises
    ------
    TeamTaken
        When a team is neither available nor returning.
    InvalidValue
        No team, one named twice, or exercise mixed with real.
    IllegalTransition
        For a closed or merged incident.
    """
    must_be_open(incident, "assign")
    if not teams:
        raise InvalidValue("teams", "name at least one team")
    if len({team.id for team in teams}) != len(teams):
        raise InvalidValue("teams", "a team is named twice")
    skills = {skill for team in teams for skill in team.skills}
    missing = sorted(set(kind_of(incident.type).skills) - skills)
    note = "; ".join(part for part in (reason, f"{SKILL_MISSING}: {' '.join(missing)}" if missing else "") if part)
    rows: list[Team] = []
    sent: list[Assignment] = []
    lines: list[AuditEntry] = []
    for team in teams:
        if team.exercise is not incident.exercise:
            wanted = "an exercise takes only teams on exercise" if incident.exercise else "the team is on exercise"
            raise InvalidValue("teams", f"{team.id}: {wanted}")
        state = _T(team.state)
        if state not in (_T.AVAILABLE, _T.RETURNING):
            raise TeamTaken(team.id, "", incident.id, f"state {state.value}")
        row = copy(team)
        row.state = step("team", TEAM, step("team", TEAM, state, _T.RESERVED), _T.NOTIFIED).value
        rows.append(row)
        history = ((_A.RESERVED.value, now, actor), (_A.NOTIFIED.value, now, actor))
        new = Assignment(
            id=assignment_id(incident.id, team.id, request_key),
            incident_id=incident.id,
            team_id=team.id,
            state=step("assignment", ASSIGNMENT, _A.RESERVED, _A.NOTIFIED).value,
            by=actor,
            at=now,
            reason=note,
            version=0,
            history=history,
        )
        sent.append(new)
        lines.append(audit(now, actor, "assign", new, "", new.state, note))
        lines.append(audit(now, actor, "assign", team, team.state, row.state, incident.id))
    fresh = copied(incident)
    fresh.teams += len(sent)
    if incident.state not in (_I.ASSIGNED, _I.IN_PROGRESS):
        fresh.state = step("incident", INCIDENT, _after_triage(incident.state), _I.ASSIGNED)
    fresh.decision_version += 1
    lines.append(audit(now, actor, "assign", incident, incident.state.value, fresh.state.value, note))
    return DeskWrite(incident=fresh, teams=tuple(rows), assignments=tuple(sent), audit=tuple(lines))


def _after_triage(state: IncidentState) -> IncidentState:
    return _I.TRIAGED if state in (_I.REFERRED, _I.VERIFIED) else state


def accept(
    incident: Incident, assignment: Assignment, team: Team, actor: str, now: float, fence: int | None = None
) -> DeskWrite:
    """The team takes the assignment."""
    return _move(incident, assignment, team, actor, now, fence, _A.ACCEPTED, None)


def en_route(
    incident: Incident, assignment: Assignment, team: Team, actor: str, now: float, fence: int | None = None
) -> DeskWrite:
    """The team is on its way; a team that had not answered yet accepts by leaving."""
    return _move(incident, assignment, team, actor, now, fence, _A.EN_ROUTE, _T.EN_ROUTE)


def arrive(
    incident: Incident, assignment: Assignment, team: Team, actor: str, now: float, fence: int | None = None
) -> DeskWrite:
    """The team is on the scene; the incident is in progress."""
    return _move(incident, assignment, team, actor, now, fence, _A.ON_SCENE, _T.ON_SCENE)


def decline(
    incident: Incident,
    assignment: Assignment,
    team: Team,
    actor: str,
    now: float,
    reason: str,
    fence: int | None = None,
) -> DeskWrite:
    """The team cannot go; it says why, is available again, and the incident needs another."""
    must_say("reason", reason)
    return _leave(incident, assignment, team, actor, now, fence, _A.DECLINED, reason)


def stand_down(
    incident: Incident,
    assignment: Assignment,
    team: Team,
    actor: str,
    now: float,
    reason: str,
    fence: int | None = None,
) -> DeskWrite:
    """The desk calls the team back, with a reason; late commands of the old assignment change nothing."""
    must_say("reason", reason)
    return _leave(incident, assignment, team, actor, now, fence, _A.STOOD_DOWN, reason)


def clear(
    incident: Incident, assignment: Assignment, team: Team, actor: str, now: float, code: str, fence: int | None = None
) -> DeskWrite:
    """The team has finished, with a closing code; the incident resolves when its last team clears."""
    must_say("closing_code", code)
    return _leave(incident, assignment, team, actor, now, fence, _A.CLEARED, code)


def _check_rows(incident: Incident, assignment: Assignment, team: Team) -> None:
    if assignment.incident_id != incident.id:
        raise InvalidValue("assignment", f"{assignment.id} belongs to incident {assignment.incident_id}")
    if assignment.team_id != team.id:
        raise InvalidValue("assignment", f"{assignment.id} belongs to team {assignment.team_id}")


def _stepped(assignment: Assignment, wishes: Iterable[AssignmentState], actor: str, now: float) -> Assignment:
    fresh = copy(assignment)
    for wish in wishes:
        fresh.state = step("assignment", ASSIGNMENT, _A(fresh.state), wish).value
        fresh.history = (*fresh.history, (wish.value, now, actor))
    fresh.fence = assignment.fence + 1
    return fresh


def _move(
    incident: Incident,
    assignment: Assignment,
    team: Team,
    actor: str,
    now: float,
    fence: int | None,
    wish: AssignmentState,
    team_wish: TeamState | None,
) -> DeskWrite:
    _check_rows(incident, assignment, team)
    check_fence(assignment, fence)
    unanswered = _A(assignment.state) in (_A.RESERVED, _A.NOTIFIED)
    way = (wish,) if wish is _A.ACCEPTED or not unanswered else (_A.ACCEPTED, wish)
    moved = _stepped(assignment, way, actor, now)
    lines = [audit(now, actor, wish.value, assignment, assignment.state, moved.state)]
    teams: tuple[Team, ...] = ()
    # No step of the work ends a distress: only somebody at the desk does, with a reason.
    if team_wish is not None and _T(team.state) is not _T.DISTRESS:
        row = copy(team)
        row.state = step("team", TEAM, _T(team.state), team_wish).value
        teams = (row,)
        lines.append(audit(now, actor, wish.value, team, team.state, row.state))
    fresh = copied(incident)
    if wish is not _A.ACCEPTED and incident.state is _I.ASSIGNED:
        fresh.state = step("incident", INCIDENT, incident.state, _I.IN_PROGRESS)
        fresh.decision_version += 1
        lines.append(audit(now, actor, wish.value, incident, incident.state.value, fresh.state.value))
    return DeskWrite(incident=fresh, teams=teams, assignments=(moved,), audit=tuple(lines))


def _leave(
    incident: Incident,
    assignment: Assignment,
    team: Team,
    actor: str,
    now: float,
    fence: int | None,
    wish: AssignmentState,
    reason: str,
) -> DeskWrite:
    _check_rows(incident, assignment, team)
    check_fence(assignment, fence)
    moved = _stepped(assignment, (wish,), actor, now)
    moved.reason = "; ".join(part for part in (assignment.reason, reason) if part)
    row = copy(team)
    if _T(team.state) not in (_T.DISTRESS, _T.OUT_OF_CONTACT, _T.OFF_DUTY, _T.AVAILABLE):
        back = _T.RETURNING if _T(team.state) in (_T.EN_ROUTE, _T.ON_SCENE, _T.TRANSPORTING) else _T.AVAILABLE
        row.state = step("team", TEAM, _T(team.state), back).value
    fresh = copied(incident)
    fresh.teams = max(0, incident.teams - 1)
    if fresh.teams == 0 and incident.state in (_I.ASSIGNED, _I.IN_PROGRESS):
        if wish is _A.CLEARED:
            fresh.state = step("incident", INCIDENT, incident.state, _I.RESOLVED)
            fresh.closing_code = reason
        else:
            fresh.state = step("incident", INCIDENT, incident.state, _I.TRIAGED)
    fresh.decision_version += 1
    lines = (
        audit(now, actor, wish.value, assignment, assignment.state, moved.state, reason),
        audit(now, actor, wish.value, team, team.state, row.state, reason),
        audit(now, actor, wish.value, incident, incident.state.value, fresh.state.value, reason),
    )
    return DeskWrite(incident=fresh, teams=(row,), assignments=(moved,), audit=lines)


def back(team: Team, actor: str, now: float) -> DeskWrite:
    """A returning team is available again."""
    row = copy(team)
    row.state = step("team", TEAM, _T(team.state), _T.AVAILABLE).value
    return DeskWrite(teams=(row,), audit=(audit(now, actor, "back", team, team.state, row.state),))
