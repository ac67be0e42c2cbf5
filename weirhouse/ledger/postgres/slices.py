# SPDX-License-Identifier: Apache-2.0
"""Ownership, loading and the slice transaction, on PostgreSQL.

A slice takes two round trips: the first holds the locks in the house's one order (offsets, owner, report ids, zones,
incidents) and answers every compare; the second writes the rest and commits.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import psycopg
from psycopg import AsyncCursor
from psycopg.errors import UniqueViolation
from psycopg.rows import TupleRow

from weirhouse.domain.incident import Incident
from weirhouse.domain.report import Lane
from weirhouse.ledger.ports import (
    Committed,
    LedgerAway,
    NotOwner,
    OffsetsMoved,
    Repeated,
    SliceOutcome,
    SlicePlan,
    Stale,
)
from weirhouse.ledger.postgres.columns import Blobs, Longs, Uuids
from weirhouse.ledger.postgres.pool import Connection, Database, rollback
from weirhouse.ledger.postgres.rows import incident_params, outbox_params, unpack
from weirhouse.ledger.postgres.wakes import Wakes
from weirhouse.ledger.postgres.writing import (
    Ready,
    decide_params,
    inbox_params,
    incident_news,
    news_params,
    offset_params,
    personal_params,
)
from weirhouse.ledger.queries import queries
from weirhouse.ledger.slicing import written

_SQL = queries("slices")
Cursor = AsyncCursor[TupleRow]
PAGE = 2_000
"""Incidents a page while loading: large enough to decode in bulk, small enough that life-safety is served soon."""
LOAD_IDLE_MS = 60_000
"""A loader may think this long between two pages."""


class _CommitUnknown(Exception):
    """The connection broke while COMMIT was on its way."""


def _unknown(error: psycopg.Error) -> bool:
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))


class _Asked:
    """Cursors of the compares that are on their way; None where nothing had to be asked."""

    def __init__(self) -> None:
        self.moved: Cursor | None = None
        self.epoch: Cursor | None = None
        self.taken: Cursor | None = None
        self.zones: Cursor | None = None
        self.kept: Cursor | None = None
        self.drawn: Cursor | None = None


class PostgresSlices:
    """`weirhouse.ledger.ports.Slices` on PostgreSQL.

    Parameters
    ----------
    prefix
        What stands before topic names in this namespace.
    """

    def __init__(self, database: Database, wakes: Wakes, prefix: str = "") -> None:
        self._database = database
        self._wakes = wakes
        self._prefix = prefix

    async def take(self, partition: int, worker: str, now: float) -> int:
        """Raise the partition's epoch, commit, return it."""
        rows = await self._database.rows(_SQL["take"], {"partition": partition, "worker": worker, "now": now})
        return int(rows[0][0])

    async def offsets(self, cluster_id: str, topics: Sequence[str], partition: int) -> dict[str, int]:
        """Return the next offset of every topic that has one."""
        params = {"cluster": cluster_id, "topics": list(topics), "partition": partition}
        return {topic: offset for topic, offset in await self._database.rows(_SQL["offsets"], params)}  # noqa: C416

    async def zones_of(self, partition: int) -> list[tuple[str, int]]:
        """Return (zone, membership version) of the partition."""
        rows = await self._database.rows(_SQL["zones_of"], {"partition": partition})
        return [(zone, membership) for zone, membership in rows]

    async def load(
        self, zones: Sequence[str], closed_since: float, life_first: bool = True
    ) -> AsyncIterator[list[Incident]]:
        """Stream the zones' open incidents and those closed since, in pages, life-safety first."""
        parts = ["load_life", "load_open", "load_closed"]
        if not life_first:
            parts = ["load_open", "load_life", "load_closed"]
        params = {"zones": list(zones), "since": closed_since}
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute(f"set local idle_in_transaction_session_timeout = {LOAD_IDLE_MS}".encode())
            for part in parts:
                async with connection.cursor(name=part) as cursor:
                    await cursor.execute(_SQL[part], params, binary=True)
                    while rows := await cursor.fetchmany(PAGE):
                        yield unpack([row[0] for row in rows])

    async def load_some(self, incident_ids: Sequence[str]) -> list[Incident]:
        """Return these rows as they are now."""
        rows = await self._database.rows(_SQL["load_some"], {"ids": Uuids(list(incident_ids))}, binary=True)
        return unpack([row[0] for row in rows])

    async def commit_slice(self, plan: SlicePlan) -> SliceOutcome:
        """Run the slice in one transaction (see the port)."""
        plan.decided.sort(key=lambda d: d.report.id)
        plan.incidents.sort(key=lambda w: w.incident.id)
        await self._remember_numbers(plan)
        try:
            return await self._database.run(lambda connection: self._attempt(connection, plan))
        except _CommitUnknown:
            return await self._database.run(lambda connection: self._resolve(connection, plan))

    async def _remember_numbers(self, plan: SlicePlan) -> None:
        # A caller that did not keep an incident's number gets it back, or the row would lose it.
        lost = [w.incident for w in plan.incidents if w.expected > 0 and not w.incident.number]
        if lost:
            numbers = await self._numbers([incident.id for incident in lost])
            for incident in lost:
                incident.number = numbers.get(incident.id, 0)

    async def _numbers(self, ids: list[str]) -> dict[str, int]:
        rows = await self._database.rows(_SQL["numbers_of"], {"ids": Uuids(ids)})
        return {incident_id: number for incident_id, number in rows}  # noqa: C416

    async def _attempt(self, connection: Connection, plan: SlicePlan) -> SliceOutcome:
        committing = False
        try:
            async with connection.pipeline():
                await connection.execute(b"begin")
                asked = await self._ask(connection, plan)
                # What needs no answer is made ready while the server works on the compares.
                ready = Ready(plan)
                outcome, numbers = await self._compare(connection, plan, asked)
                if outcome is not None:
                    # Not execute(b"rollback"): in a pipeline psycopg then forgets its prepared statements one
                    # statement too late, and the next slice's fails with "prepared statement does not exist".
                    await connection.rollback()
                    return outcome
                await self._write(connection, plan, ready, numbers)
                committing = True
                await connection.execute(b"commit")
            return Committed(numbers)
        except UniqueViolation as error:
            if error.diag.constraint_name != "incidents_pkey":
                raise
            await rollback(connection)
            return Stale(frozenset(w.incident.id for w in plan.incidents if w.expected == 0), frozenset())
        except psycopg.Error as error:
            if committing and _unknown(error):
                raise _CommitUnknown from error
            raise

    async def _ask(self, connection: Connection, plan: SlicePlan) -> _Asked:
        """Send all compares at once, in the lock order."""
        run = connection.execute
        asked = _Asked()
        if plan.offsets:
            asked.moved = await run(_SQL["move_offsets"], offset_params(plan))
        asked.epoch = await run(_SQL["hold_epoch"], {"partition": plan.partition})
        if plan.inbox:
            await run(_SQL["inbox"], inbox_params(plan.inbox))
        if plan.sealed:
            ids = sorted(plan.sealed)
            await run(_SQL["sealed"], {"ids": Uuids(ids), "sealed": Blobs([plan.sealed[key] for key in ids])})
        if plan.personal:
            await run(_SQL["personal"], personal_params(plan.personal))
        if plan.decided:
            asked.taken = await run(_SQL["decide"], decide_params(plan.decided, plan.now, plan.policy), binary=True)
        if plan.memberships:
            asked.zones = await run(_SQL["hold_zones"], {"zones": list(plan.memberships)})
        if updates := [w for w in plan.incidents if w.expected > 0]:
            params = incident_params([written(w) for w in updates])
            params["expected"] = Longs([w.expected for w in updates])
            asked.kept = await run(_SQL["update_incidents"], params, binary=True)
        if opens := sum(w.expected == 0 for w in plan.incidents):
            asked.drawn = await run(_SQL["numbers"], {"count": opens})
        return asked

    async def _compare(
        self, connection: Connection, plan: SlicePlan, asked: _Asked
    ) -> tuple[SliceOutcome | None, dict[str, int]]:
        """Read the answers in the order they were asked; return the first that fails, and the numbers drawn."""
        moved_rows = await asked.moved.fetchall() if asked.moved is not None else []
        epoch_row = await asked.epoch.fetchone() if asked.epoch is not None else None
        if epoch_row is None or epoch_row[0] != plan.epoch:
            return NotOwner(epoch_row[0] if epoch_row else 0), {}
        if len(moved_rows) != len(plan.offsets):
            standing = await connection.execute(_SQL["standing_offsets"], offset_params(plan))
            return OffsetsMoved({(t, p): offset for t, p, offset in await standing.fetchall()}), {}
        if asked.taken is not None:
            fresh = {row[0] for row in await asked.taken.fetchall()}
            if len(fresh) != len(plan.decided):
                return Repeated(frozenset(d.report.id for d in plan.decided if d.report.id not in fresh)), {}
        stale_zones: set[str] = set()
        if asked.zones is not None:
            found: dict[str, int] = dict(await asked.zones.fetchall())
            stale_zones = {zone for zone, version in plan.memberships.items() if found.get(zone) != version}
        stale: set[str] = set()
        if asked.kept is not None:
            kept = {row[0] for row in await asked.kept.fetchall()}
            stale = {w.incident.id for w in plan.incidents if w.expected > 0} - kept
        if stale or stale_zones:
            return Stale(frozenset(stale), frozenset(stale_zones)), {}
        if asked.drawn is None:
            return None, {}
        opens = [w.incident.id for w in plan.incidents if w.expected == 0]
        return None, dict(zip(opens, [row[0] for row in await asked.drawn.fetchall()], strict=True))

    async def _write(self, connection: Connection, plan: SlicePlan, ready: Ready, numbers: dict[str, int]) -> None:
        """Write what needs no compare any more."""
        run = connection.execute
        opens = [written(w, numbers[w.incident.id]) for w in plan.incidents if w.expected == 0]
        if opens:
            await run(_SQL["insert_incidents"], incident_params(opens))
        if ready.reports:
            await run(_SQL["reports"], ready.reports)
        if cries := [d.report.id for d in plan.decided if d.report.lane is Lane.LIFE]:
            await run(_SQL["no_longer_undecided"], {"ids": Uuids(cries)})
        if plan.repeats:
            ids = sorted(plan.repeats)
            await run(_SQL["repeats"], {"ids": Uuids(ids), "times": Longs([plan.repeats[key] for key in ids])})
        if news := [*ready.news, *incident_news(opens, plan.now, plan.trace, plan.traces)]:
            withheld = [w.incident.id for w in plan.incidents if w.incident.exercise]
            await run(_SQL["incident_changes"], news_params(news, withheld, self._prefix))
        if ready.audit:
            await run(_SQL["audit"], ready.audit)
        if plan.outbox:
            await run(_SQL["outbox"], outbox_params(plan.outbox, plan.now))
        if (news or plan.outbox) and self._wakes.due():
            await self._wakes.send(connection)

    async def _resolve(self, connection: Connection, plan: SlicePlan) -> SliceOutcome:
        """Tell whether a commit of unknown outcome happened: offsets and epoch say so.

        Raises
        ------
        LedgerAway
            It did not happen: commit the same plan again.
        """
        async with connection.transaction():
            # First the row that the lost slice holds until it has ended: an input's first offset is an insert, which
            # nobody could wait for.
            cursor = await connection.execute(_SQL["settle_epoch"], {"partition": plan.partition})
            epoch = await cursor.fetchone()
            cursor = await connection.execute(_SQL["settled_offsets"], offset_params(plan))
            standing = {(topic, partition): offset for topic, partition, offset in await cursor.fetchall()}
        wanted = {(step.topic, step.partition): step.next for step in plan.offsets}
        before = {(step.topic, step.partition): step.expected for step in plan.offsets}
        if epoch is None or epoch[0] != plan.epoch:
            return NotOwner(epoch[0] if epoch else 0)
        if plan.offsets and standing == wanted:
            return Committed(await self._numbers([w.incident.id for w in plan.incidents if w.expected == 0]))
        if all(standing.get(key, offset) == offset for key, offset in before.items()):
            raise LedgerAway("the connection broke before the commit: commit the slice again")
        return OffsetsMoved(standing)
