# SPDX-License-Identifier: Apache-2.0
"""The three answers to every failure in `streams/`, given in one place.

An exception that left an agent would cost a message (Faust counts it as read) or a restart of the
agent. So every body runs under `Guard.hold`:

- the message is wrong: the answer is `Wrong`; the caller narrows it to one message, which is set aside;
- the world is away: our place is held and the act is tried again, for as long as it takes;
- we are wrong: `Wrong` with `ours`; the one message is set aside and someone is paged;
- not even the letter can be written: the process ends at once, which commits nothing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NoReturn, TypeVar

from streams.dead_letters import Letterbox
from streams.failures import MESSAGE_WRONG, WORLD_AWAY, StopWorker, Wrong, why_away, wrong_of
from weirhouse.telemetry import catalogue
from weirhouse.telemetry.metrics import Metrics
from weirhouse.wire.deadletters import BROKEN_RULE, DeadLetter

T = TypeVar("T")

FIRST_WAIT_S: Final = 0.05
"""A restarted PostgreSQL answers within a second: the first tries are quick."""
LONGEST_WAIT_S: Final = 2.0
"""After an outage of any length the worker goes on within this."""
HARD_EXIT: Final = 70
"""EX_SOFTWARE of sysexits.h."""

_log = logging.getLogger("streams.guard")


class Guard:
    """Owner of failure.

    Parameters
    ----------
    letterbox
        Where messages are set aside.
    stop
        Ends the worker with a sentence.
    exit_hard
        Ends the process without another step (tests put their own).
    """

    def __init__(
        self,
        letterbox: Letterbox,
        metrics: Metrics,
        stop: Callable[[str], None],
        exit_hard: Callable[[int], NoReturn] = os._exit,
    ) -> None:
        self.letterbox = letterbox
        self.holding: dict[str, str] = {}
        """Agents that hold their place now, and what is away; liveness does not count them as stuck."""
        self._metrics = metrics
        self.stop = stop
        """Ends the worker with a sentence."""
        self._exit_hard = exit_hard

    async def hold(self, agent: str, act: Callable[[], Awaitable[T]]) -> T | Wrong:
        """Run `act`; return its answer, or `Wrong` when it can never succeed.

        Raises
        ------
        StopWorker
            Only after `stop` was told; the caller leaves its portion undone.
        """
        wait_s = FIRST_WAIT_S
        while True:
            try:
                answer = await act()
            except StopWorker as order:
                self.stop(str(order))
                raise
            except MESSAGE_WRONG as error:
                return wrong_of(error)
            except WORLD_AWAY as error:
                self._note_away(agent, error)
                await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            except Exception as error:  # noqa: BLE001 - the one place that owns failure
                _log.exception("a rule of ours failed", extra={"agent": agent})
                return wrong_of(error)
            else:
                if self.holding.pop(agent, None):
                    _log.info("goes on", extra={"agent": agent})
                return answer

    def _note_away(self, agent: str, error: BaseException) -> None:
        why = why_away(error)
        if self.holding.get(agent) != why:
            _log.warning("holds its place: %s", error, extra={"agent": agent, "why": why})
        self.holding[agent] = why
        self._metrics.add(catalogue.GUARD_HELD, 1, agent, why)

    async def set_aside(self, agent: str, letters: Sequence[DeadLetter]) -> None:
        """Make the letters durable; only then may their input count as done.

        Raises
        ------
        StopWorker
            The limit is reached: nothing was written.
        """
        if not letters:
            return

        async def count() -> None:
            self.letterbox.limit.failed(len(letters))

        await self.hold(agent, count)
        for letter in letters:
            if letter.reason == BROKEN_RULE:
                _log.critical(
                    "set aside because we are wrong: %s", letter.detail, extra={"agent": agent, "origin": letter.origin}
                )
            else:
                _log.warning(
                    "set aside: %s",
                    letter.reason,
                    extra={"agent": agent, "origin": letter.origin, "why": letter.detail},
                )
        if isinstance(await self.hold(agent, lambda: self.letterbox.write(letters)), Wrong):
            _log.critical("cannot write a dead letter; ending the process so that nothing counts as read")
            self._exit_hard(HARD_EXIT)
