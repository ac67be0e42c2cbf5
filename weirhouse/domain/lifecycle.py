# SPDX-License-Identifier: Apache-2.0
"""The life cycles, one table each; a step that no table knows raises `IllegalTransition`."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from weirhouse.domain.errors import IllegalTransition


class IncidentState(StrEnum):
    """States of an incident (事件)."""

    NEW = "new"
    TRIAGED = "triaged"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    VERIFIED = "verified"
    CLOSED = "closed"
    DEFERRED = "deferred"
    REFERRED = "referred"
    UNOWNED = "unowned"
    MERGED = "merged"


class TeamState(StrEnum):
    """States of a team (处置力量)."""

    AVAILABLE = "available"
    RESERVED = "reserved"
    NOTIFIED = "notified"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    TRANSPORTING = "transporting"
    RETURNING = "returning"
    OFF_DUTY = "off_duty"
    OUT_OF_CONTACT = "out_of_contact"
    DISTRESS = "distress"


class AssignmentState(StrEnum):
    """States of an assignment (派单)."""

    PROPOSED = "proposed"
    RESERVED = "reserved"
    NOTIFIED = "notified"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    CLEARED = "cleared"
    STOOD_DOWN = "stood_down"
    DIVERTED = "diverted"
    EXPIRED = "expired"


class DeadlineState(StrEnum):
    """States of a deadline (时限)."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    WAIVED = "waived"


_I, _T, _A, _D = IncidentState, TeamState, AssignmentState, DeadlineState

OPEN_INCIDENT = frozenset(
    {
        _I.NEW,
        _I.TRIAGED,
        _I.ASSIGNED,
        _I.IN_PROGRESS,
        _I.RESOLVED,
        _I.VERIFIED,
        _I.DEFERRED,
        _I.REFERRED,
        _I.UNOWNED,
    }
)
"""States in which an incident still stands in a queue (resolved waits for its verification)."""

ACTIVE_ASSIGNMENT = frozenset({_A.RESERVED, _A.NOTIFIED, _A.ACCEPTED, _A.EN_ROUTE, _A.ON_SCENE})
"""States that hold the team: at most one a team, by a unique index in the ledger."""

_WORKABLE = frozenset({_I.TRIAGED, _I.ASSIGNED, _I.DEFERRED, _I.REFERRED, _I.UNOWNED, _I.MERGED, _I.CLOSED})

INCIDENT: dict[IncidentState, frozenset[IncidentState]] = {
    _I.NEW: _WORKABLE | {_I.IN_PROGRESS},
    _I.TRIAGED: (_WORKABLE | {_I.IN_PROGRESS}) - {_I.TRIAGED},
    _I.ASSIGNED: frozenset({_I.TRIAGED, _I.IN_PROGRESS, _I.RESOLVED, _I.MERGED, _I.CLOSED}),
    _I.IN_PROGRESS: frozenset({_I.TRIAGED, _I.ASSIGNED, _I.RESOLVED, _I.MERGED, _I.CLOSED}),
    _I.RESOLVED: frozenset({_I.VERIFIED, _I.CLOSED, _I.TRIAGED, _I.ASSIGNED, _I.MERGED}),
    _I.VERIFIED: frozenset({_I.CLOSED, _I.TRIAGED, _I.MERGED}),
    _I.CLOSED: frozenset({_I.TRIAGED}),
    _I.DEFERRED: frozenset({_I.TRIAGED, _I.ASSIGNED, _I.CLOSED, _I.MERGED}),
    _I.REFERRED: frozenset({_I.TRIAGED, _I.CLOSED, _I.MERGED}),
    _I.UNOWNED: frozenset({_I.TRIAGED, _I.ASSIGNED, _I.CLOSED, _I.MERGED, _I.REFERRED}),
    # Undoing the merge gives the state back; splitting a part off leads to triaged.
    _I.MERGED: OPEN_INCIDENT,
}

_ANY_DUTY = frozenset({_T.DISTRESS, _T.OUT_OF_CONTACT})

TEAM: dict[TeamState, frozenset[TeamState]] = {
    _T.AVAILABLE: frozenset({_T.RESERVED, _T.OFF_DUTY}) | _ANY_DUTY,
    _T.RESERVED: frozenset({_T.NOTIFIED, _T.EN_ROUTE, _T.ON_SCENE, _T.AVAILABLE}) | _ANY_DUTY,
    _T.NOTIFIED: frozenset({_T.EN_ROUTE, _T.ON_SCENE, _T.AVAILABLE}) | _ANY_DUTY,
    _T.EN_ROUTE: frozenset({_T.ON_SCENE, _T.RETURNING, _T.AVAILABLE}) | _ANY_DUTY,
    _T.ON_SCENE: frozenset({_T.TRANSPORTING, _T.RETURNING, _T.AVAILABLE}) | _ANY_DUTY,
    _T.TRANSPORTING: frozenset({_T.RETURNING, _T.AVAILABLE}) | _ANY_DUTY,
    _T.RETURNING: frozenset({_T.AVAILABLE, _T.RESERVED}) | _ANY_DUTY,
    _T.OFF_DUTY: frozenset({_T.AVAILABLE, _T.DISTRESS}),
    _T.OUT_OF_CONTACT: frozenset({_T.AVAILABLE, _T.EN_ROUTE, _T.ON_SCENE, _T.OFF_DUTY, _T.DISTRESS}),
    _T.DISTRESS: frozenset({_T.AVAILABLE, _T.ON_SCENE, _T.OFF_DUTY}),
}

_LEAVE = frozenset({_A.STOOD_DOWN, _A.DIVERTED})

ASSIGNMENT: dict[AssignmentState, frozenset[AssignmentState]] = {
    _A.PROPOSED: frozenset({_A.RESERVED, _A.EXPIRED}) | _LEAVE,
    _A.RESERVED: frozenset({_A.NOTIFIED, _A.ACCEPTED, _A.DECLINED, _A.EXPIRED}) | _LEAVE,
    _A.NOTIFIED: frozenset({_A.ACCEPTED, _A.DECLINED, _A.EXPIRED}) | _LEAVE,
    _A.ACCEPTED: frozenset({_A.EN_ROUTE, _A.ON_SCENE, _A.DECLINED, _A.EXPIRED}) | _LEAVE,
    _A.DECLINED: frozenset(),
    _A.EN_ROUTE: frozenset({_A.ON_SCENE, _A.CLEARED}) | _LEAVE,
    _A.ON_SCENE: frozenset({_A.CLEARED}) | _LEAVE,
    _A.CLEARED: frozenset(),
    _A.STOOD_DOWN: frozenset(),
    _A.DIVERTED: frozenset(),
    _A.EXPIRED: frozenset(),
}

DEADLINE: dict[DeadlineState, frozenset[DeadlineState]] = {
    _D.RUNNING: frozenset({_D.PAUSED, _D.MET, _D.MISSED, _D.WAIVED}),
    # Nothing is missed while the clock stands.
    _D.PAUSED: frozenset({_D.RUNNING, _D.MET, _D.WAIVED}),
    _D.MET: frozenset(),
    _D.MISSED: frozenset({_D.WAIVED}),
    _D.WAIVED: frozenset(),
}

S = TypeVar("S", IncidentState, TeamState, AssignmentState, DeadlineState)


def step(what: str, table: dict[S, frozenset[S]], state: S, wish: S) -> S:
    """Return `wish` if `table` allows it from `state`.

    Raises
    ------
    IllegalTransition
        Naming `what`, the state, the wish and what is possible.
    """
    if wish in table[state]:
        return wish
    raise IllegalTransition(what, state.value, wish.value, tuple(sorted(s.value for s in table[state])))
