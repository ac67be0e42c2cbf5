# SPDX-License-Identifier: Apache-2.0
"""Ownership, loading and the slice transaction in memory: the same compares in the same order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from copy import deepcopy

import msgspec

from weirhouse.domain.incident import Incident
from weirhouse.domain.lifecycle import OPEN_INCIDENT
from weirhouse.domain.report import Lane
from weirhouse.ledger.memory.store import Kept, Store
from weirhouse.ledger.ports import (
    Committed,
    LedgerRefuses,
    NotOwner,
    OffsetsMoved,
    Repeated,
    SliceOutcome,
    SlicePlan,
    Stale,
)
from weirhouse.ledger.slicing import AGAIN, audit_of, written, zone_of

PAGE = 2_000


class MemorySlices:
    """`weirhouse.ledger.ports.Slices` in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def take(self, partition: int, worker: str, now: float) -> int:
        """Raise the partition's epoch."""
        self._store.owners[partition] = self._store.owners.get(partition, 0) + 1
        return self._store.owners[partition]

    async def offsets(self, cluster_id: str, topics: Sequence[str], partition: int) -> dict[str, int]:
        """Return the next offset of every topic that has one."""
        found = {topic: self._store.offsets.get((cluster_id, topic, partition)) for topic in topics}
        return {topic: offset for topic, offset in found.items() if offset is not None}

    async def zones_of(self, partition: int) -> list[tuple[str, int]]:
        """Return (zone, membership version) of the partition."""
        zones = sorted(zone for zone, place in self._store.partitions.items() if place == partition)
        return [(zone, self._store.memberships[zone]) for zone in zones]

    async def load(
        self, zones: Sequence[str], closed_since: float, life_first: bool = True
    ) -> AsyncIterator[list[Incident]]:
        """Stream open incidents and those closed since, life-safety first."""
        rows = [row for row in self._store.incidents.values() if row.zone in zones]
        life = [row for row in rows if row.state in OPEN_INCIDENT and row.lane is Lane.LIFE]
        others = [row for row in rows if row.state in OPEN_INCIDENT and row.lane is not Lane.LIFE]
        closed = [row for row in rows if row.state not in OPEN_INCIDENT and row.closed_at >= closed_since]
        for part in (life, others, closed) if life_first else (others, life, closed):
            for start in range(0, len(part), PAGE):
                yield deepcopy(part[start : start + PAGE])

    async def load_some(self, incident_ids: Sequence[str]) -> list[Incident]:
        """Return these rows as they are now."""
        found = (self._store.incident(incident_id) for incident_id in incident_ids)
        return [row for row in found if row is not None]

    async def commit_slice(self, plan: SlicePlan) -> SliceOutcome:
        """Run the slice (see the port)."""
        refused = self._compare(plan)
        return refused if refused is not None else self._write(plan)

    def _compare(self, plan: SlicePlan) -> SliceOutcome | None:
        store = self._store
        epoch = store.owners.get(plan.partition, 0)
        if epoch != plan.epoch or epoch == 0:
            return NotOwner(epoch)
        standing = {
            (s.topic, s.partition): store.offsets.get((plan.cluster_id, s.topic, s.partition)) for s in plan.offsets
        }
        if any(standing[s.topic, s.partition] not in (None, s.expected) for s in plan.offsets):
            return OffsetsMoved({place: offset for place, offset in standing.items() if offset is not None})
        ids = [d.report.id for d in plan.decided]
        if len(set(ids)) != len(ids):
            raise LedgerRefuses("one report stands twice in a slice")
        known = {d.report.id for d in plan.decided if not self._takes(d.report.id, d.disposition)}
        if known:
            return Repeated(frozenset(known))
        zones = {z for z, version in plan.memberships.items() if store.memberships.get(z) != version}
        stale = set()
        for write in plan.incidents:
            row = store.incidents.get(write.incident.id)
            if (row.version if row is not None else 0) != write.expected:
                stale.add(write.incident.id)
        return Stale(frozenset(stale), frozenset(zones)) if stale or zones else None

    def _takes(self, report_id: str, kind: str) -> bool:
        kept = self._store.kept.get(report_id)
        return kept is None or (kept.kind in AGAIN and kept.kind != kind)

    def _write(self, plan: SlicePlan) -> Committed:
        store, numbers = self._store, {}
        for step in plan.offsets:
            store.offsets[plan.cluster_id, step.topic, step.partition] = step.next
        for report, _ in plan.inbox:
            store.inbox.setdefault(report.id, (report, b""))
        for d in plan.decided:
            before = store.kept.get(d.report.id)
            store.kept[d.report.id] = Kept(
                report=before.report if before is not None else d.report,
                kind=d.disposition.value,
                incident_id=d.incident.id if d.incident is not None else "",
                zone=zone_of(d),
                score=d.score,
                terms=msgspec.json.encode(d.terms),
                own_line=d.own_line,
                decided_at=plan.now,
            )
        for report_id, times in plan.repeats.items():
            if report_id in store.kept:
                store.kept[report_id].repeats += times
        for write in plan.incidents:
            before_row = store.incidents.get(write.incident.id)
            number = before_row.number if before_row is not None else store.number()
            row = deepcopy(written(write, number))
            store.incidents[row.id] = row
            if write.expected == 0:
                numbers[row.id] = number
            trace = plan.traces.get(row.id, plan.trace)
            store.tell(row, row.zone, "life" if row.lane is Lane.LIFE else "ordinary", plan.now, trace)
        store.audit += audit_of(plan)
        store.outbox += plan.outbox
        return Committed(numbers)
