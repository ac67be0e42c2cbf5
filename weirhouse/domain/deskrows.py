# SPDX-License-Identifier: Apache-2.0
"""What every act of the desk needs: its audit line, and the checks that come before it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from weirhouse.domain.decision import AuditEntry
from weirhouse.domain.errors import IllegalTransition, InvalidValue, StaleFence, VersionConflict
from weirhouse.domain.incident import Assignment, Incident, Team
from weirhouse.domain.lifecycle import INCIDENT, IncidentState

ENDED: Final = frozenset({IncidentState.CLOSED, IncidentState.MERGED})


def audit(
    now: float,
    actor: str,
    action: str,
    row: Incident | Team | Assignment,
    before: object,
    after: object,
    reason: str = "",
) -> AuditEntry:
    """Return one audit line on a row: what `action` changed, from `before` to `after`."""
    kind = type(row).__name__.lower()
    return AuditEntry(
        at=now,
        actor=actor,
        action=action,
        entity=kind,
        entity_id=row.id,
        before={"state": before},
        after={"state": after},
        reason=reason,
    )


def check_decision(incident: Incident, expected: int | None) -> None:
    """Raise VersionConflict unless the person decided on the state that is (`If-Match`); None skips."""
    if expected is not None and expected != incident.decision_version:
        raise VersionConflict(f"incident {incident.id}", expected, incident.decision_version)


def check_fence(assignment: Assignment, fence: int | None) -> None:
    """Raise StaleFence when a late command carries an older token; None skips (the desk itself)."""
    if fence is not None and fence < assignment.fence:
        raise StaleFence(assignment.id, fence, assignment.fence)


def clock_text(at: float) -> str:
    """Return an instant as ISO 8601 in UTC, for messages."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def must_be_open(incident: Incident, wish: str) -> None:
    """Raise IllegalTransition for a closed or merged incident."""
    if incident.state in ENDED:
        possible = tuple(sorted(state.value for state in INCIDENT[incident.state]))
        raise IllegalTransition("incident", incident.state.value, wish, possible)


def must_say(path: str, text: str) -> None:
    """Raise InvalidValue when a reason or code that must be given is empty."""
    if not text.strip():
        raise InvalidValue(path, "must not be empty")
