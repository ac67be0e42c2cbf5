# SPDX-License-Identifier: Apache-2.0
"""The rows of the in-memory ledger, shared by its ports. One event loop, no awaits inside a write: each is atomic."""

from __future__ import annotations

import asyncio
import secrets
from copy import deepcopy

import msgspec

from weirhouse.domain.city import City, Place, Source, Zone
from weirhouse.domain.decision import AuditEntry
from weirhouse.domain.incident import Assignment, Incident, Team
from weirhouse.domain.report import Lane, Report
from weirhouse.ledger.ports import Change, OutboxRow
from weirhouse.wire.topics import INCIDENTS
from weirhouse.wire.views import record_json, view_json


class Kept(msgspec.Struct, kw_only=True):
    """A decided report: its disposition beside what it said."""

    report: Report
    kind: str
    incident_id: str
    zone: str
    score: float
    terms: bytes
    own_line: bool
    decided_at: float
    repeats: int = 1


class Store:
    """Everything the ledger holds."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.epoch = secrets.token_hex(16)
        self.inbox: dict[str, tuple[Report, bytes]] = {}
        self.outbox: list[OutboxRow] = []
        self.kept: dict[str, Kept] = {}
        self.incidents: dict[str, Incident] = {}
        self.numbers = 0
        self.teams: dict[str, Team] = {}
        self.assignments: dict[str, Assignment] = {}
        self.changes: list[Change] = []
        self.audit: list[AuditEntry] = []
        self.offsets: dict[tuple[str, str, int], int] = {}
        self.owners: dict[int, int] = {}
        self.memberships: dict[str, int] = {}
        self.partitions: dict[str, int] = {}
        self.partition_count = 0
        self.zones: dict[str, Zone] = {}
        self.places: dict[str, Place] = {}
        self.sources: dict[str, Source] = {}
        self.source_keys: dict[bytes, str] = {}
        self.city: City | None = None
        self.keys: dict[tuple[str, str], tuple[bytes, float, bytes | None]] = {}
        self.news = asyncio.Event()

    def number(self) -> int:
        """Draw the next speakable number."""
        self.numbers += 1
        return self.numbers

    def incident(self, incident_id: str) -> Incident | None:
        """Return a copy of the row, as a reader of a database gets one."""
        row = self.incidents.get(incident_id)
        return deepcopy(row) if row is not None else None

    def tell(self, row: Incident | Team | Assignment, zone: str, lane: str, at: float, trace: str) -> None:
        """Number a change at once: here every write has committed when it is told."""
        change = Change(
            seq=len(self.changes) + 1,
            kind=type(row).__name__.lower(),
            entity=row.id,
            version=row.version,
            zone=zone,
            lane=lane,
            at=at,
            trace=trace,
            body=view_json(row),
        )
        self.changes.append(change)
        if isinstance(row, Incident) and not row.exercise:
            topic = f"{self.prefix}{INCIDENTS.name}"
            self.outbox.append(OutboxRow(topic=topic, key=row.id, lane=Lane(lane), value=record_json(row), trace=trace))
        self.news.set()
        self.news = asyncio.Event()
