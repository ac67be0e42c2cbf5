# SPDX-License-Identifier: Apache-2.0
"""What a city's own records taught: how often reports under these labels, so far apart, were one happening.

A *label* is what the source called it (its own claimed type, else our type id). Every label has three
log-odds; those of the report and of the incident are added, and to them what holds for all labels.
Learned by `python -m loadtests.learn` from pairs that people recorded; data, replaceable per city.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

SOON_AT: Final = 3.0
"""log(1 + hours) at which `soon` changes its sign: 19 hours."""
NEAR_M: Final = 10.0
WIDEST: Final = 2.0


class Habit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Log-odds of one label: `odds` always, `soon` for each unit of log(1 + hours) past 19 hours,
    `address` when both give the same address."""

    odds: float = 0.0
    soon: float = 0.0
    address: float = 0.0


NOTHING: Final = Habit()


class Habits(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The learned table. Without labels it says nothing and nothing is added."""

    version: str = ""
    labels: dict[str, Habit] = msgspec.field(default_factory=dict)
    rest: Habit = NOTHING
    """For a label the records did not know."""
    all: Habit = NOTHING
    """Added once to every pair."""
    same: float = 0.0
    """When both sides bear one label."""
    late: float = 0.0
    """For the square of log(1 + hours)."""
    near: float = 0.0
    """For log(1 + metres / 10)."""
    far: float = 0.0
    """For the root of (metres / 25)."""
    nowhere: float = 0.0
    """When one of the two has no place and the addresses differ."""
    address_only: float = 0.0
    """When one of the two has no place and both give the same address."""
    window_s: float = 0.0
    """Seconds after which no report joins, where that is longer than twice the type's window."""
    words: float = 0.0
    """For the likeness of the words, 0..1: records with fixed phrases prove little by them."""

    def of(self, label: str, type_id: str) -> Habit:
        """Return the habit of a label, else of the type, else of the rest."""
        found = self.labels.get(label)
        if found is None and label != type_id:
            found = self.labels.get(type_id)
        return self.rest if found is None else found

    def both(self, one: Habit, two: Habit, same: bool) -> Habit:
        """Return what two labels and the city add together."""
        every = self.all
        return Habit(
            every.odds + one.odds + two.odds + self.same * same,
            every.soon + one.soon + two.soon,
            every.address + one.address + two.address,
        )

    def most(self) -> float:
        """Return the log-odds by which candidates are looked for more widely: what the table adds to its
        surest label at once, within `WIDEST` (farther out a label would have to be surer than any is)."""
        if not self.labels:
            return 0.0
        surest = max(habit.odds - SOON_AT * habit.soon for habit in self.labels.values())
        return min(WIDEST, max(0.0, self.all.odds - SOON_AT * self.all.soon + 2.0 * surest))


def soon_of(gap_s: float) -> tuple[float, float]:
    """Return (the unit of `Habit.soon`, that of `Habits.late`) for a gap in seconds."""
    logs = math.log1p(gap_s / 3600.0)
    return logs - SOON_AT, logs * logs


def near_of(distance_m: float) -> tuple[float, float]:
    """Return (the unit of `Habits.near`, that of `Habits.far`) for a distance in metres."""
    return math.log1p(distance_m / NEAR_M), math.sqrt(distance_m) * 0.2
