# SPDX-License-Identifier: Apache-2.0
"""Conservation, proved by sets of ids: every accepted report has exactly one disposition, or is in flight."""

from __future__ import annotations

from typing import Final

import msgspec

from weirhouse.ledger.postgres.pool import Database
from weirhouse.ledger.queries import queries

_SQL = queries("proofs")
SHOWN: Final = 1_000
"""Ids named at most of each kind; the counts are whole."""


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of every report id.

    `accepted` counts the inbox; `decided` dispositions by kind, reports that never were in the inbox (devices'
    signals) among them; `in_flight` accepted ids without a disposition, of which `in_outbox` still wait for the relay.
    `lost` are those in flight although all inputs were read; `doubled` ids kept twice; `without_report` and
    `without_incident` dispositions whose row is missing; `in_merged` those left behind by a merge.
    """

    accepted: int
    decided: dict[str, int]
    in_flight: int
    in_outbox: int
    moving: tuple[str, ...]
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    without_report: tuple[str, ...]
    without_incident: tuple[str, ...]
    in_merged: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing is lost, doubled or dangling."""
        return not (self.lost or self.doubled or self.without_report or self.without_incident or self.in_merged)


async def reconcile(database: Database, drained: bool = False) -> Reconciliation:
    """Compare the sets.

    Parameters
    ----------
    drained
        All inputs have been read and the outbox is empty: what is in flight or moving then is lost.

    Raises
    ------
    LedgerAway
    """

    async def ids(query: str) -> tuple[str, ...]:
        return tuple(row[0] for row in await database.rows(_SQL[query], {"limit": SHOWN}))

    counts = await database.rows(_SQL["counts"])
    flying = await database.rows(_SQL["in_flight"], {"limit": SHOWN})
    in_flight = int((await database.rows(_SQL["in_flight_count"]))[0][0])
    moving = await ids("moving")
    lost = tuple(row[0] for row in flying) + moving if drained else ()
    return Reconciliation(
        accepted=int(counts[0][0]),
        decided={kind: count for _, kind, count in counts if kind},
        in_flight=in_flight,
        in_outbox=sum(bool(row[1]) for row in flying),
        moving=moving,
        lost=lost,
        doubled=await ids("doubled"),
        without_report=await ids("without_report"),
        without_incident=await ids("without_incident"),
        in_merged=await ids("in_merged"),
    )
