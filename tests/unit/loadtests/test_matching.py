# SPDX-License-Identifier: Apache-2.0
"""Does the comparison of desks serve everybody once on both sides, and do the sums lie near theory?"""

from __future__ import annotations

import math

import numpy as np

from loadtests import democity
from loadtests.matchcity import calls_of, figures_of, first_come, gini, in_batches, run_day
from weirhouse.domain.matching import cheapest, nearest_first


def test_small_sums_lie_near_theory() -> None:
    chance = np.random.default_rng(3)
    n, runs = 8, 3_000
    costs = chance.exponential(size=(runs, n, n))
    best = np.mean([sum(one[pair] for pair in cheapest(one)) for one in costs])
    near = np.mean([sum(one[pair] for pair in nearest_first(one)) for one in costs])
    assert math.isclose(best, sum(1 / k**2 for k in range(1, n + 1)), rel_tol=0.03)
    assert math.isclose(near, sum(1 / k for k in range(1, n + 1)), rel_tol=0.05)


def test_both_desks_serve_every_call_once_with_a_team_that_can() -> None:
    teams = democity.build().teams
    calls = calls_of(0.6, 11, teams)[:150]
    for desk in (first_come, in_batches):
        served, day = run_day(desk, calls, teams)
        assert len(served) == len(calls)
        assert all(call.response_s >= call.way_s - 1e-6 > 0.0 for call in served)
        assert sum(day.jobs.values()) == len(calls)
        assert day.waiting == []
        figures = figures_of([(served, day)])
        assert figures["p95_s"] >= figures["p1_mean_s"] > 0
    assert calls_of(0.6, 11, teams)[:150] == calls


def test_the_same_seed_gives_the_same_day_and_gini_its_ends() -> None:
    teams = democity.build().teams
    assert [call.at for call in calls_of(0.5, 2, teams)] == [call.at for call in calls_of(0.5, 2, teams)]
    assert gini([3.0, 3.0, 3.0]) == 0.0
    assert math.isclose(gini([0.0, 0.0, 0.0, 1.0]), 0.75)
    assert gini([0.0, 0.0]) == 0.0
