# SPDX-License-Identifier: Apache-2.0
"""Inbox and outbox in memory."""

from __future__ import annotations

from collections.abc import Sequence

from weirhouse.domain.report import Lane
from weirhouse.ledger.memory.store import Store
from weirhouse.ledger.ports import Accept, Accepted, OutboxRow, ReportStatus
from weirhouse.wire.envelope import encode


class MemoryDoors:
    """`weirhouse.ledger.ports.Doors` in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def accept(self, items: Sequence[Accept]) -> list[Accepted]:
        """Keep all of them (see the port)."""
        return [self._accept(item) for item in items]

    def _accept(self, item: Accept) -> Accepted:
        report = item.report
        before = self._store.inbox.get(report.id)
        if before is not None:
            same = before[1] in (b"", item.body_sha256)
            return Accepted(report.id, "repeat", encode(before[0])) if same else Accepted(report.id, "mismatch")
        self._store.inbox[report.id] = (report, item.body_sha256)
        lane = Lane.LIFE if report.lane is Lane.LIFE else Lane.ORDINARY
        row = OutboxRow(topic=item.topic, key=report.zone, lane=lane, value=encode(report), trace=item.trace)
        self._store.outbox.append(row)
        return Accepted(report.id, "first")

    async def status(self, report_ids: Sequence[str]) -> list[ReportStatus]:
        """Return the statuses of those that are known."""
        found = []
        for report_id in report_ids:
            kept = self._store.kept.get(report_id)
            if kept is not None:
                incident = self._store.incidents.get(kept.incident_id)
                found.append(
                    ReportStatus(
                        report_id=report_id,
                        disposition=kept.kind,
                        incident_id=kept.incident_id,
                        incident_number=incident.number if incident is not None else 0,
                        zone=kept.zone,
                        score=kept.score,
                        terms=kept.terms,
                    )
                )
            elif report_id in self._store.inbox:
                zone = self._store.inbox[report_id][0].zone
                found.append(ReportStatus(report_id=report_id, disposition="in_flight", zone=zone))
        return found
