# SPDX-License-Identifier: Apache-2.0
"""Two clocks for deadlines: the wall's, and one that runs in working hours only (工作时间), by a calendar of holidays.

Instants are seconds since the epoch; the calendar's hours are local and its time zone is handed in, so a day on
which the clocks change has the hours it really had.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Final, Protocol

import msgspec

from weirhouse.domain.errors import InvalidValue

SEARCH_DAYS: Final = 3_660
"""How many calendar days one sum may walk: ten years, far beyond any deadline; a longer one is refused."""


class Clock(Protocol):
    """What a deadline runs on."""

    def after(self, start: float, amount_s: float) -> float:
        """Return the instant at which `amount_s` seconds of this clock have run since `start`."""

    def between(self, start: float, end: float) -> float:
        """Return how many seconds of this clock ran from `start` to `end`; 0 when `end` is not later."""


class Wall:
    """Every second counts."""

    def after(self, start: float, amount_s: float) -> float:
        """Return `amount_s` after `start`; nothing to run is `start` itself."""
        return start + max(0.0, amount_s)

    def between(self, start: float, end: float) -> float:
        """Return the seconds from `start` to `end`."""
        return max(0.0, end - start)


class Workdays(msgspec.Struct, frozen=True, kw_only=True):
    """Working hours of a week, with days off and days worked instead (调休).

    `shifts` are local (from, to) pairs of one day, in order and apart; `weekdays` are 0 (Monday) to 6. A day in
    `worked` counts whatever weekday it is; a day in `holidays` does not; no day may stand in both.

    Raises
    ------
    InvalidValue
        Naming the field, for hours that overlap or run backwards, an unknown weekday, a week without work or
        a day in both lists.
    """

    zone: tzinfo
    shifts: tuple[tuple[time, time], ...] = ((time(9), time(12)), (time(13), time(18)))
    weekdays: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        edges = [edge for shift in self.shifts for edge in shift]
        if any(begin >= end for begin, end in self.shifts) or any(one > two for one, two in pairwise(edges)):
            raise InvalidValue("calendar.shifts", "hours must run forwards and not overlap")
        if not self.shifts or not self.weekdays:
            raise InvalidValue("calendar.weekdays" if self.shifts else "calendar.shifts", "a week needs working time")
        if not self.weekdays <= frozenset(range(7)):
            raise InvalidValue("calendar.weekdays", "0 (Monday) to 6 (Sunday)")
        both = sorted(self.holidays & self.worked)
        if both:
            raise InvalidValue("calendar.worked", f"{both[0].isoformat()} is a holiday too")

    @property
    def day_s(self) -> float:
        """Seconds of one working day."""
        return sum((_since_midnight(end) - _since_midnight(begin)).total_seconds() for begin, end in self.shifts)

    def works_on(self, day: date) -> bool:
        """Return whether `day` is a working day."""
        return day in self.worked or (day.weekday() in self.weekdays and day not in self.holidays)

    def _spans(self, start: float) -> Iterator[tuple[float, float]]:
        """Yield the (from, to) instants of working time from `start` on."""
        first = datetime.fromtimestamp(start, self.zone).date()
        for number in range(SEARCH_DAYS):
            day = first + timedelta(days=number)
            if not self.works_on(day):
                continue
            for begin, end in self.shifts:
                opens = max(start, datetime.combine(day, begin, self.zone).timestamp())
                closes = datetime.combine(day, end, self.zone).timestamp()
                if opens < closes:
                    yield opens, closes

    def after(self, start: float, amount_s: float) -> float:
        """Return the instant at which `amount_s` seconds of working time have run since `start`.

        Nothing to run is `start` itself, whatever the hour.

        Raises
        ------
        InvalidValue
            When ten years of the calendar do not hold that much.
        """
        left = amount_s
        if left <= 0.0:
            return start
        for opens, closes in self._spans(start):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        raise InvalidValue("deadline.amount_s", f"the calendar has no {amount_s:.0f} s of work in {SEARCH_DAYS} days")

    def between(self, start: float, end: float) -> float:
        """Return the seconds of working time from `start` to `end`; beyond ten years nothing is added."""
        total = 0.0
        for opens, closes in self._spans(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total


def _since_midnight(moment: time) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second)
