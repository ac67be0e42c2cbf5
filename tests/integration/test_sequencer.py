# SPDX-License-Identifier: Apache-2.0
"""Are numbers given after the commit, in order, once, by one leader, whatever happens to it?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from weirhouse.domain.decision import AuditEntry, DeskWrite
from weirhouse.ledger import auditing
from weirhouse.ledger.checkpoints import Broken
from weirhouse.ledger.lease import Lease, LeaseLost
from weirhouse.ledger.migrate import migrate
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.ledger.sequencer import Sequencer, broken_link

INSERT = (
    "insert into weirhouse.changes (kind, entity, version, zone, lane, at, body)"
    " values ('incident', %s, %s, 'z', %s, now(), '{}')"
)


@pytest.fixture
async def ledger(database: str) -> AsyncIterator[PostgresLedger]:
    """A migrated ledger."""
    await migrate(database)
    async with PostgresLedger(database) as opened:
        yield opened


def sequencer(ledger: PostgresLedger, seconds: float = 3.0) -> Sequencer:
    """Return a sequencer that does not lead yet."""
    return Sequencer(ledger.database, Lease(ledger.database, "sequencer", seconds=seconds), "weirhouse_numbered")


async def numbered(ledger: PostgresLedger) -> list[tuple[int, str, int]]:
    """Return (number, row, version) of all numbered changes."""
    return [(change.seq, change.entity, change.version) for change in await ledger.feed.after(0, 100_000)]


async def test_life_first_and_earlier_versions_before_later(ledger: PostgresLedger, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as writer:
        for entity, version, lane in (
            ("a", 1, "ordinary"),
            ("b", 1, "ordinary"),
            ("c", 1, "life"),
            ("b", 2, "life"),
            ("b", 3, "ordinary"),
        ):
            writer.execute(INSERT, (entity, version, lane))
    leader = sequencer(ledger)
    assert await leader.lease.take()
    done = await leader.step()
    assert (done.changes, done.life) == (5, 2)
    assert await numbered(ledger) == [(1, "b", 1), (2, "c", 1), (3, "b", 2), (4, "a", 1), (5, "b", 3)]


async def test_small_steps_keep_the_order_of_a_row(ledger: PostgresLedger, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as writer:
        for version in range(1, 31):
            writer.execute(INSERT, (f"e{version % 3}", version, "life" if version % 7 == 0 else "ordinary"))
    leader = sequencer(ledger)
    await leader.lease.take()
    while (await leader.step(limit=4)).changes:
        assert await leader.waiting() < 30
    rows = await numbered(ledger)
    assert [seq for seq, _, _ in rows] == list(range(1, 31))
    for entity in ("e0", "e1", "e2"):
        versions = [version for _, name, version in rows if name == entity]
        assert versions == sorted(versions)


async def test_a_late_commit_is_not_skipped(ledger: PostgresLedger, database: str) -> None:
    leader = sequencer(ledger)
    await leader.lease.take()
    with psycopg.connect(database) as slow, psycopg.connect(database, autocommit=True) as quick:
        slow.execute(INSERT, ("late", 1, "ordinary"))
        quick.execute(INSERT, ("soon", 1, "ordinary"))
        assert (await leader.step()).changes == 1
        slow.commit()
    assert (await leader.step()).changes == 1
    assert await numbered(ledger) == [(1, "soon", 1), (2, "late", 1)]


async def test_one_leads_and_the_one_that_was_stopped_writes_nothing(ledger: PostgresLedger, database: str) -> None:
    old, new = sequencer(ledger, seconds=0.3), sequencer(ledger, seconds=30)
    assert await old.lease.take()
    assert not await new.lease.take()
    # SIGSTOP, as the database sees it: nothing comes until the lease has run out.
    await asyncio.sleep(0.4)
    assert await new.lease.take()
    with psycopg.connect(database, autocommit=True) as writer:
        writer.execute(INSERT, ("a", 1, "life"))
    with pytest.raises(LeaseLost):
        await old.step()
    assert await numbered(ledger) == []
    assert not await old.lease.take()
    assert (await new.step()).changes == 1
    await new.lease.drop()
    assert await old.lease.take()
    assert (await old.step()).changes == 0


async def test_two_sequencers_in_one_storm_leave_no_gap(ledger: PostgresLedger, database: str) -> None:
    leaders = [sequencer(ledger, seconds=0.05) for _ in range(2)]
    storm = True

    async def lead(one: Sequencer) -> None:
        while storm:
            try:
                if one.lease.epoch or await one.lease.take():
                    await one.step(limit=20)
            except LeaseLost:
                pass
            await asyncio.sleep(0.03)

    tasks = [asyncio.create_task(lead(one)) for one in leaders]
    connection = await psycopg.AsyncConnection.connect(database, autocommit=True)
    async with connection:
        for n in range(300):
            await connection.execute(INSERT, (f"e{n}", 1, "life" if n % 5 == 0 else "ordinary"))
            await asyncio.sleep(0.001)
    for _ in range(400):
        if not await leaders[0].waiting():
            break
        await asyncio.sleep(0.02)
    storm = False
    await asyncio.gather(*tasks)
    rows = await numbered(ledger)
    assert [seq for seq, _, _ in rows] == list(range(1, 301))
    assert len({entity for _, entity, _ in rows}) == 300


async def test_the_audit_is_a_chain_that_shows_a_forged_line(ledger: PostgresLedger, database: str) -> None:
    lines = tuple(
        AuditEntry(at=float(n), actor="lin", action="close", entity="incident", entity_id=f"{n}", reason="办结")
        for n in range(1, 8)
    )
    await ledger.desk.write(DeskWrite(audit=lines), 1.0)
    leader = sequencer(ledger)
    await leader.lease.take()
    assert [(await leader.step(limit=3)).audit for _ in range(4)] == [3, 3, 1, 0]
    assert await broken_link(ledger.database) is None
    with psycopg.connect(database, autocommit=True) as forger:
        forger.execute(
            "update weirhouse.audit set body = replace(convert_from(body, 'UTF8'), 'lin', 'wu')::bytea where seq = 4"
        )
    assert await broken_link(ledger.database) == 4


async def test_waiting_subscribers_are_woken(ledger: PostgresLedger, database: str) -> None:
    leader = sequencer(ledger)
    await leader.lease.take()
    waiting = asyncio.create_task(ledger.feed.wait(20))
    await asyncio.sleep(0.3)
    # The first wake-up says that the listener has connected; a waiter reads and waits again.
    await asyncio.wait_for(waiting, 5)
    waiting = asyncio.create_task(ledger.feed.wait(20))
    with psycopg.connect(database, autocommit=True) as writer:
        writer.execute(INSERT, ("a", 1, "life"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await leader.step()
    await asyncio.wait_for(waiting, 2)


async def test_checkpoints_show_what_the_chain_alone_cannot(
    ledger: PostgresLedger, database: str, tmp_path: Path
) -> None:
    lines = tuple(
        AuditEntry(at=n + 0.123456, actor="lin", action="close", entity="incident", entity_id=f"{n}", reason="办结")
        for n in range(1, 8)
    )
    key, file = Ed25519PrivateKey.generate(), tmp_path / "checkpoints"
    leader = sequencer(ledger)
    await leader.lease.take()
    await ledger.desk.write(DeskWrite(audit=lines[:5]), 1.0)
    await leader.step()
    assert (await auditing.add(ledger.database, file, key, 2.0)).holds
    assert len(auditing.kept(file)) == 1
    await auditing.add(ledger.database, file, key, 3.0)
    assert len(auditing.kept(file)) == 1, "nothing new, nothing signed"
    await ledger.desk.write(DeskWrite(audit=lines[5:]), 4.0)
    await leader.step()
    found = await auditing.audited(ledger.database, auditing.kept(file), key.public_key())
    assert (found.holds, found.lines, found.covered) == (True, 7, 5)
    with psycopg.connect(database, autocommit=True) as forger:
        forger.execute("update weirhouse.audit set seq = -1 where seq = 7")
        found = await auditing.audited(ledger.database, auditing.kept(file), key.public_key())
        assert found.broken == Broken("missing", 1)
        forger.execute("update weirhouse.audit set seq = 7 where seq = -1")
        forger.execute("update weirhouse.audit set actor = 'wu' where seq = 3")
        found = await auditing.audited(ledger.database, auditing.kept(file), key.public_key())
        assert found.broken == Broken("changed", 3)
        assert not (await auditing.add(ledger.database, file, key, 5.0)).holds
        assert len(auditing.kept(file)) == 1, "a broken chain is never signed"
        forger.execute("update weirhouse.audit set actor = 'lin' where seq = 3")
        forger.execute("delete from weirhouse.audit where seq >= 5")
    assert await broken_link(ledger.database) is None
    found = await auditing.audited(ledger.database, auditing.kept(file), key.public_key())
    assert found.broken == Broken("truncated", 5)
