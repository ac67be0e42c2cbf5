# SPDX-License-Identifier: Apache-2.0
"""Does what is past its age go, a bounded number at a time, and does everything else stay?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.contract.ledger.conftest import Worker, hire
from tests.contract.ledger.examples import CITY, CLOSED, NOW, PARTITIONS, accept, incident, opening, plan, report
from weirhouse.ages import Ages
from weirhouse.clock import fixed_clock
from weirhouse.domain.report import Lane
from weirhouse.ledger import retention
from weirhouse.ledger.days import keep_days
from weirhouse.ledger.leading import Leading, Quiet
from weirhouse.ledger.migrate import migrate
from weirhouse.ledger.ports import Committed, IncidentWrite
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.ledger.reconcile import reconcile
from weirhouse.ledger.retention import prune
from weirhouse.ledger.sessions import Person, Session
from weirhouse.ledger.verify import verify

DAY_S = 86_400.0
AGES = Ages()
ANN = Person("ann", ("operator",), ("*",))


@pytest.fixture
async def ledger(database: str) -> AsyncIterator[PostgresLedger]:
    """A migrated ledger with the small city."""
    await migrate(database)
    async with PostgresLedger(database) as opened:
        await opened.standing.apply_city(CITY, PARTITIONS, "test", NOW)
        yield opened


async def count(ledger: PostgresLedger, table: str) -> int:
    """Return how many rows stand."""
    return int((await ledger.database.rows(f"select count(*) from {table}".encode()))[0][0])


async def decide(worker: Worker, *keys: str, received_at: float = NOW) -> None:
    """Open an incident with each report."""
    reports = [msgspec.structs.replace(report(key), received_at=received_at) for key in keys]
    rows = [incident(one, state=CLOSED) for one in reports]
    decided = [opening(one, row) for one, row in zip(reports, rows, strict=True)]
    made = plan(worker.epoch, worker.partition, worker.at, decided, [IncidentWrite(row, 0) for row in rows])
    assert isinstance(await worker.commit(made), Committed)


async def test_keys_links_and_sessions_go_when_they_are_old(ledger: PostgresLedger) -> None:
    for n in range(5):
        assert await ledger.desk.begin_idempotent("ann", f"{n}", b"a", NOW + n) is None
    await ledger.sessions.add_link("old", ANN, NOW - DAY_S - 1)
    await ledger.sessions.add_link("young", ANN, NOW - DAY_S + 1)
    await ledger.sessions.begin("old", Session(ANN, "c", NOW - 1))
    await ledger.sessions.begin("young", Session(ANN, "c", NOW + 1))
    assert await prune(ledger.database, AGES, NOW) == {"links": 1, "sessions": 1}
    assert await ledger.sessions.find("young", NOW) is not None
    later = NOW + 2 * DAY_S + 3
    assert (await prune(ledger.database, AGES, later, limit=2))["idempotency"] == 2
    assert (await prune(ledger.database, AGES, later, limit=2))["idempotency"] == 1
    assert "idempotency" not in await prune(ledger.database, AGES, later, limit=2)
    assert await ledger.desk.begin_idempotent("ann", "0", b"another", later) is None
    assert await count(ledger, "idempotency") == 3


async def test_the_inbox_forgets_words_of_decided_reports_and_knows_their_repeats(ledger: PostgresLedger) -> None:
    cry = report("cry", lane=Lane.LIFE)
    await ledger.doors.accept([accept(report("1")), accept(report("2")), accept(cry)])
    await decide(await hire(ledger.slices), "1")
    assert await prune(ledger.database, AGES, NOW + 30 * DAY_S - 1) == {}
    assert await prune(ledger.database, AGES, NOW + 30 * DAY_S + 1) == {"inbox": 1}
    assert await prune(ledger.database, AGES, NOW + 30 * DAY_S + 1) == {}
    assert await count(ledger, "inbox where body <> ''::bytea") == 2
    again = await ledger.doors.accept([accept(report("1")), accept(report("2"), b"b")])
    assert [a.outcome for a in again] == ["repeat", "mismatch"]
    assert (await ledger.desk.undecided((), 5.0, NOW + 30 * DAY_S, 50)).reports == [cry]
    found = await reconcile(ledger.database)
    assert (found.accepted, found.in_flight, found.holds) == (3, 2, True)


async def test_the_feed_keeps_its_newest_changes(ledger: PostgresLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    await decide(await hire(ledger.slices), *"abcdef")
    leading = Leading(ledger, Quiet(), fixed_clock(datetime.fromtimestamp(NOW, UTC)))
    late = NOW + 7 * DAY_S + 1
    assert "changes" not in await prune(ledger.database, AGES, late), "those without a number stay"
    assert await leading.sequencer.lease.take()
    await leading.sequencer.step()
    assert "changes" not in await prune(ledger.database, AGES, late), "the newest stay"
    monkeypatch.setattr(retention, "NEWEST_CHANGES", 2)
    assert await prune(ledger.database, AGES, NOW + 7 * DAY_S - 1) == {}
    assert await prune(ledger.database, AGES, late, limit=3) == {"changes": 3}
    assert await prune(ledger.database, AGES, late, limit=3) == {"changes": 1}
    _, head = await ledger.feed.head()
    assert (head, [change.seq for change in await ledger.feed.after(0, 10)]) == (6, [5, 6])


async def test_old_days_of_reports_go_and_the_proofs_still_hold(ledger: PostgresLedger) -> None:
    now = datetime.fromtimestamp(NOW, UTC)
    await keep_days(ledger.database, now)
    worker = await hire(ledger.slices)
    await decide(worker, "old", received_at=NOW - 10 * DAY_S)
    await decide(worker, "first")
    await decide(worker, "next", received_at=NOW + DAY_S)
    assert (await verify(ledger.database)).incidents == 3
    assert (await prune(ledger.database, AGES, NOW + 400 * DAY_S))["reports"] == 1
    gone = await prune(ledger.database, AGES, (now + timedelta(days=401)).timestamp())
    assert gone["days"] == 1
    assert await count(ledger, "reports") == 1
    assert await count(ledger, "dispositions") == 3
    found = await reconcile(ledger.database)
    assert (found.without_report, found.doubled, found.holds) == ((), (), True)
    proof = await verify(ledger.database)
    assert (proof.incidents, proof.holds) == (1, True)


async def test_what_an_older_worker_left_undecided_goes(ledger: PostgresLedger) -> None:
    cry = report("1", lane=Lane.LIFE)
    await ledger.doors.accept([accept(cry)])
    await decide(await hire(ledger.slices), "1")
    assert await count(ledger, "undecided") == 1, "the report's lane says ordinary here: the slice does not look"
    assert (await ledger.desk.undecided((), 5.0, NOW + 10, 50)).total == 0
    assert await prune(ledger.database, AGES, NOW) == {"undecided": 1}


class Heard(Quiet):
    """Remembers what was pruned; `enough` when that is 2,500 keys."""

    def __init__(self) -> None:
        self.kinds: dict[str, int] = {}
        self.enough = asyncio.Event()

    def pruned(self, kind: str, count: int) -> None:
        """Add it up."""
        self.kinds[kind] = self.kinds.get(kind, 0) + count
        if self.kinds == {"idempotency": 2500}:
            self.enough.set()


async def test_only_who_leads_prunes_and_goes_on_until_nothing_is_left(ledger: PostgresLedger) -> None:
    await ledger.database.rows(
        b"insert into idempotency (actor, key, request_sha256, at)"
        b" select 'ann', n::text, '', to_timestamp(0) from generate_series(1, 2500) n"
    )
    heard, stop = Heard(), asyncio.Event()
    leading = Leading(ledger, heard, fixed_clock(datetime.fromtimestamp(NOW, UTC)))
    task = asyncio.create_task(leading.keep(stop, AGES, every_s=0.05))
    await asyncio.sleep(0.3)
    assert heard.kinds == {}
    assert await leading.sequencer.lease.take()
    async with asyncio.timeout(10):
        await heard.enough.wait()
    stop.set()
    await asyncio.wait_for(task, 5)
    assert await count(ledger, "idempotency") == 0
