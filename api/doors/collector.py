# SPDX-License-Identifier: Apache-2.0
"""Group commit: requests that are there together become one transaction; nobody waits for company.

An idle door commits at once. While `transactions` commits are in flight the next reports gather and go together,
so that a commit's cost is shared exactly when there is something to share.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from time import perf_counter
from typing import Final, Protocol

from api.doors.prepare import Prepared
from weirhouse.ledger.ports import Accept, Accepted, LedgerAway, LedgerRefuses
from weirhouse.telemetry.catalogue import DOOR_BATCH, DOOR_COMMIT_SECONDS
from weirhouse.telemetry.metrics import Metrics

MAX_TOGETHER: Final = 500
"""Reports of one commit at most: about 10 ms, so that a cry does not wait behind a wall."""


Outcome = Accepted | LedgerRefuses


class Accepts(Protocol):
    """What the doors ask of the ledger."""

    async def accept(self, items: list[Accept]) -> list[Accepted]:
        """Make all of them safe (see `weirhouse.ledger.ports.Doors`)."""
        ...


class Collector:
    """One lane's way into the ledger.

    Parameters
    ----------
    doors
        The ledger's inbox, with connections of this lane's own.
    transactions
        Commits in flight at most.
    timeout_s
        A commit that takes longer counts as `LedgerAway`; a repeat then finds what it did.
    """

    def __init__(self, doors: Accepts, lane: str, transactions: int, timeout_s: float, metrics: Metrics) -> None:
        self._doors, self._lane, self._limit, self._timeout_s = doors, lane, transactions, timeout_s
        self._metrics = metrics
        self._waiting: deque[tuple[Prepared, asyncio.Future[Accepted]]] = deque()
        self._running: set[asyncio.Task[list[Outcome]]] = set()
        self._kicked = False

    async def make_safe(self, item: Prepared) -> Accepted:
        """Return when `item` is durable, with what the inbox says of it.

        Raises
        ------
        LedgerAway, LedgerRefuses
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Accepted] = loop.create_future()
        self._waiting.append((item, future))
        if not self._kicked and len(self._running) < self._limit:
            # After this turn of the loop: requests that came in the same read go together.
            self._kicked = True
            loop.call_soon(self._start)
        return await future

    async def drain(self) -> None:
        """Return when nothing is in flight any more."""
        while self._running:
            await asyncio.wait(self._running)

    def _start(self) -> None:
        self._kicked = False
        while self._waiting and len(self._running) < self._limit:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_TOGETHER))]
            task = asyncio.create_task(self.make_all_safe([item for item, _ in batch]))  # noqa: RUF006 - kept below
            self._running.add(task)
            task.add_done_callback(partial(self._settle, [future for _, future in batch]))

    def _settle(self, futures: list[asyncio.Future[Accepted]], task: asyncio.Task[list[Outcome]]) -> None:
        self._running.discard(task)
        self._start()
        failure = LedgerAway("the door is closing") if task.cancelled() else task.exception()
        outcomes: list[Outcome] = [] if failure is not None else task.result()
        for index, future in enumerate(futures):
            if future.done():
                continue
            outcome = failure if failure is not None else outcomes[index]
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    async def make_all_safe(self, items: list[Prepared]) -> list[Outcome]:
        """Commit a batch that is already together; one that can never be kept is found by halving.

        Raises
        ------
        LedgerAway
        """
        begun = perf_counter()
        try:
            async with asyncio.timeout(self._timeout_s):
                outcomes = await self._doors.accept([item.accept for item in items])
        except TimeoutError:
            raise LedgerAway(f"no commit within {self._timeout_s:g} s") from None
        except LedgerRefuses as refusal:
            if len(items) == 1:
                return [refusal]
            half = len(items) // 2
            return await self.make_all_safe(items[:half]) + await self.make_all_safe(items[half:])
        self._metrics.observe(DOOR_COMMIT_SECONDS, perf_counter() - begun, self._lane)
        self._metrics.observe(DOOR_BATCH, len(items), self._lane)
        return list(outcomes)
