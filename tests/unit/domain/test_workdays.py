# SPDX-License-Identifier: Apache-2.0
"""Does the clock of working hours run when people work, and only then?"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirhouse.domain.errors import InvalidValue
from weirhouse.domain.workdays import Wall, Workdays

CITY = timezone(timedelta(hours=8))
YEAR = Workdays(
    zone=CITY,
    holidays=frozenset(date(2026, 10, day) for day in range(1, 8)),
    worked=frozenset({date(2026, 9, 27), date(2026, 10, 10)}),
)
DAY_S = 8 * 3600.0
MOMENTS = st.integers(1_780_000_000, 1_812_000_000).map(float)
AMOUNTS = st.integers(1, 40 * 8 * 3600).map(float)


def at(day: date, hour: int, minute: int = 0) -> float:
    return datetime.combine(day, time(hour, minute), CITY).timestamp()


@given(MOMENTS, AMOUNTS)
def test_what_is_added_can_be_counted_again(start: float, amount_s: float) -> None:
    due = YEAR.after(start, amount_s)
    assert YEAR.between(start, due) == amount_s
    assert due >= start + amount_s


@given(MOMENTS, AMOUNTS, AMOUNTS)
def test_two_parts_are_the_whole(start: float, one_s: float, two_s: float) -> None:
    assert YEAR.after(YEAR.after(start, one_s), two_s) == YEAR.after(start, one_s + two_s)
    middle, end = start + one_s, start + one_s + two_s
    assert YEAR.between(start, middle) + YEAR.between(middle, end) == YEAR.between(start, end)


@given(MOMENTS, AMOUNTS)
def test_it_never_runs_faster_than_the_wall(start: float, length_s: float) -> None:
    assert 0.0 <= YEAR.between(start, start + length_s) <= Wall().between(start, start + length_s)


@given(MOMENTS)
def test_a_moment_has_no_length(start: float) -> None:
    assert YEAR.between(start, start) == 0.0
    assert YEAR.between(start, start - 90_000.0) == 0.0
    assert YEAR.after(start, 0.0) == start == YEAR.after(start, -5.0)
    assert Wall().after(start, -5.0) == start
    assert Wall().between(start, start - 1.0) == 0.0


def test_lunch_night_and_weekend_do_not_count() -> None:
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    assert YEAR.after(at(friday, 11, 30), 3600.0) == at(friday, 13, 30)
    assert YEAR.after(at(friday, 17), 2 * 3600.0) == at(monday, 10)
    assert YEAR.after(at(friday, 20), DAY_S) == at(monday, 18)


def test_a_holiday_is_left_out_and_its_make_up_day_is_worked() -> None:
    # 30 September, 17:00; the week of holidays; 8 October, a Thursday.
    assert YEAR.after(at(date(2026, 9, 30), 17), 2 * 3600.0) == at(date(2026, 10, 8), 10)
    # Friday 9 October, 17:00; Saturday the 10th is worked instead.
    assert YEAR.after(at(date(2026, 10, 9), 17), 2 * 3600.0) == at(date(2026, 10, 10), 10)


def test_a_night_shift_loses_the_hour_the_clocks_skip() -> None:
    zone = ZoneInfo("Europe/Berlin")
    nights = Workdays(zone=zone, shifts=((time(0), time(6)),), weekdays=frozenset({6}))
    midnight = datetime(2026, 3, 29, tzinfo=zone).timestamp()
    assert nights.between(midnight, midnight + 86_400.0) == 5 * 3600.0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"shifts": ()}, "calendar.shifts"),
        ({"shifts": ((time(12), time(9)),)}, "calendar.shifts"),
        ({"shifts": ((time(9), time(13)), (time(12), time(18)))}, "calendar.shifts"),
        ({"weekdays": frozenset()}, "calendar.weekdays"),
        ({"weekdays": frozenset({7})}, "calendar.weekdays"),
        ({"holidays": frozenset({date(2026, 1, 1)}), "worked": frozenset({date(2026, 1, 1)})}, "calendar.worked"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidValue) as told:
        Workdays(zone=CITY, **wrong)  # type: ignore[arg-type]
    assert told.value.path == field


def test_more_work_than_ten_years_hold_is_refused() -> None:
    with pytest.raises(InvalidValue, match="3660 days"):
        YEAR.after(at(date(2026, 1, 5), 9), 4_000 * DAY_S)
