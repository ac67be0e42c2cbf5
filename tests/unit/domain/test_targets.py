# SPDX-License-Identifier: Apache-2.0
"""Do the six profiles say what their sources say, and are shares counted in whole cases?"""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirhouse.domain.errors import NotFound
from weirhouse.domain.targets import SOURCES, TARGETS, Target, amount_s, judge, profile
from weirhouse.domain.workdays import Workdays

CALENDAR = Workdays(zone=timezone(timedelta(hours=8)))
SPEEDS = st.lists(st.none() | st.floats(0, 300), max_size=60)


def test_each_profile_has_its_source_and_its_promises() -> None:
    assert set(SOURCES) == {target.profile for target in TARGETS}
    assert len(SOURCES) == 6
    assert all(SOURCES[name] and profile(name) for name in SOURCES)
    assert len({(t.profile, t.what, t.about, t.amount) for t in TARGETS}) == len(TARGETS)


def test_a_profile_nobody_knows_is_told() -> None:
    with pytest.raises(NotFound, match="nena-021"):
        profile("nena-021")


def test_amounts_are_seconds_of_their_clock() -> None:
    by_about = {target.about: amount_s(target, CALENDAR) for target in profile("city-grid")}
    assert by_about == {"exposed_rubbish": 8 * 3600.0, "road_water": 4 * 3600.0, "dirty_road": 5 * 3600.0}
    assert [amount_s(target, CALENDAR) for target in profile("nena-020")] == [15, 20]


@given(st.sampled_from(TARGETS), SPEEDS)
def test_one_more_kept_case_never_hurts(target: Target, took_s: list[float | None]) -> None:
    before, after = judge(target, took_s, CALENDAR), judge(target, [*took_s, 0.0], CALENDAR)
    assert after.kept == before.kept + 1
    assert after.enough or not before.enough
    assert 0 <= before.kept <= before.cases == len(took_s)


@pytest.mark.parametrize(("kept", "enough"), [(18, False), (19, True), (20, True)])
def test_nineteen_of_twenty_is_ninety_five_in_a_hundred(kept: int, enough: bool) -> None:
    target = profile("nena-020")[1]
    assert judge(target, [20.0] * kept + [20.001] * (20 - kept), CALENDAR).enough is enough


def test_a_connection_counts_whether_not_how_fast() -> None:
    connect = next(target for target in profile("gbt-33358") if target.what == "connect")
    assert judge(connect, [900.0] * 19 + [None], CALENDAR).enough
    assert not judge(connect, [1.0] * 18 + [None, None], CALENDAR).enough


def test_no_case_is_no_failure() -> None:
    assert judge(TARGETS[0], [], CALENDAR).enough
