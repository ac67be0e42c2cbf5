# SPDX-License-Identifier: Apache-2.0
"""Is the priority explained, monotone in each term, total and fair?"""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.makers import T0, Room, at_m, report
from weirhouse.domain.lexicon import CLAIMS
from weirhouse.domain.policy import NORMAL
from weirhouse.domain.priority import corroboration, priority_of, queue_key
from weirhouse.domain.taxonomy import TYPES

CODES = st.sets(st.sampled_from(sorted(CLAIMS)), max_size=5)
KINDS = st.sampled_from(sorted(TYPES))
FLOORS = st.tuples(st.integers(1, 5), st.floats(0, 1))


@given(KINDS, CODES, st.sampled_from(sorted(CLAIMS)), FLOORS, st.integers(1, 500), st.integers(1, 5), st.floats(0, 2e9))
def test_every_term_only_raises(
    kind: str, claims: set[str], more: str, floor: tuple[int, float], reporters: int, sorts: int, opened_at: float
) -> None:
    base = priority_of(kind, claims, floor, reporters, sorts, opened_at, NORMAL)
    for other in (
        priority_of(kind, claims | {more}, floor, reporters, sorts, opened_at, NORMAL),
        priority_of(kind, claims, floor, reporters + 1, sorts, opened_at, NORMAL),
        priority_of(kind, claims, floor, reporters, sorts + 1, opened_at, NORMAL),
        priority_of(kind, claims, (1, 1.0), reporters, sorts, opened_at, NORMAL),
        priority_of(kind, claims, floor, reporters, sorts, opened_at - 60.0, NORMAL),
    ):
        assert other[0] <= base[0]
        assert other[1] >= base[1]
        assert other[2] >= base[2] - 1e-6


@given(KINDS, CODES, FLOORS, st.integers(1, 500), st.integers(1, 5))
def test_the_reasons_add_up_to_the_rank(
    kind: str, claims: set[str], floor: tuple[int, float], reporters: int, sorts: int
) -> None:
    priority, severity, rank, reasons = priority_of(kind, claims, floor, reporters, sorts, T0, NORMAL)
    assert 1 <= priority <= 5
    assert 0.0 <= severity <= 1.0
    total = sum(term.value for term in reasons) - NORMAL.ranking.rate_per_s * T0
    assert math.isclose(total, rank, abs_tol=1e-3)


def test_a_brigade_counts_as_a_crowd_and_no_more() -> None:
    assert corroboration(1, 1) == 0.0
    assert corroboration(64, 1) == corroboration(1_000_000, 1) == 0.5
    assert corroboration(2, 3) > corroboration(20, 1)


def test_nobody_waits_for_ever_and_life_comes_first_for_weeks() -> None:
    def rank(kind: str, claims: set[str], opened_at: float) -> float:
        return priority_of(kind, claims, (5, 0.0), 1, 1, opened_at, NORMAL)[2]

    day = 86_400.0
    old_wish = rank("graffiti", set(), T0)
    assert rank("power_cut", set(), T0 + 1 * day) > old_wish
    assert rank("power_cut", set(), T0 + 3 * day) < old_wish
    assert rank("crash", {"crash"}, T0 + 30 * day) > old_wish
    assert rank("crash", {"crash"}, T0 + 60 * day) < old_wish


def test_the_queue_is_total_and_stable() -> None:
    room = Room()
    for i in range(8):
        room.take(report(f"r{i}", "noise", at_m(5000.0 * i, 0)))
    keys = [queue_key(incident) for incident in room.incidents()]
    assert len(set(keys)) == 8
    assert sorted(keys) == [queue_key(each) for each in sorted(room.index, key=queue_key)]
