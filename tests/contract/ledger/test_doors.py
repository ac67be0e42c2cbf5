# SPDX-License-Identifier: Apache-2.0
"""Does the inbox keep a report once, and say what it did?"""

from __future__ import annotations

import asyncio

import msgspec

from tests.contract.ledger.conftest import Ledger, Worker
from tests.contract.ledger.examples import TOPIC, accept, report
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
