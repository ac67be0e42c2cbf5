# SPDX-License-Identifier: Apache-2.0
"""The three answers to every failure, and the fourth when not even a letter can be written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import pytest

from streams.dead_letters import Letterbox, Limit
from streams.failures import StopWorker, Wrong, WrongMessage
from streams.guard import HARD_EXIT, Guard
from weirhouse.clock import fixed_clock, system_clock
from weirhouse.ledger.ports import LedgerAway, LedgerRefuses
from weirhouse.telemetry.metrics import Metrics
from weirhouse.wire.deadletters import BROKEN_RULE, MALFORMED, REFUSED, DeadLetter


class Ended(Exception):
    """The process would have ended."""


class Box(Letterbox):
    """Keeps letters in a list; `broken` makes writing fail as a bug would."""

    def __init__(self, limit: Limit, broken: bool = False) -> None:
        self.limit = limit
        self.clock = fixed_clock(system_clock())
        self.letters: list[DeadLetter] = []
        self._broken = broken

    async def write(self, letters: Sequence[DeadLetter]) -> None:
        if self._broken:
            raise ZeroDivisionError("even this")
        self.letters += letters


def guard_with(box: Box) -> tuple[Guard, list[str]]:
    said: list[str] = []

    def end(code: int) -> NoReturn:
        assert code == HARD_EXIT
        raise Ended

    return Guard(box, Metrics(), said.append, end), said


def letter(reason: str = MALFORMED, offset: int = 0) -> DeadLetter:
    return DeadLetter(topic="t", partition=0, offset=offset, reason=reason)


@pytest.mark.parametrize(
    ("error", "reason", "ours"),
    [
        (WrongMessage(MALFORMED, "no"), MALFORMED, False),
        (LedgerRefuses("no"), REFUSED, False),
        (ZeroDivisionError("oops"), BROKEN_RULE, True),
    ],
)
async def test_what_cannot_succeed_is_told_apart(error: Exception, reason: str, ours: bool) -> None:
    guard, said = guard_with(Box(Limit(100, 60)))

    async def act() -> None:
        raise error

    answer = await guard.hold("agent", act)
    assert isinstance(answer, Wrong)
    assert (answer.reason, answer.ours, said) == (reason, ours, [])


async def test_the_world_away_holds_the_place_until_it_is_back() -> None:
    guard, _ = guard_with(Box(Limit(100, 60)))
    tries = 0

    async def act() -> str:
        nonlocal tries
        tries += 1
        if tries < 4:
            assert tries == 1 or guard.holding == {"agent": "ledger"}
            raise LedgerAway("gone")
        return "back"

    assert await guard.hold("agent", act) == "back"
    assert guard.holding == {}


async def test_an_order_to_stop_passes_with_its_sentence() -> None:
    guard, said = guard_with(Box(Limit(100, 60)))

    async def act() -> None:
        raise StopWorker("enough")

    with pytest.raises(StopWorker):
        await guard.hold("agent", act)
    assert said == ["enough"]


async def test_a_letter_that_cannot_be_written_ends_the_process() -> None:
    guard, _ = guard_with(Box(Limit(100, 60), broken=True))
    with pytest.raises(Ended):
        await guard.set_aside("agent", [letter()])


async def test_over_the_limit_nothing_is_written() -> None:
    box = Box(Limit(8, 60))
    guard, said = guard_with(box)
    await guard.set_aside("agent", [letter()])
    with pytest.raises(StopWorker):
        await guard.set_aside("agent", [letter(offset=n) for n in range(1, 4)])
    assert len(box.letters) == 1
    assert "bad release" in said[0]


class Seconds:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_bad_input_among_much_good_never_reaches_the_limit() -> None:
    limit = Limit(100, 60, Seconds())
    for _ in range(1_000):
        limit.failed(1)
        limit.passed(9)
    assert limit.in_a_row == 0


def test_letters_leave_the_window() -> None:
    clock = Seconds()
    limit = Limit(100, 60, clock)
    for _ in range(20):
        limit.failed(20)
        limit.passed(1)
        clock.now += 20
    limit.failed(20)
    limit.passed(1)
    with pytest.raises(StopWorker):
        limit.failed(20)
