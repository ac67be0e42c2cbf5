# SPDX-License-Identifier: Apache-2.0
"""Does the real worker follow what people merged and split, and lose or double nothing while they do it?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from tests.integration.streams.conftest import NewRoom
from tests.integration.streams.desk import incident_of, with_ledger
from tests.support.room import Room, middle, report
from weirhouse.clock import system_clock
from weirhouse.domain import joining, undoing
from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.errors import VersionConflict
from weirhouse.domain.incident import Incident
from weirhouse.domain.policy import NORMAL
from weirhouse.domain.report import Location, Point, Report
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.ledger.reconcile import reconcile
from weirhouse.ledger.verify import verify
from weirhouse.wire.topics import TOUCHED

FAR = 0.005
"""Degrees of longitude: some 360 m in these zones, too far apart to join by itself, near enough to be meant."""


@pytest.fixture(scope="module", params=["told", "untold"])
def tells(request: pytest.FixtureRequest) -> bool:
    """Whether `touched` reaches the worker; without it the ledger's compare must tell."""
    return bool(request.param == "told")


def here(key: str, zone: int, east: float = 0.0, **values: object) -> Report:
    point = Point(lat=50.01, lon=middle(zone) + east, accuracy_m=20.0)
    return report(key, zone, location=Location(point=point), **values)


Decide = Callable[[PostgresLedger, float], Awaitable[DeskWrite]]


def decide_and_write(room: Room, decide: Decide) -> DeskWrite:
    """Act as the desk does: read, decide, write, again when somebody was faster."""
    written: list[DeskWrite] = []

    async def work(ledger: PostgresLedger) -> None:
        for attempt in range(60):
            now = system_clock().timestamp()
            try:
                written.append(await ledger.desk.write(await decide(ledger, now), now))
                return
            except VersionConflict:
                await asyncio.sleep(0.01 * (attempt % 5))
        raise AssertionError("sixty conflicts")

    with_ledger(room, work)
    return written[0]


def merged(room: Room, *ids: str) -> Incident:
    async def decide(ledger: PostgresLedger, now: float) -> DeskWrite:
        rows = [await ledger.desk.incident(name) for name in ids]
        return joining.merge(rows, "ann", now, "one happening", NORMAL)

    kept = decide_and_write(room, decide).incident
    assert kept is not None
    return kept


def parted(room: Room, incident_id: str, *taken: str) -> str:
    async def decide(ledger: PostgresLedger, now: float) -> DeskWrite:
        row = await ledger.desk.incident(incident_id)
        rows, _ = await ledger.desk.reports_of(incident_id, "", 1000)
        return joining.split(row, [one.report for one in rows], taken, "ann", now, "another", NORMAL)

    return decide_and_write(room, decide).others[0].id


def apart(room: Room, incident_id: str) -> None:
    async def decide(ledger: PostgresLedger, now: float) -> DeskWrite:
        kept = await ledger.desk.incident(incident_id)
        _, names = undoing.last_act(kept, kept.id)
        parts = [await ledger.desk.incident(name) for name in names]
        rows, _ = await ledger.desk.reports_of(incident_id, "", 1000)
        own = undoing.others_told([(row.report, row.terms) for row in rows], names)
        return undoing.undo(kept, parts, "ann", now, "no", NORMAL, own=own)

    decide_and_write(room, decide)


def tell(room: Room) -> None:
    """Relay what stands in the outbox for the worker's memory."""
    for key, value in room.rows("select key, value from outbox where topic like '%%touched' order by id"):
        room.send(TOUCHED, key, bytes(value))
    room.flush()


def proved(room: Room) -> None:
    """Every proof holds."""

    async def work(ledger: PostgresLedger) -> None:
        assert (await verify(ledger.database)).differences == ()
        assert (await reconcile(ledger.database, drained=True)).holds

    with_ledger(room, work)


def test_after_a_merge_what_matches_joins_the_one_that_stays(room: Room, tells: bool) -> None:
    zone = 0 if tells else 1
    one, two = here(f"m1 {tells}", zone), here(f"m2 {tells}", zone, FAR)
    room.report(one)
    room.settled([one])
    room.report(two)
    room.settled([one, two])
    ids = incident_of(room, one.id), incident_of(room, two.id)
    assert ids[0] != ids[1], "they were to stay apart by themselves"
    kept = merged(room, *ids)
    if tells:
        tell(room)
    chosen = here(f"m3 {tells}", zone, 0.009, type="noise", words="a bar", joins=ids[1])
    near = here(f"m4 {tells}", zone, FAR)
    room.report(near, chosen)
    room.settled([near, chosen])
    assert {incident_of(room, each.id) for each in (one, two, near, chosen)} == {kept.id}
    assert room.one("select reports from incidents where incident_id = %s", kept.id) == 4
    apart(room, kept.id)
    if tells:
        tell(room)
    other = ids[1] if kept.id == ids[0] else ids[0]
    more = here(f"m5 {tells}", zone, FAR if other == ids[1] else 0.0)
    room.report(more)
    room.settled([more])
    assert incident_of(room, more.id) == other
    proved(room)


def test_after_a_split_each_keeps_its_own(new_room: NewRoom) -> None:
    room = new_room()
    worker = room.worker().ready()
    one, two, three = (here(f"s{n}", 2, reporter=f"{n:032x}") for n in (1, 2, 3))
    room.report(one)
    room.settled([one])
    room.report(two, three)
    room.settled([one, two, three])
    whole = incident_of(room, one.id)
    assert {incident_of(room, each.id) for each in (two, three)} == {whole}
    part = parted(room, whole, three.id)
    tell(room)
    redial = here("s3 again", 2, reporter=three.reporter)
    chosen = here("s4", 2, reporter="4" * 32, joins=part)
    room.report(three, redial, chosen)
    room.settled([redial, chosen])
    worker.stop()
    room.worker().ready()
    late = here("s2 again", 2, reporter=two.reporter)
    room.report(three, two, late)
    room.settled([late])
    assert {incident_of(room, each.id) for each in (three, redial, chosen)} == {part}
    assert {incident_of(room, each.id) for each in (one, two, late)} == {whole}
    counts = dict(room.rows("select replace(incident_id::text, '-', ''), reports from incidents"))
    assert counts == {whole: 3, part: 3}
    proved(room)


def test_people_merge_and_split_while_reports_pour_in(new_room: NewRoom) -> None:
    room = new_room()
    room.worker().ready()
    first, second = here("p1", 3), here("p2", 3, FAR)
    room.report(first)
    room.settled([first])
    room.report(second)
    room.settled([first, second])
    sent = [first, second]
    over = threading.Event()

    def pour() -> None:
        for n in range(300):
            each = here(f"pour {n}", 3, FAR * (n % 2), reporter=f"{n:032x}")
            sent.append(each)
            room.report(each)
        over.set()

    pouring = threading.Thread(target=pour, daemon=True)
    pouring.start()
    ids = incident_of(room, first.id), incident_of(room, second.id)
    kept = merged(room, *ids)
    tell(room)
    turns = 0
    while not over.is_set() or turns == 0:
        apart(room, kept.id)
        kept = merged(room, *ids)
        turns += 1
    pouring.join(60)
    room.settled(sent)
    room.conserved(sent)
    proved(room)
    standing = room.one("select sum(reports) from incidents where state <> 'merged'")
    assert standing == len(sent)
