# SPDX-License-Identifier: Apache-2.0
"""The ledger under contract: PostgreSQL and the double, with the same city; and a worker that owns its first zone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.contract.ledger.examples import CITY, NORTH, NOW, PARTITIONS, incident, opening, plan, report
from tests.support.services import Postgres
from weirhouse.domain.incident import Incident
from weirhouse.ledger.lease import Lease
from weirhouse.ledger.memory import MemoryLedger
from weirhouse.ledger.migrate import migrate
from weirhouse.ledger.ports import (
    Committed,
    Desk,
    Doors,
    Feed,
    IncidentWrite,
    SliceOutcome,
    SlicePlan,
    Slices,
    Standing,
)
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.ledger.sequencer import Sequencer
from weirhouse.ledger.sessions import Sessions


@dataclass
class Ledger:
    """The ports under test, and `number`, which lets committed changes reach the feed."""

    doors: Doors
    slices: Slices
    desk: Desk
    feed: Feed
    standing: Standing
    sessions: Sessions
    number: Callable[[], Awaitable[None]]
    outbox: Callable[[], Awaitable[list[tuple[str, str]]]]


def _migrate(dsn: str) -> None:
    # In a thread: the tests' own loop is not to be replaced.
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, migrate(dsn)).result()


@pytest.fixture
def migrated(postgres: Postgres) -> Iterator[str]:
    """Address of a database with the ledger's schema."""
    template = postgres.template("ledger_template", _migrate)
    name = postgres.create(template)
    yield postgres.address(name)
    postgres.drop(name)


@pytest.fixture
async def postgres_ledger(migrated: str) -> AsyncIterator[PostgresLedger]:
    """A ledger on PostgreSQL."""
    async with PostgresLedger(migrated) as opened:
        await opened.standing.apply_city(CITY, PARTITIONS, "test", NOW)
        yield opened


def of_postgres(real: PostgresLedger) -> Ledger:
    """Return the ports of a ledger on PostgreSQL."""
    sequencer = Sequencer(real.database, Lease(real.database, "sequencer"), f"{real.schema}_numbered")

    async def number() -> None:
        await sequencer.lease.take()
        await sequencer.step()

    async def outbox() -> list[tuple[str, str]]:
        rows = await real.database.rows(b"select topic, key from outbox order by id")
        return [(topic, key) for topic, key in rows]

    return Ledger(real.doors, real.slices, real.desk, real.feed, real.standing, real.sessions, number, outbox)


async def in_memory() -> Ledger:
    """Return the ports of a ledger in memory."""
    double = MemoryLedger()
    await double.standing.apply_city(CITY, PARTITIONS, "test", NOW)

    async def number() -> None:
        return None

    async def outbox() -> list[tuple[str, str]]:
        return [(row.topic, row.key) for row in double.store.outbox]

    return Ledger(
        double.doors, double.slices, double.desk, double.feed, double.standing, double.sessions, number, outbox
    )


@pytest.fixture(params=["postgres", "memory"])
async def ledger(request: pytest.FixtureRequest, postgres_ledger: PostgresLedger) -> Ledger:
    """Both, one after the other."""
    return await in_memory() if request.param == "memory" else of_postgres(postgres_ledger)


class Worker:
    """Owns the partition of the zone `north` and commits slices there, offsets kept in step."""

    def __init__(self, slices: Slices, partition: int, epoch: int) -> None:
        self.slices, self.partition, self.epoch, self.at = slices, partition, epoch, 0

    async def commit(self, made: SlicePlan) -> SliceOutcome:
        """Commit and follow the offset."""
        outcome = await self.slices.commit_slice(made)
        if isinstance(outcome, Committed):
            self.at = made.offsets[0].next
        return outcome

    async def open(self, *keys: str, **values: object) -> list[Incident]:
        """Open one incident for each key; return them as stored."""
        reports = [report(key) for key in keys]
        rows = [incident(one, **values) for one in reports]  # type: ignore[arg-type]
        decided = [opening(one, row) for one, row in zip(reports, rows, strict=True)]
        writes = [IncidentWrite(row, 0) for row in rows]
        assert isinstance(await self.commit(plan(self.epoch, self.partition, self.at, decided, writes)), Committed)
        return await self.slices.load_some([row.id for row in rows])


async def hire(slices: Slices) -> Worker:
    """Return a worker that has just taken the partition of `north`."""
    for partition in range(PARTITIONS):
        if NORTH in dict(await slices.zones_of(partition)):
            return Worker(slices, partition, await slices.take(partition, "w1", NOW))
    raise AssertionError("no partition has the zone")


@pytest.fixture
async def worker(ledger: Ledger) -> Worker:
    """The owner of `north`."""
    return await hire(ledger.slices)
