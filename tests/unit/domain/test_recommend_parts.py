# SPDX-License-Identifier: Apache-2.0
"""The parts of a recommendation by themselves: matching, plans, ways, coverage, positions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.makers import T0, at_m, team
from weirhouse.domain.coverage import centre, losses
from weirhouse.domain.errors import InvalidValue
from weirhouse.domain.geo import metres
from weirhouse.domain.kinds import ROWS as KINDS
from weirhouse.domain.matching import cheapest, nearest_first, optimal
from weirhouse.domain.plans import PLANS, Need, brings, open_needs, plan_for
from weirhouse.domain.position import placed
from weirhouse.domain.taxonomy import TYPES
from weirhouse.domain.travel import DRIVING, Origin, StraightLine, distances_m


@given(st.integers(1, 5), st.integers(1, 5), st.randoms())
def test_cheapest_is_the_best_of_all_permutations(rows: int, columns: int, chance: object) -> None:
    costs = np.array([[chance.random() for _ in range(columns)] for _ in range(rows)])  # type: ignore[attr-defined]
    found = cheapest(costs)
    assert len(found) == min(rows, columns)
    tall = costs if rows <= columns else costs.T
    best = min(
        sum(tall[row, column] for row, column in enumerate(way))
        for way in itertools.permutations(range(tall.shape[1]), tall.shape[0])
    )
    assert math.isclose(sum(costs[pair] for pair in found), best, abs_tol=1e-9)
    assert sum(costs[pair] for pair in nearest_first(costs)) >= best - 1e-9


def test_what_gains_nothing_is_left_out_and_what_is_no_number_refused() -> None:
    assert optimal(np.array([[0.0, 5.0], [0.0, 4.0]])) == [(0, 1)]
    assert optimal(np.zeros((0, 3))) == []
    with pytest.raises(ValueError, match="finite"):
        optimal(np.array([[math.inf]]))


def test_nearest_first_serves_in_order_and_leaves_out_the_impossible() -> None:
    assert nearest_first(np.array([[1.0, 2.0], [0.1, 9.0], [1.0, 1.0]])) == [(0, 0), (1, 1)]
    assert nearest_first(np.array([[math.inf, math.inf], [3.0, 1.0]])) == [(1, 1)]


def test_every_type_and_priority_has_a_plan_with_known_words() -> None:
    known = {skill for row in KINDS for skill in row[10].split()} | {"any"}
    assert set(PLANS) <= set(TYPES)
    for name in TYPES:
        sizes = []
        for priority in range(1, 6):
            needs = plan_for(name, priority)
            assert needs
            assert {need.skill for need in needs} <= known
            sizes.append(sum(need.teams for need in needs))
        assert sizes == sorted(sizes, reverse=True), name
    assert plan_for("flooding_indoors", 3) == plan_for("flooding", 3)
    assert plan_for("nobody knows this", 5) == (Need("any", 1),)


def test_what_is_there_is_counted_once_and_where_it_helps_most() -> None:
    needs = (Need("fire", 1), Need("gas", 1), Need("medical", 1))
    both, fire = team("b", skills=("fire", "gas")), team("f", skills=("fire",))
    assert open_needs(needs, ()) == ("fire", "gas", "medical")
    assert open_needs(needs, (both, fire)) == ("medical",)
    assert open_needs(needs, (fire, fire)) == ("gas", "medical")
    assert brings(team("x", kind="boat"), "boat")


def test_the_way_is_metres_on_the_plane_and_time_by_kind() -> None:
    here, there = at_m(0, 0), at_m(3000, 4000)
    away = distances_m([Origin(here.lat, here.lon)], [(there.lat, there.lon)])
    assert math.isclose(away[0, 0], metres(here.lat, here.lon, there.lat, there.lon), rel_tol=1e-6)
    way = StraightLine(speeds={}).seconds([Origin(here.lat, here.lon)], [(here.lat, here.lon), (there.lat, there.lon)])
    assert way[0, 0] == DRIVING.start_s
    assert math.isclose(way[0, 1], 60 + 2000 / 7 + (6500 - 2000) / 12, rel_tol=0.01)
    both_sides = distances_m([Origin(0.0, 179.99)], [(0.0, -179.99)])
    assert both_sides[0, 0] < 2300


def test_coverage_is_daskins_formula() -> None:
    reach = np.array([[True, False], [True, False], [False, True], [True, True]])
    lost = losses(reach, ["a", "a", "a", "b"], [1.0, 3.0], 0.3)
    assert np.allclose(lost, [0.7 * 0.3 / 4, 0.7 * 0.3 / 4, 3 * 0.7 / 4, 0.7])
    assert losses(reach, ["a"] * 4, [0.0, 0.0], 0.3).tolist() == [0.0] * 4
    lat, lon = centre([(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (0.0, 1.0), (0.0, 0.0)])
    assert (lat, lon) == (0.5, 1.0)
    assert centre([(1.0, 1.0), (1.0, 1.0), (1.0, 1.0)]) == (1.0, 1.0)


def test_the_newest_position_counts_and_an_older_changes_nothing() -> None:
    there = team("t", lat=1.0, lon=1.0, position_at=T0)
    write = placed(there, 42.0, -71.0, 0.0, T0 + 5, T0 + 6)
    assert write is not None
    (row,) = write.teams
    assert (row.lat, row.lon, row.accuracy_m, row.position_at) == (42.0, -71.0, 5.0, T0 + 5)
    assert write.audit == ()
    assert there.lat == 1.0
    assert placed(there, 42.0, -71.0, 9.0, T0, T0 + 6) is None
    ahead = placed(there, 42.0, -71.0, 9.0, T0 + 50, T0 + 6)
    assert ahead is not None
    assert ahead.teams[0].position_at == T0 + 6


@pytest.mark.parametrize(
    ("lat", "lon", "accuracy_m", "at"),
    [(91.0, 0.0, 5.0, T0), (math.nan, 0.0, 5.0, T0), (0.0, 0.0, 5.0, T0), (10.0, 10.0, 5.0, T0),
     (42.0, -71.0, -1.0, T0), (42.0, -71.0, 5.0, T0 + 61), (42.0, -71.0, 5.0, T0 - 90_000)],
)  # fmt: skip
def test_a_position_that_cannot_be_is_refused(lat: float, lon: float, accuracy_m: float, at: float) -> None:
    with pytest.raises(InvalidValue):
        placed(team("t"), lat, lon, accuracy_m, at, T0, (-72.0, 41.0, -70.0, 43.0))
