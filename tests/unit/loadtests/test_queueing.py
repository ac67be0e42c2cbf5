# SPDX-License-Identifier: Apache-2.0
"""Are the formulas those of the books, and does the desk's queue in simulated time agree with them?"""

from __future__ import annotations

import argparse
import math

import pytest

from loadtests import queueing
from loadtests.queueing import DEFAULT, Case, case_of, erlang_c, expected, measure, serve


def test_the_designs_case_comes_out_as_written() -> None:
    fcfs, by_priority = expected(DEFAULT)
    assert round(fcfs, 1) == 198.1
    assert [round(wait, 1) for wait in by_priority] == [10.4, 12.8, 244.6]
    assert math.isclose(erlang_c(1, 0.7), 0.7)


def test_priorities_share_out_the_same_total_wait() -> None:
    fcfs, by_priority = expected(Case(3, 60.0, 0.8, (10.0, 30.0, 60.0)))
    assert math.isclose(sum(w * s for w, s in zip(by_priority, (0.1, 0.3, 0.6), strict=True)), fcfs)


def test_the_queue_takes_the_gravest_first_and_the_longest_waiting_of_those() -> None:
    waits = serve(1, [0.0, 1.0, 2.0, 3.0], [10.0] * 4, [2, 2, 0, 2])
    assert waits == [0.0, 19.0, 8.0, 27.0]
    assert serve(1, [0.0, 1.0, 2.0], [10.0] * 3, None) == [0.0, 9.0, 18.0]
    assert serve(2, [0.0, 0.0, 1.0], [4.0, 9.0, 1.0], None) == [0.0, 0.0, 3.0]


def test_a_small_case_lies_near_theory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queueing, "FEWEST", 200_000)
    figures, bars = measure(Case(2, 60.0, 0.7, (30.0, 70.0)), seed=5)
    assert all(bar.met(bar.floor) for bar in bars), figures


@pytest.mark.parametrize("text", ["10,120", "0,1,0.5,100", "10,120,1.0,100", "10,120,0.9,50/40", "2,60,0.5,x"])
def test_a_case_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        case_of(text)


def test_a_case_is_read() -> None:
    assert case_of("10,120,0.95,5/15/80") == DEFAULT
