# SPDX-License-Identifier: Apache-2.0
"""Does a merge or split change every row and every report together, or none, and bear every proof afterwards?"""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from tests.contract.ledger.conftest import Ledger, Worker, hire
from tests.contract.ledger.examples import NORTH, NOW, SOUTH, assignment, joining, plan, report
from weirhouse.domain import joining as rules
from weirhouse.domain import override, undoing
from weirhouse.domain.decision import Decided, DeskWrite
from weirhouse.domain.errors import VersionConflict
from weirhouse.domain.gather import joined, opened
from weirhouse.domain.ids import incident_id
from weirhouse.domain.incident import Incident
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.policy import NORMAL
from weirhouse.domain.probe import Probe
from weirhouse.domain.report import Disposition, Lane, Report
from weirhouse.ledger.ports import Committed, IncidentWrite, ReportRow, Stale
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.ledger.reconcile import reconcile
from weirhouse.ledger.verify import verify

LIFE = Lane.LIFE


async def happen(worker: Worker, reports: list[Report]) -> Incident:
    """Let the first open an incident as the correlator would, and the others join it."""
    row = opened(Probe(reports[0]), NORMAL)
    decided = [Decided(report=reports[0], disposition=Disposition.OPENED, incident=row)]
    for one in reports[1:]:
        row = joined(row, Probe(one), NORMAL)
        decided.append(joining(one, row))
    made = plan(worker.epoch, worker.partition, worker.at, decided, [IncidentWrite(row, 0)])
    assert isinstance(await worker.commit(made), Committed)
    return (await worker.slices.load_some([row.id]))[0]


async def join(worker: Worker, row: Incident, one: Report, at: float = NOW + 5) -> object:
    """Let one more report join a row as it is known."""
    fresh = joined(row, Probe(one), NORMAL)
    made = plan(worker.epoch, worker.partition, worker.at, [joining(one, fresh)], [IncidentWrite(fresh, row.version)])
    made.now = at
    return await worker.commit(made)


async def standing(ledger: Ledger, row: Incident) -> dict[str, ReportRow]:
    """Return what stands in an incident by the report's own name."""
    found, cursor = await ledger.desk.reports_of(row.id, "", 100)
    assert cursor == ""
    return {one.report.key: one for one in found}


async def kinds(ledger: Ledger, row: Incident) -> dict[str, str]:
    """Return the dispositions in an incident."""
    return {key: one.disposition for key, one in (await standing(ledger, row)).items()}


def plain(row: Incident) -> dict[str, object]:
    """Return what a row holds beside its versions, empty parts left out."""
    told = msgspec.json.decode(msgspec.json.encode(row))
    del told["version"], told["decision_version"]
    told["gist"] = {name: value for name, value in told["gist"].items() if value}
    return dict(told)


async def test_a_merge_moves_every_report_and_is_taken_back(ledger: Ledger, worker: Worker) -> None:
    one = await happen(worker, [report("1", reporter="a"), report("2", reporter="b")])
    two = await happen(worker, [report("3", reporter="b", lane=LIFE), report("4", lane=LIFE), report("5")])
    act = rules.merge([one, two], "ann", NOW + 1, "one pipe", NORMAL)
    done = await ledger.desk.write(act, NOW + 1, "00-trace")
    assert done.incident is not None
    assert (done.incident.version, done.others[0].version) == (2, 2)
    kept, gone = await ledger.desk.incident(done.incident.id), await ledger.desk.incident(done.others[0].id)
    assert (kept.reports, gone.reports, gone.merged_into, gone.state) == (5, 0, kept.id, IncidentState.MERGED)
    moved = await standing(ledger, kept)
    assert {key: row.disposition for key, row in moved.items()} == {
        "1": "opened" if kept.id == one.id else "joined",
        "2": "joined",
        "3": "opened" if kept.id == two.id else "joined",
        "4": "joined",
        "5": "joined",
    }
    assert await kinds(ledger, gone) == {}
    other = two if kept.id == one.id else one
    first = "3" if other is two else "1"
    last = msgspec.json.decode(moved[first].terms)[-1]
    assert (last["code"], last["detail"]) == ("moved", f"opened {other.id}")
    assert moved["3"].own_line is (other is two)
    status = (await ledger.doors.status([report(first).id]))[0]
    assert (status.incident_id, status.disposition) == (kept.id, "joined")
    assert [line.action for line in await ledger.desk.history_of("incident", gone.id, 1)] == ["merge"]
    await ledger.number()
    changes = [
        change for change in await ledger.feed.after(0, 100) if change.kind == "incident" and change.version == 2
    ]
    assert {change.entity for change in changes} == {one.id, two.id}
    assert (await ledger.outbox()).count(("touched", NORTH)) == 2
    back = undoing.undo(kept, [gone], "ann", NOW + 2, "two pipes", NORMAL)
    await ledger.desk.write(back, NOW + 2)
    for row, keys in ((one, {"1": "opened", "2": "joined"}), (two, {"3": "opened", "4": "joined", "5": "joined"})):
        assert plain(await ledger.desk.incident(row.id)) == plain(row)
        assert await kinds(ledger, row) == keys
    assert not any(row.own_line for row in (await standing(ledger, two)).values())
    assert {row.terms for row in (await standing(ledger, other)).values()} != {b""}
    terms = [msgspec.json.decode(row.terms) for row in (await standing(ledger, other)).values()]
    assert not any(term["code"] == "moved" for told in terms for term in told)


async def test_what_joined_since_stays_when_a_merge_is_taken_back(ledger: Ledger, worker: Worker) -> None:
    one, two = await happen(worker, [report("1")]), await happen(worker, [report("2"), report("3")])
    done = await ledger.desk.write(rules.merge([one, two], "ann", NOW + 1, "same", NORMAL), NOW + 1)
    assert done.incident is not None
    assert isinstance(await join(worker, done.incident, report("4")), Committed)
    kept = await ledger.desk.incident(done.incident.id)
    gone = await ledger.desk.incident(done.others[0].id)
    assert undoing.came_since(kept, [gone]) == 1
    rows, _ = await ledger.desk.reports_of(kept.id, "", 100)
    own = undoing.others_told([(row.report, row.terms) for row in rows], [gone.id])
    mine = {"1"} if kept.id == one.id else {"2", "3"}
    assert {found.key for found in own} == {"4"} | mine
    await ledger.desk.write(undoing.undo(kept, [gone], "ann", NOW + 9, "no", NORMAL, own=own), NOW + 9)
    assert set(await kinds(ledger, kept)) == {"4"} | mine
    assert (await ledger.desk.incident(kept.id)).reports == len(own)


async def test_a_split_opens_and_is_taken_back(ledger: Ledger, worker: Worker) -> None:
    reports = [report("1"), report("2"), report("3", lane=LIFE)]
    row = await happen(worker, reports)
    taken = {reports[1].id, reports[2].id}
    first = min(reports[1:], key=lambda one: one.id)
    act = rules.split(row, reports, taken, "ann", NOW + 1, "another", NORMAL)
    done = await ledger.desk.write(act, NOW + 1)
    part = await ledger.desk.incident(incident_id(first.id))
    assert (part.version, part.reports) == (1, 2)
    assert part.number not in (0, row.number)
    assert done.others[0].number == part.number
    assert await kinds(ledger, row) == {"1": "opened"}
    assert (await kinds(ledger, part))[first.key] == "opened"
    zones = dict(await ledger.slices.zones_of(worker.partition))
    assert zones[NORTH] == 2
    kept = await ledger.desk.incident(row.id)
    await ledger.desk.write(undoing.undo(kept, [part], "ann", NOW + 2, "no", NORMAL), NOW + 2)
    assert await kinds(ledger, row) == {"1": "opened", "2": "joined", "3": "joined"}
    assert plain(await ledger.desk.incident(row.id)) == plain(row)
    assert await kinds(ledger, part) == {}


async def test_nothing_is_written_when_one_row_changed(ledger: Ledger, worker: Worker) -> None:
    one, two = await happen(worker, [report("1")]), await happen(worker, [report("2"), report("3")])
    for late in (one, two):
        act = rules.merge([one, two], "ann", NOW + 1, "same", NORMAL)
        current = await ledger.desk.incident(late.id)
        assert isinstance(await join(worker, current, report(f"late {late.id}")), Committed)
        with pytest.raises(VersionConflict):
            await ledger.desk.write(act, NOW + 1)
        assert {len(await kinds(ledger, row)) for row in (one, two)} <= {1, 2, 3}
        assert all("moved" not in str(row.terms) for row in (await standing(ledger, late)).values())
        one, two = await ledger.desk.incident(one.id), await ledger.desk.incident(two.id)
    assert (one.reports, two.reports) == (2, 3)


async def test_a_slice_decided_before_a_merge_is_stale(ledger: Ledger, worker: Worker) -> None:
    one, two = await happen(worker, [report("1")]), await happen(worker, [report("2")])
    await ledger.desk.write(rules.merge([one, two], "ann", NOW + 1, "same", NORMAL), NOW + 1)
    for row in (one, two):
        outcome = await join(worker, row, report(f"late {row.id}"))
        assert isinstance(outcome, Stale)
        assert outcome.incidents == {row.id}


async def test_two_splits_of_one_report_are_one(ledger: Ledger, worker: Worker) -> None:
    reports = [report("1"), report("2"), report("3")]
    row = await happen(worker, reports)
    acts = [rules.split(row, reports, {reports[1].id}, who, NOW + 1, "another", NORMAL) for who in ("ann", "bob")]
    await ledger.desk.write(acts[0], NOW + 1)
    with pytest.raises(VersionConflict):
        await ledger.desk.write(acts[1], NOW + 1)
    stale = msgspec.structs.replace(acts[1], incident=await ledger.desk.incident(row.id), others=())
    with pytest.raises(VersionConflict):
        await ledger.desk.write(stale, NOW + 1)
    assert await kinds(ledger, row) == {"1": "opened", "3": "joined"}


async def test_teams_go_along(ledger: Ledger, worker: Worker) -> None:
    one, two = await happen(worker, [report("1")]), await happen(worker, [report("2")])
    early, late = sorted((one, two), key=lambda row: row.id)
    late.teams, late.state = 1, IncidentState.ASSIGNED
    sent = await ledger.desk.write(DeskWrite(incident=late, assignments=(assignment(late, "t1"),)), NOW)
    assert sent.incident is not None
    act = rules.merge([early, sent.incident], "ann", NOW + 1, "same", NORMAL, sent.assignments)
    done = await ledger.desk.write(act, NOW + 1)
    assert [row.incident_id for row in await ledger.desk.assignments_of(early.id)] == [early.id]
    assert await ledger.desk.assignments_of(late.id) == []
    assert done.incident is not None
    assert (done.incident.teams, done.incident.state) == (1, IncidentState.ASSIGNED)
    back = undoing.undo(done.incident, done.others, "ann", NOW + 2, "no", NORMAL, assignments=done.assignments)
    await ledger.desk.write(back, NOW + 2)
    assert [row.team_id for row in await ledger.desk.assignments_of(late.id)] == ["t1"]
    assert (await ledger.desk.incident(late.id)).state is IncidentState.ASSIGNED


async def test_over_a_border_each_row_tells_its_own_zone(ledger: Ledger, worker: Worker) -> None:
    one = await happen(worker, [report("1")])
    two = await happen(worker, [report("2", zone=SOUTH)])
    done = await ledger.desk.write(rules.merge([one, two], "ann", NOW + 1, "same", NORMAL), NOW + 1)
    assert {("touched", NORTH), ("touched", SOUTH)} <= set(await ledger.outbox())
    assert done.incident is not None
    assert {s.zone for s in await ledger.doors.status([report("1").id, report("2").id])} == {done.incident.zone}


async def test_rows_bear_every_proof(postgres_ledger: PostgresLedger) -> None:
    worker = await hire(postgres_ledger.slices)
    desk = postgres_ledger.desk
    rows = [await happen(worker, [report(f"{n}{m}", reporter=f"{m}") for m in range(4)]) for n in range(4)]
    rows.sort(key=lambda row: (row.first_at, row.id))
    done = await desk.write(rules.merge(rows[:3], "ann", NOW + 1, "same", NORMAL), NOW + 1)
    assert done.incident is not None
    kept = done.incident
    found, _ = await desk.reports_of(kept.id, "", 100)
    reports = [row.report for row in found]
    taken = {one.id for one in reports if incident_id(one.id) != kept.id and one.key.endswith(("1", "2"))}
    known = await postgres_ledger.slices.load_some([incident_id(min(taken, key=str))])
    assert known == []
    await desk.write(rules.split(kept, reports, taken, "ann", NOW + 2, "another", NORMAL), NOW + 2)
    fourth = await desk.incident(rows[3].id)
    linked = await desk.write(rules.link(await desk.incident(kept.id), fourth, "ann", NOW + 3, "near"), NOW + 3)
    assert linked.incident is not None
    said = await desk.write(override.prioritise(linked.incident, 1, "ann", NOW + 4, "danger", NORMAL), NOW + 4)
    assert said.incident is not None
    await desk.write(override.retype(said.incident, "fire", "ann", NOW + 5, "burns", NORMAL), NOW + 5)
    checked = await verify(postgres_ledger.database)
    assert (checked.incidents, checked.differences) == (5, ())
    sets = await reconcile(postgres_ledger.database, drained=True)
    assert sets.holds
    assert sets.decided == {"opened": 3, "joined": 13}
    await postgres_ledger.database.rows(
        b"update dispositions set incident_id = %(gone)s where report_id = %(id)s",
        {"gone": rows[1].id, "id": report("00").id},
    )
    broken = await reconcile(postgres_ledger.database)
    assert (broken.in_merged, broken.holds) == ((report("00").id,), False)
    assert (rows[1].id, "reports") in {
        (d.incident_id, d.field) for d in (await verify(postgres_ledger.database)).differences
    }


async def test_merges_of_one_incident_into_two_others_are_one(postgres_ledger: PostgresLedger) -> None:
    worker = await hire(postgres_ledger.slices)
    desk = postgres_ledger.desk
    for turn in range(10):
        rows = [await happen(worker, [report(f"{turn}-{n}")]) for n in range(3)]
        acts = [rules.merge(pair, "ann", NOW + 1, "same", NORMAL) for pair in (rows[:2], rows[1:])]
        answers = await asyncio.gather(*(desk.write(act, NOW + 1) for act in acts), return_exceptions=True)
        assert sorted(type(answer).__name__ for answer in answers) == ["DeskWrite", "VersionConflict"]
    assert (await verify(postgres_ledger.database)).holds
    assert (await reconcile(postgres_ledger.database, drained=True)).holds
