# SPDX-License-Identifier: Apache-2.0
"""Does the inbox keep a report once, and say what it did?"""

from __future__ import annotations

import asyncio

import msgspec

from tests.contract.ledger.conftest import Ledger, Worker
from tests.contract.ledger.examples import NOW, TOPIC, accept, joining, plan, report
from weirhouse.domain.report import Lane, Report
from weirhouse.ledger.ports import Committed, IncidentWrite
from weirhouse.wire.envelope import REPORT


async def test_first_repeat_and_mismatch(ledger: Ledger) -> None:
    one, two = report("1"), report("2")
    answers = await ledger.doors.accept([accept(two), accept(one), accept(one), accept(one, b"b")])
    assert [a.outcome for a in answers] == ["first", "first", "repeat", "mismatch"]
    again = await ledger.doors.accept([accept(one), accept(two, b"z"), accept(report("3"))])
    assert [(a.report_id, a.outcome) for a in again] == [
        (one.id, "repeat"),
        (two.id, "mismatch"),
        (report("3").id, "first"),
    ]
    assert await ledger.outbox() == [(TOPIC, "north")] * 3


async def test_a_repeat_tells_what_was_kept_the_first_time(ledger: Ledger) -> None:
    one = report("1")
    moved = msgspec.structs.replace(one, zone="south")
    _, twin = await ledger.doors.accept([accept(one), accept(moved)])
    (again,) = await ledger.doors.accept([accept(moved)])
    assert [(a.outcome, REPORT.decode(a.before)) for a in (twin, again)] == [("repeat", one)] * 2


async def test_nothing_is_nothing(ledger: Ledger) -> None:
    assert await ledger.doors.accept([]) == []
    assert await ledger.outbox() == []


async def test_doors_at_once_keep_it_once(ledger: Ledger) -> None:
    batch = [accept(report(str(n))) for n in range(50)]
    answers = await asyncio.gather(*(ledger.doors.accept(batch if n % 2 else batch[::-1]) for n in range(6)))
    firsts = [a.report_id for answer in answers for a in answer if a.outcome == "first"]
    assert sorted(firsts) == sorted(item.report.id for item in batch)
    assert len(await ledger.outbox()) == 50


async def test_status_follows_the_report(ledger: Ledger, worker: Worker) -> None:
    await ledger.doors.accept([accept(report("1")), accept(report("2"))])
    (row,) = await worker.open("1")
    found = {s.report_id: s for s in await ledger.doors.status([report(k).id for k in "123"])}
    assert set(found) == {report("1").id, report("2").id}
    assert found[report("2").id].disposition == "in_flight"
    told = found[report("1").id]
    assert (told.disposition, told.incident_id, told.incident_number) == ("opened", row.id, row.number)
    assert b'"new"' in told.terms


async def test_a_cry_is_shown_until_it_is_decided(ledger: Ledger, worker: Worker) -> None:
    first, second = (
        msgspec.structs.replace(report(key, lane=Lane.LIFE), received_at=NOW + at) for key, at in (("1", 1), ("2", 2))
    )
    south = report("3", "south", Lane.LIFE)
    await ledger.doors.accept([accept(second), accept(first), accept(south), accept(report("4"))])

    async def shown(*zones: str, now: float = NOW + 10, limit: int = 50) -> tuple[list[Report], int]:
        found = await ledger.desk.undecided(zones, 5.0, now, limit)
        return found.reports, found.total

    assert await shown() == ([south, first, second], 3)
    assert await shown("north") == ([first, second], 2)
    assert await shown("north", limit=1) == ([first], 2)
    assert await shown("north", now=NOW + 6) == ([first], 1)
    assert await shown(now=NOW + 4.9) == ([], 0)
    (row,) = await worker.open("1", lane=Lane.LIFE)
    assert await shown("north") == ([second], 1)
    joined = msgspec.structs.replace(row, reports=2)
    made = plan(
        worker.epoch, worker.partition, worker.at, [joining(second, joined)], [IncidentWrite(joined, row.version)]
    )
    assert isinstance(await worker.commit(made), Committed)
    assert await shown() == ([south], 1)
