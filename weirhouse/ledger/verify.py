# SPDX-License-Identifier: Apache-2.0
"""Derive every incident row from dispositions, reports, assignments and audit, and compare the fields named here.

Not compared: the sketches, the place (a weighted mean) and the rank, which depend on the order of arrival.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import msgspec

from weirhouse.domain.decision import AuditEntry
from weirhouse.domain.ids import incident_id
from weirhouse.domain.incident import Incident
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.report import Report
from weirhouse.ledger.postgres.pool import Database
from weirhouse.ledger.postgres.rows import AUDIT_ENTRY, unpack
from weirhouse.ledger.queries import queries
from weirhouse.ledger.sequencer import broken_link

_SQL = queries("proofs")
PAGE: Final = 500
EXACT: Final = 64
"""Reporters and sources are counted exactly up to here; past it the row holds an estimate that never falls."""
CLOCK_S: Final = 1e-3
"""PostgreSQL keeps microseconds, a float of seconds a little less."""
_REPORT: Final = msgspec.json.Decoder(Report)
_OWNERSHIP: Final = ("claim", "release")
_FIRST: Final = "0" * 32


class Difference(msgspec.Struct, frozen=True):
    """One field of one incident that its history does not bear out."""

    incident_id: str
    number: int
    field: str
    stands: str
    derived: str


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """How many incidents were derived, what differs, and the first broken link of the audit's chain (0: none)."""

    incidents: int
    differences: tuple[Difference, ...]
    broken_link: int

    @property
    def holds(self) -> bool:
        """Whether every row is borne out."""
        return not self.differences and not self.broken_link


async def verify(database: Database, shown: int = 1_000) -> Verification:
    """Derive all incidents and compare; at most `shown` differences are named.

    Raises
    ------
    LedgerAway
    """
    after, count = _FIRST, 0
    found: list[Difference] = []
    while rows := await database.rows(_SQL["derived"], {"after": after, "limit": PAGE}):
        after = rows[-1][0]
        count += len(rows)
        audit: dict[str, list[AuditEntry]] = defaultdict(list)
        for entity_id, body in await database.rows(_SQL["audited"], {"ids": [row[0] for row in rows]}):
            audit[entity_id].append(AUDIT_ENTRY.decode(body))
        for row in rows:
            if len(found) < shown:
                found += _compare(row, audit[row[0]])
    return Verification(incidents=count, differences=tuple(found[:shown]), broken_link=await broken_link(database) or 0)


def _compare(row: Any, audit: list[AuditEntry]) -> list[Difference]:
    (key, number, zone, state, priority, reports, teams, body, told, sources, first_at, last_at, opened, bodies) = row[
        :14
    ]
    active, link_stands = row[14:]
    incident = unpack([body])[0]
    found: list[Difference] = []

    def same(field: str, stands: object, derived: object) -> None:
        if stands != derived:
            found.append(Difference(key, number, field, str(stands), str(derived)))

    same("id", key, incident.id)
    same("number", number, incident.number)
    for field, stands in (("zone", zone), ("state", state), ("priority", priority), ("teams", teams)):
        same(f"{field} (column and body)", stands, getattr(incident, field))
    same("reports", reports, told)
    same("teams", teams, active)
    same("merged_into", link_stands, True)
    same("merged_into (state)", bool(incident.merged_into), incident.state is IncidentState.MERGED)
    same("links", list(incident.gist.links), _linked(audit))
    if told:
        same("opened", opened, 1)
        same("opened_by", incident_id(incident.opened_by), key)
        _counts(same, incident, [_REPORT.decode(one) for one in bodies], sources)
        same("first_at", abs(incident.first_at - first_at) < CLOCK_S, True)
        same("last_at", incident.last_at > last_at - CLOCK_S, True)
    for field, derived in _audited(audit).items():
        same(f"{field} (audit)", str(getattr(incident, field)), derived)
    return found


def _counts(same: Any, incident: Incident, reports: list[Report], sources: int) -> None:
    if sources <= EXACT:
        same("sources", incident.sources, sources)
    reporters = len({report.reporter for report in reports if report.reporter})
    if reporters <= EXACT:
        same("reporters", incident.reporters, max(1, reporters))


def _linked(audit: list[AuditEntry]) -> list[str]:
    return [str(entry.after["linked"]) for entry in audit if entry.action == "link"]


def _audited(audit: list[AuditEntry]) -> dict[str, str]:
    """Return the last word of the audit on state, owner, type and priority, where it has one.

    A claim's line names owners, every other act's line states; the correlator's line names the field it changed.
    """
    last: dict[str, str] = {}
    for entry in audit:
        if "priority" in entry.after:
            last["priority"] = str(entry.after["priority"])
        if "type" in entry.after:
            last["type"] = str(entry.after["type"])
        if "reopened" in entry.after:
            last["state"], last["owner"] = str(entry.after["reopened"]), ""
        if "state" not in entry.after:
            continue
        if entry.action in _OWNERSHIP:
            last["owner"] = str(entry.after["state"])
            # A claim may take a new incident into triage; the line does not say, so what was said before is no word.
            last.pop("state", None)
        else:
            last["state"] = str(entry.after["state"])
            last.pop("owner", None)
    return last
