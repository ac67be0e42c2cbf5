# SPDX-License-Identifier: Apache-2.0
"""What the desk does in the worker's tests: rows changed by compare-and-set, in a loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from tests.support.room import Room
from weirhouse.clock import system_clock
from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.errors import VersionConflict
from weirhouse.domain.incident import Incident
from weirhouse.ledger.postgres import PostgresLedger


def with_ledger(room: Room, work: Callable[[PostgresLedger], Awaitable[None]]) -> None:
    """Do something as the desk would."""

    async def run() -> None:
        async with PostgresLedger(room.dsn, room.schema, f"{room.namespace}.") as ledger:
            await work(ledger)

    asyncio.run(run())


def incident_of(room: Room, report: str) -> str:
    """Return the incident in which a report stands."""
    [(kind, found)] = room.rows("select kind, incident_id from dispositions where report_id = %s", report)
    assert found is not None, f"{kind}: {room.words()}"
    return str(found).replace("-", "")


def change(room: Room, incident_id: str, **values: object) -> Incident:
    """Let the desk change an incident; `touched` reaches the worker only where a relay runs."""
    written: list[Incident] = []

    async def work(ledger: PostgresLedger) -> None:
        for _ in range(20):
            row = await ledger.desk.incident(incident_id)
            try:
                done = await ledger.desk.write(
                    DeskWrite(incident=msgspec.structs.replace(row, **values)), system_clock().timestamp()
                )
            except VersionConflict:
                continue
            assert done.incident is not None
            written.append(done.incident)
            return

    with_ledger(room, work)
    return written[-1]
