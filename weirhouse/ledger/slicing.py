# SPDX-License-Identifier: Apache-2.0
"""What every adapter does with a slice's plan, wherever it keeps its rows."""

from __future__ import annotations

from typing import Final

import msgspec

from weirhouse.domain.decision import AuditEntry, Decided
from weirhouse.domain.incident import Incident
from weirhouse.domain.report import Disposition
from weirhouse.ledger.ports import IncidentWrite, SlicePlan

AGAIN: Final = frozenset({Disposition.MOVING, Disposition.DEFERRED, Disposition.SET_ASIDE})
"""Dispositions that put a report aside: it may be decided again, otherwise."""


def written(write: IncidentWrite, number: int = 0) -> Incident:
    """Return the row as it will stand: its version one above what it was decided on, its number known."""
    incident = write.incident
    number = number or incident.number
    if incident.version == write.expected + 1 and incident.number == number:
        return incident
    return msgspec.structs.replace(incident, version=write.expected + 1, number=number)


def zone_of(decided: Decided) -> str:
    """Return the zone a report lives in after the decision."""
    if decided.incident is not None:
        return decided.incident.zone
    return decided.forward_to or decided.report.zone


def audit_of(plan: SlicePlan) -> list[AuditEntry]:
    """Return the plan's audit and that of its decisions, each entry once."""
    entries = {id(entry): entry for d in plan.decided for entry in d.audit}
    entries.update((id(entry), entry) for entry in plan.audit)
    return list(entries.values())
