# SPDX-License-Identifier: Apache-2.0
"""When is it safe? (decision 8): the ledger, or for a cry for help Kafka alone; otherwise an honest no."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from api.doors.collector import Collector, Outcome
from api.doors.lifeboat import Lifeboat, LifeboatAway
from api.doors.prepare import Prepared
from api.errors import why
from api.problems import Problem
from weirhouse.domain.report import Lane
from weirhouse.ledger.outage import Outage
from weirhouse.ledger.ports import Accepted, LedgerAway, LedgerRefuses
from weirhouse.telemetry.catalogue import DOOR_FALLBACK, LEDGER_ERRORS
from weirhouse.telemetry.metrics import Metrics

AWAY_S: Final = 1.0
"""After the ledger was away, nobody waits for it again for this long; then one call at a time probes."""

_log = logging.getLogger(__name__)


class Keeping:
    """The two lanes' collectors, and the lifeboat behind the life-safety one."""

    def __init__(self, life: Collector, ordinary: Collector, lifeboat: Lifeboat, metrics: Metrics) -> None:
        self._lanes = {Lane.LIFE: life, Lane.ORDINARY: ordinary}
        self._lifeboat, self._metrics = lifeboat, metrics
        self._outages = {Lane.LIFE: Outage(AWAY_S), Lane.ORDINARY: Outage(AWAY_S)}

    async def keep(self, item: Prepared) -> Accepted:
        """Return when `item` is safe.

        Raises
        ------
        Problem
            `not-safe`, or `internal` when the ledger refuses what the door let pass.
        """
        lane = item.accept.report.lane
        try:
            with self._outages[lane].attempt():
                return await self._lanes[lane].make_safe(item)
        except LedgerAway as error:
            _log.warning("the ledger is away", extra={"lane": lane.value, "why": str(error)})
        except LedgerRefuses as error:
            raise self._wrong(error) from None
        return (await self._without_ledger(lane, [item]))[0]

    async def keep_all(self, lane: Lane, items: list[Prepared]) -> list[Accepted | Problem]:
        """Return what became of each, in order."""
        try:
            with self._outages[lane].attempt():
                return [self._plain(outcome) for outcome in await self._lanes[lane].make_all_safe(items)]
        except LedgerAway as error:
            _log.warning("the ledger is away", extra={"lane": lane.value, "why": str(error)})
        try:
            return list(await self._without_ledger(lane, items))
        except Problem as problem:
            return [problem] * len(items)

    async def drain(self) -> None:
        """Return when no commit is in flight any more."""
        for collector in self._lanes.values():
            await collector.drain()

    async def _without_ledger(self, lane: Lane, items: Sequence[Prepared]) -> list[Accepted]:
        if lane is not Lane.LIFE:
            raise Problem("not-safe", "the ledger is away; send it again")
        try:
            await self._lifeboat.save(items)
        except LifeboatAway as error:
            _log.error("a life-safety report could not be kept", extra={"why": str(error), "reports": len(items)})
            raise Problem("not-safe", "neither ledger nor Kafka answers; call, or send it again") from None
        self._metrics.add(DOOR_FALLBACK, len(items))
        return [Accepted(item.accept.report.id, "first") for item in items]

    def _plain(self, outcome: Outcome) -> Accepted | Problem:
        return outcome if isinstance(outcome, Accepted) else self._wrong(outcome)

    def _wrong(self, error: LedgerRefuses) -> Problem:
        self._metrics.add(LEDGER_ERRORS, 1, "refuses")
        _log.error("the ledger refuses what the door let pass", extra={"why": why(error)})
        return Problem("internal", "this report cannot be kept; it has been noted")
