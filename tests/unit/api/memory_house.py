# SPDX-License-Identifier: Apache-2.0
"""The application on the ledger's in-memory double: no socket, no server, two zones, one open incident in `west`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx

from api.app import create_app
from api.doors.collector import Collector
from api.doors.keeping import Keeping
from api.doors.seal import Sealer
from api.doors.service import DoorService
from api.doors.standing import StandingCache
from api.house import House, build
from api.people import People
from api.security import Gate
from tests.integration.api.rooms import APP_KEY, SECRET, settings_of, small_city
from weirhouse.clock import system_clock
from weirhouse.domain import desk as rules
from weirhouse.domain.decision import Decided
from weirhouse.domain.gather import opened
from weirhouse.domain.ids import report_id
from weirhouse.domain.incident import Assignment, Incident
from weirhouse.domain.policy import Policy
from weirhouse.domain.probe import Probe
from weirhouse.domain.report import Disposition, Lane, Location, Point, Report
from weirhouse.ledger.memory import MemoryLedger
from weirhouse.ledger.memory.acts import active
from weirhouse.ledger.ports import Committed, IncidentWrite, SlicePlan
from weirhouse.wire.sealed import source_key_hash


class MemoryPeople(People):
    """`People` on the double."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._store = ledger.store

    async def sender_of(self, report_id: str) -> str:
        """Return the source of a report."""
        kept = self._store.kept.get(report_id)
        return kept.report.source if kept is not None else ""

    async def holder_of(self, team_id: str) -> tuple[str, str, str] | None:
        """Return who holds a team."""
        for row in self._store.assignments.values():
            if row.team_id == team_id and active(row):
                return row.id, row.incident_id, row.by
        return None


@dataclass
class World:
    """The application, an incident of zone `west` opened by source `app`, and the assignment of its team `t1`."""

    house: House
    http: httpx.AsyncClient
    incident: Incident
    other: Incident
    assignment: Assignment
    report_id: str

    def shows(self, role: str, subject: str = "ann", zones: tuple[str, ...] = ("*",)) -> dict[str, str]:
        """Return the header of somebody; sources show their key."""
        if role == "source":
            return {"Authorization": f"Source {APP_KEY}"}
        assert self.house.dev_issuer is not None
        return {"Authorization": f"Bearer {self.house.dev_issuer.mint(subject, (role,), zones)}"}


async def _house(ledger: MemoryLedger) -> House:
    now = system_clock().timestamp()
    await ledger.standing.apply_city(small_city(), 4, "test", now)
    await ledger.standing.set_source_key("app", source_key_hash(APP_KEY))
    settings = settings_of("postgresql://nowhere")
    plain = build(settings, system_clock)
    standing = StandingCache(ledger.standing)
    await standing.load()
    sealer = Sealer(SECRET.encode())
    life, ordinary = (Collector(ledger.doors, lane, 2, 1.0, plain.metrics) for lane in ("life", "ordinary"))
    keeping = Keeping(life, ordinary, plain.lifeboat, plain.metrics)
    doors = DoorService(settings, standing, sealer, keeping, plain.metrics, plain.tracing, system_clock)
    return replace(
        plain, desk=ledger.desk, statuses=ledger.doors, standing=standing, standing_port=ledger.standing,
        keeping=keeping, doors=doors, gate=Gate(plain.tokens, plain.sessions, standing, system_clock),
        people=MemoryPeople(ledger),
    )  # fmt: skip


async def _open(ledger: MemoryLedger, key: str, lon: float) -> Incident:
    now = system_clock().timestamp()
    told = Report(
        id=report_id("app", key), source="app", key=key, channel="app", zone="west", lane=Lane.ORDINARY, type="fire",
        words="smoke from a roof", location=Location(Point(10.05, lon, 20.0)), event_time=now, received_at=now,
    )  # fmt: skip
    row = opened(Probe(told), Policy())
    epoch = await ledger.slices.take(0, "test", now)
    plan = SlicePlan(
        cluster_id="c", partition=0, epoch=epoch, now=now, policy=1, offsets=[],
        decided=[Decided(report=told, disposition=Disposition.OPENED, incident=row)],
        incidents=[IncidentWrite(row, 0)],
    )  # fmt: skip
    assert isinstance(await ledger.slices.commit_slice(plan), Committed)
    return await ledger.desk.incident(row.id)


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """Open the application with its rows."""
    ledger = MemoryLedger()
    house = await _house(ledger)
    incident, other = await _open(ledger, "1", 10.05), await _open(ledger, "2", 10.08)
    now = system_clock().timestamp()
    sent = rules.assign(incident, [await ledger.desk.team("t1")], "ann", now, "k", "near")
    written = await ledger.desk.write(sent, now)
    app = create_app(house.settings, system_clock, house)
    transport = httpx.ASGITransport(app=app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as http:
            yield World(house, http, incident, other, written.assignments[0], report_id("app", "1"))
    finally:
        await house.http.aclose()
