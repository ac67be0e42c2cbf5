# SPDX-License-Identifier: Apache-2.0
"""Does the desk hear what each team had to do lately, and how exact its position is?"""

from __future__ import annotations

from tests.contract.ledger.conftest import Ledger, Worker
from tests.contract.ledger.examples import NOW, assignment
from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.incident import Burden


async def test_burdens_count_what_was_sent_since_and_when_it_ended(ledger: Ledger, worker: Worker) -> None:
    (row,) = await worker.open("1")
    for number, (team, ended) in enumerate((("t1", 60.0), ("t1", 300.0), ("t2", 0.0))):
        new = assignment(row, team, request=f"r{number}")
        new.at, new.history = NOW, (("notified", NOW, "lin"),)
        stored = (await ledger.desk.write(DeskWrite(assignments=(new,)), NOW)).assignments[0]
        if ended:
            stored.state, stored.history = "cleared", (*stored.history, ("cleared", NOW + ended, "lin"))
            await ledger.desk.write(DeskWrite(assignments=(stored,)), NOW)
    assert await ledger.desk.burdens(NOW - 1) == [
        Burden(team_id="t1", sent=2, freed_at=NOW + 300.0),
        Burden(team_id="t2", sent=1, freed_at=0.0),
    ]
    assert await ledger.desk.burdens(NOW + 1) == []


async def test_a_position_keeps_its_accuracy(ledger: Ledger) -> None:
    team = await ledger.desk.team("t1")
    assert team.accuracy_m == 0.0
    team.lat, team.lon, team.position_at, team.accuracy_m = 42.3, -71.0, NOW, 12.5
    await ledger.desk.write(DeskWrite(teams=(team,)), NOW)
    stored = await ledger.desk.team("t1")
    assert (stored.lat, stored.lon, stored.position_at, stored.accuracy_m) == (42.3, -71.0, NOW, 12.5)
