# SPDX-License-Identifier: Apache-2.0
"""What people decide at the desk, as pure rules: rows in, rows out, or an error that says what is possible.

Every function returns a `DeskWrite`: copies of the rows, each still carrying the version it was read
with, to be written by compare-and-set together. Nothing given is changed. `now` in seconds UTC.
Sending teams is `dispatch`, given out again here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.deskrows import ENDED, audit, check_decision, check_fence, clock_text, must_be_open, must_say
from weirhouse.domain.dispatch import accept, arrive, assign, back, clear, decline, en_route, stand_down
from weirhouse.domain.errors import ClaimedByOther, IllegalTransition, InvalidValue, TeamTaken
from weirhouse.domain.gather import copied, with_flag
from weirhouse.domain.incident import Assignment, Incident
from weirhouse.domain.lifecycle import ACTIVE_ASSIGNMENT, INCIDENT, AssignmentState, IncidentState, step

__all__ = [
    "CLOSING_CODES",
    "accept",
    "arrive",
    "assign",
    "audit",
    "back",
    "check_decision",
    "check_fence",
    "claim",
    "clear",
    "close",
    "decline",
    "en_route",
    "possible_acts",
    "release",
    "reopen",
    "stand_down",
]

_I, _A = IncidentState, AssignmentState

CLOSING_CODES: Final[tuple[tuple[str, str, str], ...]] = (
    ("done", "Dealt with", "处置完成"),
    ("nothing_found", "Nothing found", "现场未发现"),
    ("false_alarm", "False alarm", "误报"),
    ("duplicate", "Dealt with under another incident", "已在他件处置"),
    ("referred", "Referred elsewhere", "已转介"),
    ("advice", "Advice given", "已答复"),
    ("withdrawn", "Withdrawn by the reporter", "诉求人撤回"),
    ("cleared_itself", "Over by itself", "自行消除"),
)
"""Why an incident or an assignment ended: (code, English, Chinese)."""

_ACTS_OPEN: Final = ("assign", "claim", "link", "merge", "prioritise", "release", "retype")


def possible_acts(incident: Incident) -> list[str]:
    """Return the acts on the incident itself that its state allows now, sorted."""
    acts: set[str] = set()
    if incident.state not in ENDED:
        acts.update(_ACTS_OPEN)
        if incident.teams == 0 and _I.CLOSED in INCIDENT[incident.state]:
            acts.add("close")
        if incident.reports > 1:
            acts.add("split")
    if incident.state in (_I.CLOSED, _I.RESOLVED, _I.VERIFIED):
        acts.add("reopen")
    if incident.state is not _I.CLOSED and (incident.gist.acts or incident.gist.undo):
        acts.add("undo")
    return sorted(acts)


def claim(incident: Incident, actor: str, now: float, lease_s: float) -> DeskWrite:
    """Take the incident for `lease_s` seconds, or renew one's own claim. A new incident becomes triaged.

    Raises
    ------
    ClaimedByOther
        While somebody else's claim runs.
    IllegalTransition
        For a closed or merged incident.
    """
    must_be_open(incident, "claim")
    if incident.owner and incident.owner != actor and incident.claim_until > now:
        raise ClaimedByOther(incident.id, incident.owner, clock_text(incident.claim_until))
    fresh = copied(incident)
    before = incident.owner
    fresh.owner, fresh.claim_until = actor, now + lease_s
    if incident.state is _I.NEW:
        fresh.state = step("incident", INCIDENT, incident.state, _I.TRIAGED)
    if before != actor or fresh.state is not incident.state:
        fresh.decision_version += 1
    return DeskWrite(incident=fresh, audit=(audit(now, actor, "claim", incident, before, actor),))


def release(incident: Incident, actor: str, now: float, force: bool = False, reason: str = "") -> DeskWrite:
    """Give the claim back. `force`: a supervisor takes it from somebody else, with a reason.

    Raises
    ------
    ClaimedByOther
        When it is another's, still runs, and `force` is not set.
    InvalidValue
        When `force` comes without a reason.
    """
    if force and incident.owner not in ("", actor) and not reason:
        raise InvalidValue("reason", "taking another's claim needs a reason")
    if incident.owner not in ("", actor) and incident.claim_until > now and not force:
        raise ClaimedByOther(incident.id, incident.owner, clock_text(incident.claim_until))
    fresh = copied(incident)
    fresh.owner, fresh.claim_until = "", 0.0
    if incident.owner:
        fresh.decision_version += 1
    return DeskWrite(incident=fresh, audit=(audit(now, actor, "release", incident, incident.owner, "", reason),))


def close(
    incident: Incident, actor: str, now: float, code: str, reason: str = "", active: Sequence[Assignment] = ()
) -> DeskWrite:
    """Close the incident with a closing code. Refused while teams are on it.

    Raises
    ------
    InvalidValue
        Without a code.
    TeamTaken
        While a team is still active; names it when `active` assignments are given.
    """
    must_say("closing_code", code)
    standing = [row for row in active if _A(row.state) in ACTIVE_ASSIGNMENT]
    if incident.teams or standing:
        first = standing[0] if standing else None
        team, row_id, by = (first.team_id, first.id, first.by) if first else (f"({incident.teams} active)", "", "")
        raise TeamTaken(team, row_id, incident.id, by)
    fresh = copied(incident)
    fresh.state = step("incident", INCIDENT, incident.state, _I.CLOSED)
    fresh.closing_code, fresh.closed_at = code, now
    fresh.owner, fresh.claim_until = "", 0.0
    fresh.decision_version += 1
    line = audit(
        now, actor, "close", incident, incident.state.value, fresh.state.value, "; ".join(filter(None, (code, reason)))
    )
    return DeskWrite(incident=fresh, audit=(line,))


def reopen(incident: Incident, actor: str, now: float, reason: str) -> DeskWrite:
    """Open a closed (or resolved) incident again, with a reason; its zone's membership rises."""
    must_say("reason", reason)
    if "reopen" not in possible_acts(incident):
        raise IllegalTransition("incident", incident.state.value, "reopen", tuple(possible_acts(incident)))
    fresh = copied(incident)
    fresh.state = step("incident", INCIDENT, incident.state, _I.TRIAGED)
    fresh.closing_code, fresh.closed_at = "", 0.0
    fresh.flags = with_flag(incident.flags, "reopened")
    fresh.decision_version += 1
    line = audit(now, actor, "reopen", incident, incident.state.value, fresh.state.value, reason)
    return DeskWrite(incident=fresh, audit=(line,), membership=(incident.zone,))
