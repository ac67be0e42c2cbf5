# SPDX-License-Identifier: Apache-2.0
"""Does the desk read what stands, and write only on what it read?"""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from tests.contract.ledger.conftest import Ledger, Worker
from tests.contract.ledger.examples import CLOSED, NORTH, NOW, assignment, joining, plan, report
from weirhouse.domain.decision import AuditEntry, DeskWrite
from weirhouse.domain.errors import InvalidValue, NotFound, TeamTaken, VersionConflict
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.ledger.keyed import Answer
from weirhouse.ledger.ports import IncidentWrite, KeyInFlight, KeyMismatch, QueueFilter

ALL = QueueFilter()


async def test_pages_are_by_rank_and_whole(ledger: Ledger, worker: Worker) -> None:
    rows = []
    for n in range(7):
        rows += await worker.open(f"{n}", rank=float(n // 2))
    wanted = sorted(rows, key=lambda row: (-row.rank, row.id))
    for zones in ((), (NORTH,), ("south", NORTH)):
        seen, cursor = [], ""
        while True:
            page = await ledger.desk.queue(QueueFilter(zones=zones), cursor, 3)
            assert page.total == 7
            seen += page.items
            cursor = page.cursor
            if not cursor:
                break
        assert seen == wanted
    with pytest.raises(InvalidValue):
        await ledger.desk.queue(ALL, "no cursor", 3)


async def test_filters_filter(ledger: Ledger, worker: Worker) -> None:
    (fire,) = await worker.open("1", type="fire", priority=1, summary="Kitchen 100% on fire", exercise=True)
    (water,) = await worker.open("2", lat=42.9, lon=-70.5, address="9 Mill_Lane")
    (done,) = await worker.open("3")
    done.state, done.closed_at = CLOSED, NOW
    await ledger.desk.write(DeskWrite(incident=done), NOW)

    async def ids(**wanted: object) -> set[str]:
        return {row.id for row in (await ledger.desk.queue(QueueFilter(**wanted), "", 10)).items}  # type: ignore[arg-type]

    assert await ids() == {fire.id, water.id}
    assert await ids(open_only=False) == {fire.id, water.id, done.id}
    assert await ids(open_only=False, states=("closed",)) == {done.id}
    assert await ids(priorities=(1, 2)) == {fire.id}
    assert await ids(types=("fire",), zones=(NORTH,)) == {fire.id}
    assert await ids(words="100% ON") == {fire.id}
    assert await ids(words="mill_l") == {water.id}
    assert await ids(words="millxl") == set()
    assert await ids(number=water.number) == {water.id}
    assert await ids(exercise=False) == {water.id}
    assert await ids(box=(-71.0, 42.0, -70.0, 43.0), exercise=False) == {water.id}
    assert await ids(zones=("south",)) == set()


async def test_one_incident_its_reports_and_history(ledger: Ledger, worker: Worker) -> None:
    (row,) = await worker.open("1")
    row.reports = 2
    await worker.commit(plan(worker.epoch, worker.partition, 1, [joining(report("2"), row)], [IncidentWrite(row, 1)]))
    assert (await ledger.desk.incident(row.id)).reports == 2
    assert (await ledger.desk.incident_by_number(row.number)).id == row.id
    first, cursor = await ledger.desk.reports_of(row.id, "", 1)
    rest, end = await ledger.desk.reports_of(row.id, cursor, 5)
    assert {r.report.id: r.disposition for r in (*first, *rest)} == {report("1").id: "opened", report("2").id: "joined"}
    assert end == ""
    assert [line.action for line in await ledger.desk.history_of("incident", row.id, 5)] == ["open"]
    for key in ("f" * 32, "no id", "'"):
        with pytest.raises(NotFound):
            await ledger.desk.incident(key)
    with pytest.raises(NotFound):
        await ledger.desk.incident_by_number(999)


async def test_near_is_by_distance(ledger: Ledger, worker: Worker) -> None:
    far = (await worker.open("1", lat=42.3200, lon=-71.0))[0]
    close = (await worker.open("2", lat=42.3009, lon=-71.0))[0]
    mid = (await worker.open("3", lat=42.3000, lon=-71.012))[0]
    await worker.open("4", lat=None, lon=None)
    assert [r.id for r in await ledger.desk.near(42.3, -71.0, 1_500, 9)] == [close.id, mid.id]
    assert [r.id for r in await ledger.desk.near(42.3, -71.0, 5_000, 9)] == [close.id, mid.id, far.id]
    assert [r.id for r in await ledger.desk.near(42.3, -71.0, 5_000, 1)] == [close.id]
    own = sorted({close.zone, mid.zone, far.zone})
    assert [r.id for r in await ledger.desk.near(42.3, -71.0, 5_000, 9, own)] == [close.id, mid.id, far.id]
    assert await ledger.desk.near(42.3, -71.0, 5_000, 9, ["elsewhere"]) == []


async def test_a_write_raises_versions_and_tells_everybody(ledger: Ledger, worker: Worker) -> None:
    (row,) = await worker.open("1")
    before = len(await ledger.outbox())
    row.state, row.teams, row.decision_version = IncidentState.ASSIGNED, 1, 2
    line = AuditEntry(
        at=NOW, actor="lin", action="assign", entity="incident", entity_id=row.id, after={"state": "assigned"}
    )
    team = await ledger.desk.team("t1")
    team.state = "notified"
    done = await ledger.desk.write(
        DeskWrite(incident=row, teams=(team,), assignments=(assignment(row, "t1"),), audit=(line,)), NOW, "00-trace"
    )
    assert done.incident is not None
    assert (done.incident.version, done.teams[0].version, done.assignments[0].version) == (2, 2, 1)
    assert await ledger.desk.assignments_of(row.id) == list(done.assignments)
    assert await ledger.desk.assignment(done.assignments[0].id) == done.assignments[0]
    assert [t.id for t in await ledger.desk.teams(states=("notified",))] == ["t1"]
    topics = sorted((await ledger.outbox())[before:])
    assert topics == sorted([("incidents", row.id), ("dispatches", "t1"), ("touched", NORTH)])
    await ledger.number()
    news = await ledger.feed.after(1, 10)
    assert sorted(change.kind for change in news) == ["assignment", "incident", "team"]
    with pytest.raises(VersionConflict):
        await ledger.desk.write(DeskWrite(incident=row), NOW)


async def test_the_first_has_the_team_and_the_second_is_told(ledger: Ledger, worker: Worker) -> None:
    rows = await worker.open("1", "2")
    held = assignment(rows[0], "t1", by="lin")
    await ledger.desk.write(DeskWrite(assignments=(held,)), NOW)
    with pytest.raises(TeamTaken) as refused:
        await ledger.desk.write(DeskWrite(assignments=(assignment(rows[1], "t1", by="wang"),)), NOW)
    assert (refused.value.assignment_id, refused.value.by) == (held.id, "lin")
    freed = await ledger.desk.assignment(held.id)
    freed.state = "stood_down"
    await ledger.desk.write(DeskWrite(assignments=(freed,)), NOW)
    await ledger.desk.write(DeskWrite(assignments=(assignment(rows[1], "t1", by="wang"),)), NOW)


async def test_two_dispatchers_at_one_moment(ledger: Ledger, worker: Worker) -> None:
    rows = await worker.open("1", "2")
    for turn in range(20):
        team = await ledger.desk.team("t1")

        async def send(index: int, by: str, turn: int = turn, version: int = team.version) -> str:
            mine = await ledger.desk.team("t1")
            mine.version, mine.state = version, "notified"
            new = assignment(rows[index], "t1", by=by, request=f"{turn}")
            try:
                done = await ledger.desk.write(DeskWrite(teams=(mine,), assignments=(new,)), NOW)
            except TeamTaken as taken:
                return f"taken by {taken.by}"
            return done.assignments[0].id

        answers = await asyncio.gather(send(0, "lin"), send(1, "wang"))
        assert sum(answer.startswith("taken by") for answer in answers) == 1, answers
        won = next(answer for answer in answers if not answer.startswith("taken by"))
        held = await ledger.desk.assignment(won)
        assert f"taken by {held.by}" in answers
        held.state = "cleared"
        await ledger.desk.write(DeskWrite(assignments=(held,)), NOW)


async def test_unknown_rows_are_not_found(ledger: Ledger, worker: Worker) -> None:
    (row,) = await worker.open("1")
    with pytest.raises(NotFound):
        await ledger.desk.team("t9")
    with pytest.raises(NotFound):
        await ledger.desk.assignment("0" * 32)
    ghost = assignment(row, "t1")
    ghost.incident_id = "0" * 32
    with pytest.raises(NotFound):
        await ledger.desk.write(DeskWrite(assignments=(ghost,)), NOW)


async def test_an_idempotency_key_answers_once(ledger: Ledger) -> None:
    desk = ledger.desk
    assert await desk.begin_idempotent("lin", "k", b"a", NOW) is None
    with pytest.raises(KeyInFlight):
        await desk.begin_idempotent("lin", "k", b"a", NOW + 1)
    with pytest.raises(KeyMismatch):
        await desk.begin_idempotent("lin", "k", b"b", NOW + 1)
    assert await desk.begin_idempotent("wang", "k", b"b", NOW) is None
    await desk.write(DeskWrite(), NOW, answer=Answer("lin", "k", lambda done: b'{"x":1}'))
    assert await desk.begin_idempotent("lin", "k", b"a", NOW + 2) == b'{"status":200,"answer":{"x":1}}'
    await desk.drop_idempotent("wang", "k")
    assert await desk.begin_idempotent("wang", "k", b"c", NOW) is None


async def test_a_key_whose_holder_died_is_taken_over_after_a_minute(ledger: Ledger) -> None:
    desk = ledger.desk
    assert await desk.begin_idempotent("lin", "k", b"a", NOW) is None
    with pytest.raises(KeyInFlight):
        await desk.begin_idempotent("lin", "k", b"a", NOW + 60)
    with pytest.raises(KeyMismatch):
        await desk.begin_idempotent("lin", "k", b"b", NOW + 61)
    assert await desk.begin_idempotent("lin", "k", b"a", NOW + 61) is None
    with pytest.raises(KeyInFlight):
        await desk.begin_idempotent("lin", "k", b"a", NOW + 100)
    await desk.write(DeskWrite(), NOW, answer=Answer("lin", "k", lambda done: b'{"x":1}'))
    assert await desk.begin_idempotent("lin", "k", b"a", NOW + 1000) == b'{"status":200,"answer":{"x":1}}'


async def test_an_act_and_its_answer_stand_or_fall_together(ledger: Ledger, worker: Worker) -> None:
    desk = ledger.desk
    (row,) = await worker.open("1")
    row.owner = "lin"
    answer = Answer("lin", "k", lambda done: b'{"version":%d}' % (done.incident.version if done.incident else 0))
    with pytest.raises(KeyInFlight):
        await desk.write(DeskWrite(incident=row), NOW, answer=answer)
    assert (await desk.incident(row.id)).version == row.version, "a key that nobody has taken: nothing is written"

    assert await desk.begin_idempotent("lin", "k", b"a", NOW) is None
    stale = msgspec.structs.replace(row, version=row.version + 5)
    with pytest.raises(VersionConflict):
        await desk.write(DeskWrite(incident=stale), NOW, answer=answer)
    with pytest.raises(KeyInFlight):
        await desk.begin_idempotent("lin", "k", b"a", NOW + 1)
    done = await desk.write(DeskWrite(incident=row), NOW, answer=answer)
    assert done.incident is not None
    # The process is gone here, before it said anything; whoever repeats the request hears what happened.
    told = b'{"status":200,"answer":{"version":%d}}' % done.incident.version
    assert await desk.begin_idempotent("lin", "k", b"a", NOW + 1) == told
    await desk.drop_idempotent("lin", "k")
    assert await desk.begin_idempotent("lin", "k", b"a", NOW + 100) == told

    # One that slept while its key was taken over and answered: what it wants to write now is undone.
    with pytest.raises(KeyInFlight):
        await desk.write(DeskWrite(incident=done.incident), NOW + 100, answer=answer)
    assert (await desk.incident(row.id)).version == done.incident.version
