# SPDX-License-Identifier: Apache-2.0
"""What the ledger on PostgreSQL does when the world breaks under it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.contract.ledger.conftest import hire
from tests.contract.ledger.examples import CLUSTER, NOW, TOPIC, accept, assignment, incident, opening, plan, report
from tests.support.services import FreeHouse
from weirhouse.domain.decision import DeskWrite
from weirhouse.ledger.migrate import migrate
from weirhouse.ledger.ports import Committed, IncidentWrite, LedgerAway, LedgerRefuses, NotOwner, SlicePlan
from weirhouse.ledger.postgres import PostgresLedger


class Wire:
    """A cable between the house and PostgreSQL that breaks at the word `commit`, before or after it is through."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self.cut = ""
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._ends: list[asyncio.StreamWriter] = []

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._joined, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop, and end what is still connected."""
        assert self._server is not None
        self._server.close()
        for end in self._ends:
            end.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.05)  # transports close their sockets in the loop's next round

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._ends += (writer, far_writer)
        there = asyncio.create_task(self._pump(reader, far_writer, writer))
        back = asyncio.create_task(self._pump(far_reader, writer, far_writer))
        for task in (there, back):
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, other: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 20):
                if b"commit\x00" in data and self.cut:
                    other.transport.abort()  # the answer never arrives
                    if self.cut == "after":
                        writer.write(data)
                    self.cut = ""
                    break
                writer.write(data)
                await writer.drain()
        writer.close()


@pytest.fixture
async def wire(migrated: str) -> AsyncIterator[Wire]:
    """A cable to the migrated database."""
    parts = urlsplit(migrated)
    cable = Wire(parts.hostname or "", parts.port or 0)
    await cable.open()
    yield cable
    await cable.close()


def through(dsn: str, wire: Wire) -> str:
    """Return the address that goes over the cable."""
    parts = urlsplit(dsn)
    who = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{who}@127.0.0.1:{wire.port}").geturl()


def one_slice(partition: int, epoch: int) -> SlicePlan:
    """Return a slice that opens one incident."""
    row = incident(report("1"))
    return plan(epoch, partition, 0, [opening(report("1"), row)], [IncidentWrite(row, 0)])


@pytest.mark.parametrize("cut", ["before", "after"])
async def test_a_commit_of_unknown_outcome_is_found_out(
    postgres_ledger: PostgresLedger, migrated: str, wire: Wire, cut: str
) -> None:
    worker = await hire(postgres_ledger.slices)
    async with PostgresLedger(through(migrated, wire)) as far:
        made = one_slice(worker.partition, worker.epoch)
        wire.cut = cut
        if cut == "before":
            with pytest.raises(LedgerAway, match="again"):
                await far.slices.commit_slice(made)
        outcome = await far.slices.commit_slice(made)
    assert wire.cut == ""
    assert outcome == Committed({made.incidents[0].incident.id: outcome.numbers[made.incidents[0].incident.id]})  # type: ignore[union-attr]
    offsets = await postgres_ledger.slices.offsets(CLUSTER, [TOPIC], worker.partition)
    assert offsets == {TOPIC: 1}
    assert [s.disposition for s in await postgres_ledger.doors.status([report("1").id])] == ["opened"]


async def test_a_commit_of_unknown_outcome_after_a_take_over(
    postgres_ledger: PostgresLedger, migrated: str, wire: Wire
) -> None:
    worker = await hire(postgres_ledger.slices)
    async with PostgresLedger(through(migrated, wire)) as far:
        wire.cut = "before"
        with pytest.raises(LedgerAway):
            await far.slices.commit_slice(one_slice(worker.partition, worker.epoch))
        newer = await hire(postgres_ledger.slices)
        outcome = await far.slices.commit_slice(one_slice(worker.partition, worker.epoch))
    assert outcome == NotOwner(newer.epoch)


async def test_a_deadlock_is_run_again(postgres_ledger: PostgresLedger, migrated: str) -> None:
    worker = await hire(postgres_ledger.slices)
    rows = await worker.open("1")
    zones = tuple(zone for zone, _ in await postgres_ledger.slices.zones_of(worker.partition))
    async with await psycopg.AsyncConnection.connect(migrated) as stranger:
        # Against the house's lock order: the incident first, then the zone.
        await stranger.execute("set search_path = weirhouse")
        await stranger.execute("set deadlock_timeout = '10s'")
        await stranger.execute("select from incidents where incident_id = %s for update", (rows[0].id,))
        writing = asyncio.create_task(postgres_ledger.desk.write(DeskWrite(incident=rows[0], membership=zones), NOW))
        await asyncio.sleep(0.2)
        asking = asyncio.create_task(stranger.execute("select from zones for update"))
        await asyncio.wait({asking}, timeout=5)
        await stranger.rollback()
        done = await asyncio.wait_for(writing, 10)
    assert done.incident is not None
    assert done.incident.version == 2
    assert [membership for _, membership in await postgres_ledger.slices.zones_of(worker.partition)] == [2] * len(zones)


async def test_a_lock_that_nobody_lets_go_is_the_world_away(postgres_ledger: PostgresLedger, migrated: str) -> None:
    worker = await hire(postgres_ledger.slices)
    rows = await worker.open("1")
    async with await psycopg.AsyncConnection.connect(migrated) as stranger:
        await stranger.execute("lock table weirhouse.incidents")
        with pytest.raises(LedgerAway, match="lock"):
            await postgres_ledger.desk.write(DeskWrite(incident=rows[0]), NOW)


async def test_what_can_never_succeed_is_refused(postgres_ledger: PostgresLedger) -> None:
    with pytest.raises(LedgerRefuses, match="22P02"):
        await postgres_ledger.database.rows(b"select %s::uuid", ("no id",))
    bad = incident(report("1"), priority=9)
    worker = await hire(postgres_ledger.slices)
    with pytest.raises(LedgerRefuses, match="23514"):
        await worker.commit(plan(worker.epoch, worker.partition, 0, [], [IncidentWrite(bad, 0)]))
    await worker.open("2")


async def test_killed_and_restarted_it_serves_again(free_house: FreeHouse) -> None:
    house = free_house(kafka_url="none:1", fast=False)
    await migrate(house.postgres_url)
    async with PostgresLedger(house.postgres_url) as ledger:
        kept = [accept(report(f"{n}")) for n in range(20)]
        await ledger.doors.accept(kept)
        process = house.process("postgres")
        await asyncio.to_thread(process.kill)
        with pytest.raises(LedgerAway):
            await ledger.doors.accept([accept(report("lost"))])
        await asyncio.to_thread(process.restart)
        for _ in range(50):
            try:
                answers = await ledger.doors.accept(kept)
                break
            except LedgerAway:
                await asyncio.sleep(0.2)
        assert {a.outcome for a in answers} == {"repeat"}
        assert await ledger.desk.teams() == []


async def test_an_assignment_is_written_once_for_one_request(postgres_ledger: PostgresLedger) -> None:
    worker = await hire(postgres_ledger.slices)
    (row,) = await worker.open("1")
    acts = [DeskWrite(assignments=(assignment(row, "t1"),)) for _ in range(8)]
    answers = await asyncio.gather(*(postgres_ledger.desk.write(act, NOW) for act in acts), return_exceptions=True)
    assert sum(isinstance(answer, DeskWrite) for answer in answers) == 1
    assert len(await postgres_ledger.desk.assignments_of(row.id)) == 1
