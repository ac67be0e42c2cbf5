# SPDX-License-Identifier: Apache-2.0
"""Rows to write: one city, reports, incidents, slices. `NOW` is some afternoon in 2026, in seconds UTC."""

from __future__ import annotations

from weirhouse.domain import ids
from weirhouse.domain.city import City, Place, Source, Zone
from weirhouse.domain.decision import AuditEntry, Decided
from weirhouse.domain.incident import Assignment, Gist, Incident, Team, Term
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.report import Disposition, Lane, Location, Point, Report
from weirhouse.domain.text import packed
from weirhouse.ledger.ports import Accept, IncidentWrite, OffsetStep, SlicePlan

NOW = 1_790_000_000.0
PARTITIONS = 4
TOPIC = "reports.ordinary"
CLUSTER = "cluster-1"
NORTH, SOUTH = "north", "south"

CITY = City(
    name_en="Demo",
    name_zh="示例",
    time_zone="UTC",
    bounds=(-72.0, 42.0, -70.0, 43.0),
    zones=[
        Zone(
            id=NORTH, name_en="North", name_zh="北", neighbours=(SOUTH,), rings=[[(0.0, 0.0), (1.0, 0.0), (0.0, 0.0)]]
        ),
        Zone(id=SOUTH, name_en="South", name_zh="南", neighbours=(NORTH,)),
    ],
    places=[Place(id="p1", name_en="School", name_zh="学校", kind="school", zone=NORTH, lat=42.3, lon=-71.0)],
    sources=[Source(id="app", name="App", sort="person"), Source(id="cam", name="Camera", sort="camera")],
    teams=[Team(id=f"t{n}", name_en=f"Team {n}", name_zh="队", kind="fire", zone=NORTH) for n in range(1, 4)],
)


def report(key: str, zone: str = NORTH, lane: Lane = Lane.ORDINARY, reporter: str = "", words: str = "water") -> Report:
    """Return the report that the app calls `key`."""
    return Report(
        id=ids.report_id("app", key),
        source="app",
        key=key,
        channel="app",
        zone=zone,
        lane=lane,
        type="flooding",
        words=words,
        location=Location(point=Point(42.3, -71.0), address="1 Harbour Road"),
        reporter=reporter,
        event_time=NOW - 10,
        received_at=NOW,
    )


def accept(one: Report, body: bytes = b"a") -> Accept:
    """Return what a door hands over."""
    return Accept(report=one, body_sha256=body * 32, topic=TOPIC)


def incident(one: Report, rank: float = 1.0, priority: int = 4, **values: object) -> Incident:
    """Return the incident that `one` opens."""
    row = Incident(
        id=ids.incident_id(one.id),
        zone=one.zone,
        type=one.type,
        priority=priority,
        rank=rank,
        lane=one.lane,
        lat=42.3,
        lon=-71.0,
        address="1 Harbour Road",
        opened_by=one.id,
        opened_at=one.received_at,
        first_at=one.event_time,
        last_at=one.event_time,
        summary=one.words,
        reasons=(Term("type", 2.5, "flooding"),),
        decision_version=1,
        gist=Gist(grams=packed([1, 2**31]), reporters=[2**40], folds={7: NOW}, episodes={"a|b": 3}),
    )
    for name, value in values.items():
        setattr(row, name, value)
    return row


def opening(one: Report, row: Incident) -> Decided:
    """Return the decision that opens `row`."""
    line = AuditEntry(at=NOW, actor="correlate", action="open", entity="incident", entity_id=row.id)
    return Decided(report=one, disposition=Disposition.OPENED, incident=row, terms=(Term("new", 1.0),), audit=(line,))


def joining(one: Report, row: Incident) -> Decided:
    """Return the decision that joins `one` to `row`."""
    return Decided(report=one, disposition=Disposition.JOINED, incident=row, score=0.5, terms=(Term("words", 0.5),))


def plan(epoch: int, partition: int, at: int, decided: list[Decided], writes: list[IncidentWrite]) -> SlicePlan:
    """Return a slice that moves one input from offset `at` by as many as it decides (at least one)."""
    step = OffsetStep(TOPIC, partition, at, at + max(1, len(decided)))
    return SlicePlan(
        cluster_id=CLUSTER,
        partition=partition,
        epoch=epoch,
        now=NOW,
        policy=1,
        offsets=[step],
        decided=decided,
        incidents=writes,
    )


def assignment(row: Incident, team: str, by: str = "lin", request: str = "1") -> Assignment:
    """Return a new assignment of `team` to `row`."""
    key = ids.assignment_id(row.id, team, request)
    return Assignment(id=key, incident_id=row.id, team_id=team, state="notified", by=by, at=NOW, version=0)


CLOSED = IncidentState.CLOSED
