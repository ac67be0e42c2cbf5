# SPDX-License-Identifier: Apache-2.0
"""A person's word over the machine's: another type, another priority, always with a reason.

A person may lower; the correlator never does. The word holds until another cry for help, or evidence graver than all
that the person knew, comes in (`gather.joined`): then the incident is what its reports say.
"""

from __future__ import annotations

from weirhouse.domain.decision import AuditEntry, DeskWrite
from weirhouse.domain.deskrows import must_be_open, must_say
from weirhouse.domain.errors import InvalidValue
from weirhouse.domain.gather import LOWERED, copied, with_flag
from weirhouse.domain.incident import Incident
from weirhouse.domain.lifecycle import INCIDENT, IncidentState, step
from weirhouse.domain.policy import Policy
from weirhouse.domain.priority import evidence_of, rank_anew
from weirhouse.domain.report import Lane
from weirhouse.domain.taxonomy import TYPES


def prioritise(incident: Incident, priority: int, actor: str, now: float, reason: str, policy: Policy) -> DeskWrite:
    """Raise or lower the priority by a person's word. What once was life-safety stays in that lane.

    Raises
    ------
    InvalidValue
        Without a reason, outside 1 to 5, or when it has this priority already.
    IllegalTransition
        For a closed or merged incident.
    """
    must_say("reason", reason)
    must_be_open(incident, "prioritise")
    if not 1 <= priority <= 5:
        raise InvalidValue("priority", "must be 1 to 5")
    if priority == incident.priority:
        raise InvalidValue("priority", f"is P{priority} already")
    fresh = _touched(incident, policy)
    evidence = evidence_of(incident)
    fresh.gist.word, fresh.gist.word_over = priority, evidence
    fresh.priority = priority
    rank_anew(fresh, policy)
    if priority <= policy.life_priority:
        fresh.lane = Lane.LIFE
    fresh.flags = tuple(flag for flag in incident.flags if flag != LOWERED)
    if priority > evidence:
        fresh.flags = with_flag(fresh.flags, LOWERED)
    return DeskWrite(incident=fresh, audit=(_line(incident, fresh, actor, now, "prioritise", reason),))


def retype(incident: Incident, type_id: str, actor: str, now: float, reason: str, policy: Policy) -> DeskWrite:
    """Change what is happening. A graver type raises the priority; a milder one leaves it to the person's word.

    Raises
    ------
    InvalidValue
        Without a reason, for a type that the table does not know, or the one it has.
    IllegalTransition
        For a closed or merged incident.
    """
    must_say("reason", reason)
    must_be_open(incident, "retype")
    if type_id not in TYPES:
        raise InvalidValue("type", f"{type_id} is no incident type; see /v1/types")
    if type_id == incident.type:
        raise InvalidValue("type", f"is {type_id} already")
    fresh = _touched(incident, policy)
    fresh.type = type_id
    fresh.severity = 0.0
    if TYPES[type_id].priority < evidence_of(incident):
        # Said later than the word on the priority, and graver than all it was said of.
        fresh.gist.word = fresh.gist.word_over = 0
        fresh.flags = tuple(flag for flag in incident.flags if flag != LOWERED)
    rank_anew(fresh, policy)
    if fresh.priority <= policy.life_priority:
        fresh.lane = Lane.LIFE
    line = _line(incident, fresh, actor, now, "retype", reason)
    return DeskWrite(incident=fresh, audit=(line,), membership=(incident.zone,))


def _touched(incident: Incident, policy: Policy) -> Incident:
    fresh = copied(incident)
    if incident.state is IncidentState.NEW:
        fresh.state = step("incident", INCIDENT, incident.state, IncidentState.TRIAGED)
    fresh.decision_version += 1
    fresh.policy = policy.version
    return fresh


def _line(before: Incident, after: Incident, actor: str, now: float, action: str, reason: str) -> AuditEntry:
    return AuditEntry(
        at=now,
        actor=actor,
        action=action,
        entity="incident",
        entity_id=after.id,
        before={"state": before.state.value, "priority": before.priority, "type": before.type},
        after={"state": after.state.value, "priority": after.priority, "type": after.type},
        reason=reason,
    )
