# SPDX-License-Identifier: Apache-2.0
"""Does a slice commit all or nothing, and name the compare that failed?"""

from __future__ import annotations

from copy import deepcopy

import msgspec
import pytest

from tests.contract.ledger.conftest import Ledger, Worker, hire
from tests.contract.ledger.examples import (
    CLOSED,
    CLUSTER,
    NORTH,
    NOW,
    TOPIC,
    accept,
    incident,
    joining,
    opening,
    plan,
    report,
)
from weirhouse.domain.decision import Decided, DeskWrite
from weirhouse.domain.report import Disposition, Lane
from weirhouse.ledger.ports import (
    Committed,
    IncidentWrite,
    LedgerRefuses,
    NotOwner,
    OffsetsMoved,
    OutboxRow,
    Repeated,
    Stale,
)


async def test_what_is_written_is_read_back_whole(ledger: Ledger, worker: Worker) -> None:
    row = incident(report("1"), flags=("border",), claim_until=NOW + 0.25, reporters=3)
    outcome = await worker.commit(
        plan(worker.epoch, worker.partition, 0, [opening(report("1"), row)], [IncidentWrite(row, 0)])
    )
    assert isinstance(outcome, Committed)
    assert set(outcome.numbers) == {row.id}
    (stored,) = await ledger.slices.load_some([row.id])
    assert stored == msgspec.structs.replace(row, version=1, number=outcome.numbers[row.id])
    assert await ledger.slices.offsets(CLUSTER, [TOPIC, "other"], worker.partition) == {TOPIC: 1}
    assert (f"{'incidents'}", row.id) in await ledger.outbox()


async def test_a_repeat_rolls_everything_back(ledger: Ledger, worker: Worker) -> None:
    await worker.open("1")
    row = incident(report("2"))
    decided = [opening(report("2"), row), opening(report("1"), incident(report("1")))]
    outcome = await worker.commit(plan(worker.epoch, worker.partition, 1, decided, [IncidentWrite(row, 0)]))
    assert outcome == Repeated(frozenset({report("1").id}))
    assert await ledger.slices.load_some([row.id]) == []
    assert await ledger.slices.offsets(CLUSTER, [TOPIC], worker.partition) == {TOPIC: 1}


async def test_repeats_are_counted(ledger: Ledger, worker: Worker) -> None:
    (row,) = await worker.open("1")
    again = plan(worker.epoch, worker.partition, 1, [], [])
    again.repeats = {report("1").id: 4}
    assert isinstance(await worker.commit(again), Committed)
    (shown,), _ = await ledger.desk.reports_of(row.id, "", 10)
    assert shown.repeats == 5


async def test_a_row_that_changed_is_stale(ledger: Ledger, worker: Worker) -> None:
    (row,) = await worker.open("1")
    joined = msgspec.structs.replace(row, reports=2)
    decided = [joining(report("2"), joined)]
    outcome = await worker.commit(plan(worker.epoch, worker.partition, 1, decided, [IncidentWrite(joined, 7)]))
    assert outcome == Stale(frozenset({row.id}), frozenset())
    good = plan(worker.epoch, worker.partition, 1, decided, [IncidentWrite(joined, 1)])
    assert isinstance(await worker.commit(good), Committed)
    (stored,) = await ledger.slices.load_some([row.id])
    assert (stored.version, stored.reports, stored.number) == (2, 2, row.number)


async def test_a_join_in_the_moment_of_the_close_is_stale(ledger: Ledger, worker: Worker) -> None:
    (row,) = await worker.open("1")
    seen = deepcopy(row)
    row.state, row.closed_at, row.closing_code = CLOSED, NOW, "done"
    await ledger.desk.write(DeskWrite(incident=row), NOW)
    seen.reports = 2
    decided = [joining(report("2"), seen)]
    outcome = await worker.commit(plan(worker.epoch, worker.partition, 1, decided, [IncidentWrite(seen, 1)]))
    assert outcome == Stale(frozenset({row.id}), frozenset())
    assert (await ledger.desk.incident(row.id)).state is CLOSED


async def test_an_incident_that_opens_twice_is_stale(worker: Worker) -> None:
    (row,) = await worker.open("1")
    other = Decided(report=report("2"), disposition=Disposition.OPENED, incident=row)
    outcome = await worker.commit(plan(worker.epoch, worker.partition, 1, [other], [IncidentWrite(row, 0)]))
    assert outcome == Stale(frozenset({row.id}), frozenset())


async def test_the_desk_may_not_slip_an_incident_in(ledger: Ledger, worker: Worker) -> None:
    made = plan(worker.epoch, worker.partition, 0, [], [])
    made.memberships = dict(await ledger.slices.zones_of(worker.partition))
    await ledger.desk.write(DeskWrite(membership=(NORTH,)), NOW)
    assert await worker.commit(made) == Stale(frozenset(), frozenset({NORTH}))
    made.memberships = dict(await ledger.slices.zones_of(worker.partition))
    assert isinstance(await worker.commit(made), Committed)


async def test_offsets_that_moved_are_told(worker: Worker) -> None:
    await worker.open("1", "2")
    outcome = await worker.commit(plan(worker.epoch, worker.partition, 1, [], []))
    assert outcome == OffsetsMoved({(TOPIC, worker.partition): 2})


async def test_a_taken_partition_stops_the_old_owner(ledger: Ledger, worker: Worker) -> None:
    newer = await hire(ledger.slices)
    assert newer.epoch == worker.epoch + 1
    assert await worker.commit(plan(worker.epoch, worker.partition, 0, [], [])) == NotOwner(newer.epoch)
    assert isinstance(await newer.commit(plan(newer.epoch, newer.partition, 0, [], [])), Committed)


@pytest.mark.parametrize("aside", [Disposition.MOVING, Disposition.SET_ASIDE])
async def test_what_was_put_aside_is_decided_once_more(ledger: Ledger, worker: Worker, aside: Disposition) -> None:
    one = report("1")
    first = Decided(report=one, disposition=aside, forward_to="south" if aside is Disposition.MOVING else "")
    assert isinstance(await worker.commit(plan(worker.epoch, worker.partition, 0, [first], [])), Committed)
    assert await worker.commit(plan(worker.epoch, worker.partition, 1, [first], [])) == Repeated(frozenset({one.id}))
    assert [s.disposition for s in await ledger.doors.status([one.id])] == [aside.value]
    await worker.open("1")
    assert [s.disposition for s in await ledger.doors.status([one.id])] == ["opened"]
    second = await worker.commit(plan(worker.epoch, worker.partition, 2, [opening(one, incident(one))], []))
    assert second == Repeated(frozenset({one.id}))


async def test_one_report_twice_in_a_slice_is_our_fault(worker: Worker) -> None:
    row = incident(report("1"))
    twice = [opening(report("1"), row), opening(report("1"), row)]
    with pytest.raises(LedgerRefuses):
        await worker.commit(plan(worker.epoch, worker.partition, 0, twice, [IncidentWrite(row, 0)]))


async def test_reports_past_the_ledger_reach_the_inbox(ledger: Ledger, worker: Worker) -> None:
    made = plan(worker.epoch, worker.partition, 0, [], [])
    made.inbox, made.sealed = [(report("1"), b"{}")], {report("1").id: b"box"}
    made.outbox = [OutboxRow(topic="crossings", key="south", lane=Lane.ORDINARY, value=b"{}")]
    assert isinstance(await worker.commit(made), Committed)
    assert [s.disposition for s in await ledger.doors.status([report("1").id])] == ["in_flight"]
    # What the door's body was is not known then: a repeat is a repeat, whatever its hash.
    assert [a.outcome for a in await ledger.doors.accept([accept(report("1"))])] == ["repeat"]
    assert await ledger.outbox() == [("crossings", "south")]


async def test_loading_gives_life_first_and_the_lately_closed(ledger: Ledger, worker: Worker) -> None:
    rows = await worker.open("1", "2", "3", "4")
    for row, change in zip(rows, ("life", "open", "closed", "old"), strict=True):
        if change == "life":
            row.lane = Lane.LIFE
        if change in ("closed", "old"):
            row.state, row.closed_at = CLOSED, NOW if change == "closed" else NOW - 1_000
        await ledger.desk.write(DeskWrite(incident=row), NOW)
    loaded = [row async for page in ledger.slices.load([NORTH], NOW - 1) for row in page]
    assert [row.id for row in loaded] == [rows[0].id, rows[1].id, rows[2].id]
    assert [row async for page in ledger.slices.load(["nowhere"], 0) for row in page] == []


async def test_an_exercise_does_not_leave_the_house(ledger: Ledger, worker: Worker) -> None:
    await worker.open("1", exercise=True)
    assert await ledger.outbox() == []
    await ledger.number()
    assert (await ledger.feed.head())[1] == 1
