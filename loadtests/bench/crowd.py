# SPDX-License-Identifier: Apache-2.0
"""A crowd of open incidents by COPY, to measure lists with: rows as wide as real ones, about 20 seconds a million."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec
import psycopg

from weirhouse.domain.incident import Gist, Incident, Term
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.report import Lane
from weirhouse.ledger.cells import cell_of

COLUMNS = (
    "incident_id, number, zone, type, state, priority, rank, lane, lat, lon, cell, address, opened_at, last_at,"
    " reports, summary, owner, teams, policy, exercise, version, decision_version, body"
)
TYPES = ("flooding", "tree_down", "power_cut", "noise", "street_light", "fire")
WORDS = "Water stands knee-deep in the road and cars turn round"


async def fill(dsn: str, schema: str, zones: list[str], count: int, first: int = 0) -> None:
    """Add `count` open incidents, numbered from `first`, then let the planner know."""
    await put(dsn, schema, _crowd(zones, count, first))


def _crowd(zones: list[str], count: int, first: int) -> Iterator[Incident]:
    rng = random.Random(first)
    now = datetime.now(UTC).timestamp()
    gist = Gist(grams=rng.randbytes(4 * 32), reporters=[1, 2, 3], claims=["flooding"])
    reasons = (Term("type", 0.4, "flooding"), Term("reports", 0.2, "3"), Term("claims", 0.1, "road"))
    for number in range(first, first + count):
        at = now - rng.random() * 86_400
        priority = rng.choices((1, 2, 3, 4, 5), (1, 4, 15, 40, 40))[0]
        yield Incident(
            id=f"{number + 1:032x}", zone=rng.choice(zones), type=rng.choice(TYPES),
            state=IncidentState.NEW, priority=priority, severity=0.4, rank=6 - priority + rng.random(),
            lane=Lane.LIFE if priority < 3 else Lane.ORDINARY, lat=30 + rng.random() / 10,
            lon=121 + rng.random() / 10, radius_m=60.0, address=f"{number} Long Street",
            opened_by=f"{number + 1:031x}f", opened_at=at, first_at=at, last_at=at, reports=3, reporters=3,
            summary=WORDS, reasons=reasons, version=1, decision_version=1, number=number + 1, gist=gist,
        )  # fmt: skip


async def put(dsn: str, schema: str, rows: Iterable[Incident]) -> int:
    """Add open incidents as they are by COPY, then let the planner and the numbering know; return how many."""
    pack, count = msgspec.msgpack.Encoder().encode, 0
    async with await psycopg.AsyncConnection.connect(
        dsn, autocommit=True, options=f"-c search_path={schema}"
    ) as ledger:
        async with ledger.cursor() as cursor, cursor.copy(f"copy incidents ({COLUMNS}) from stdin") as copy:
            for row in rows:
                opened, last = (datetime.fromtimestamp(at, UTC) for at in (row.opened_at, row.last_at))
                await copy.write_row(
                    (
                        row.id, row.number, row.zone, row.type, row.state.value, row.priority, row.rank,
                        row.lane.value, row.lat, row.lon, cell_of(row.lat, row.lon), row.address, opened, last,
                        row.reports, row.summary, row.owner, row.teams, row.policy, row.exercise, row.version,
                        row.decision_version, pack(row),
                    )
                )  # fmt: skip
                count += 1
        await ledger.execute("select setval('incident_numbers', (select max(number) from incidents))")
        await ledger.execute("vacuum analyze incidents")
    return count
