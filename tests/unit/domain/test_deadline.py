# SPDX-License-Identifier: Apache-2.0
"""Does a deadline keep its time, say why it stood, and step up in order?"""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirhouse.domain import deadline as rules
from weirhouse.domain.deadline import Deadline
from weirhouse.domain.errors import IllegalTransition, InvalidValue
from weirhouse.domain.lifecycle import DEADLINE, DeadlineState
from weirhouse.domain.workdays import Clock, Wall, Workdays

CLOCKS = st.sampled_from([Wall(), Workdays(zone=timezone(timedelta(hours=8)))])
START = 1_790_000_000.0
SECONDS = st.integers(1, 500_000).map(float)
WALL = Wall()


def running(amount_s: float = 100.0) -> Deadline:
    return rules.begin("resolve", amount_s, START)


def paused() -> Deadline:
    return rules.pause(running(), WALL, START + 40.0, "waits for the owner's key", "lin")


@given(CLOCKS, SECONDS, SECONDS)
def test_finish_and_wake_agree_on_what_is_late(clock: Clock, amount_s: float, later_s: float) -> None:
    one = running(amount_s)
    now = START + later_s
    done, woken = rules.finish(one, clock, now), rules.wake(one, clock, now)
    assert (done.state is DeadlineState.MISSED) == (woken.state is DeadlineState.MISSED)
    assert rules.finish(woken, clock, now) == done
    assert done.ended_at == now
    assert done.used_s == clock.between(START, now)


@given(CLOCKS, SECONDS, st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=4))
def test_a_pause_costs_nothing(clock: Clock, amount_s: float, turns: list[tuple[float, float]]) -> None:
    one, now, ran = running(amount_s), START, 0.0
    for runs_s, stands_s in turns:
        ran += clock.between(now, now + runs_s)
        now += runs_s
        if ran >= amount_s:
            with pytest.raises(IllegalTransition):
                rules.pause(one, clock, now, "why", "who")
            return
        one = rules.pause(one, clock, now, "why", "who")
        assert rules.due_at(one, clock) is None
        now += stands_s
        one = rules.resume(one, clock, now)
        assert rules.used(one, clock, now) == ran
        assert (one.reason, one.author) == ("", "")
    assert rules.due_at(one, clock) == clock.after(now, amount_s - ran)


@given(CLOCKS, SECONDS)
def test_steps_come_in_order_and_widen_falls_on_the_due_moment(clock: Clock, amount_s: float) -> None:
    steps = [rules.next_step(running(amount_s), clock, taken) for taken in range(len(rules.STEPS))]
    named = [found for found in steps if found is not None]
    assert [name for name, _ in named] == ["remind", "widen", "supervisor", "lead"]
    assert [at for _, at in named] == sorted(at for _, at in named)
    assert named[1][1] == rules.due_at(running(amount_s), clock)
    assert rules.next_step(running(amount_s), clock, len(rules.STEPS)) is None


def test_steps_go_on_after_a_miss_until_the_thing_is_done() -> None:
    missed = rules.wake(running(), WALL, START + 100.0)
    assert missed.state is DeadlineState.MISSED
    assert rules.next_step(missed, WALL, 2) == ("supervisor", START + 150.0)
    late = rules.finish(missed, WALL, START + 130.0)
    assert (late.state, late.ended_at, late.used_s) == (DeadlineState.MISSED, START + 130.0, 130.0)
    assert rules.next_step(late, WALL, 2) is None
    assert rules.due_at(late, WALL) is None
    assert rules.finish(late, WALL, START + 900.0) == late


def test_a_paused_one_is_neither_escalated_nor_missed() -> None:
    one = paused()
    assert (one.reason, one.author) == ("waits for the owner's key", "lin")
    assert rules.next_step(one, WALL, 0) is None
    assert rules.wake(one, WALL, START + 9_000.0) == one
    assert rules.finish(one, WALL, START + 9_000.0).state is DeadlineState.MET


def test_a_missed_one_is_waived_by_name() -> None:
    missed = rules.wake(running(), WALL, START + 100.0)
    waived = rules.waive(missed, WALL, START + 200.0, " road closed by flood ", "zhao")
    assert (waived.state, waived.reason, waived.author) == (DeadlineState.WAIVED, "road closed by flood", "zhao")
    with pytest.raises(IllegalTransition):
        rules.finish(waived, WALL, START + 210.0)


def test_another_amount_keeps_what_has_run() -> None:
    assert rules.due_at(rules.allow(running(), 30.0), WALL) == START + 30.0
    short = rules.resume(rules.allow(paused(), 30.0), WALL, START + 500.0)
    assert rules.due_at(short, WALL) == START + 500.0
    assert rules.wake(short, WALL, START + 500.0).state is DeadlineState.MISSED


def test_a_moment_before_the_last_change_counts_as_the_change() -> None:
    one = rules.resume(paused(), WALL, START + 50.0)
    early = rules.finish(one, WALL, START)
    assert (early.ended_at, early.used_s) == (START + 50.0, 40.0)


@pytest.mark.parametrize("amount_s", [0.0, -1.0, float("inf"), float("nan")])
def test_an_amount_that_is_no_time_is_refused(amount_s: float) -> None:
    with pytest.raises(InvalidValue):
        running(amount_s)
    with pytest.raises(InvalidValue):
        rules.allow(running(), amount_s)


@pytest.mark.parametrize(("reason", "author"), [("", "lin"), ("  ", "lin"), ("why", "")])
def test_a_pause_and_a_waiver_want_a_reason_and_a_name(reason: str, author: str) -> None:
    for act in (rules.pause, rules.waive):
        with pytest.raises(InvalidValue):
            act(running(), WALL, START, reason, author)


def test_what_is_decided_stays_decided() -> None:
    met = rules.finish(running(), WALL, START + 1.0)
    for act in (rules.finish, rules.resume):
        with pytest.raises(IllegalTransition):
            act(met, WALL, START + 2.0)
    with pytest.raises(InvalidValue, match="met already"):
        rules.allow(met, 10.0)


def test_every_state_has_its_row() -> None:
    assert set(DEADLINE) == set(DeadlineState)
