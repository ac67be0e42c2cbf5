# SPDX-License-Identifier: Apache-2.0
"""Does a cry, what follows while it lasts, and its end reach every zone in the life lane, and nothing else?"""

from __future__ import annotations

from tests.contract.ledger.conftest import Ledger, Worker
from tests.contract.ledger.examples import NORTH, NOW
from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.distress import distress, distress_over


async def test_a_cry_is_told_to_every_zone_until_it_is_over(ledger: Ledger, worker: Worker) -> None:
    await worker.open("a")
    await ledger.number()
    _, head = await ledger.feed.head()
    before = await ledger.desk.team("t1")
    cry = distress(before, "t1", NOW, "help")
    assert cry is not None
    crying = (await ledger.desk.write(cry, NOW)).teams[0]
    assert crying.version == before.version + 1
    moved = (await ledger.desk.write(DeskWrite(teams=(crying,)), NOW + 1)).teams[0]
    free = (await ledger.desk.write(distress_over(moved, "ann", NOW + 2, "spoken to"), NOW + 2)).teams[0]
    await ledger.desk.write(DeskWrite(teams=(free,)), NOW + 3)
    await ledger.number()
    news = await ledger.feed.after(head, 10)
    assert before.zone == NORTH
    assert [(change.entity, change.zone, change.lane) for change in news] == [
        *(("t1", "", "life"),) * 3, ("t1", NORTH, "ordinary")
    ]  # fmt: skip
    lines = await ledger.desk.history_of("team", "t1", 10)
    assert [line.action for line in lines] == ["distress-over", "distress"]
