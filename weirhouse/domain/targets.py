# SPDX-License-Identifier: Apache-2.0
"""Service levels from outside as data (服务时限): six profiles, each with its source, and how they are judged.

A row is (profile, thing measured, about what, clock, amount, share). The amount is in seconds on the wall's
clock, in working seconds or in working days; a row without one counts whether, not how fast. A share is what part
of all must keep it within any 24 hours; 1 is a deadline for each single case.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from weirhouse.domain.errors import NotFound
from weirhouse.domain.workdays import Workdays

Runs = Literal["wall", "working", "working_days"]

SOURCES: Final[dict[str, str]] = {
    "nena-020": "NENA-STA-020.1-2020",
    "nfpa-1221": "NFPA 1221, 2016 edition (public summary)",
    "nfpa-1225": "NFPA 1225, 2022 edition (NFPA blog)",
    "gbt-33358": "GB/T 33358-2016 (press text)",
    "beijing-4-level": "draft Beijing 12345 standard (press); defaults, not law",
    "city-grid": "CJ/T 315 family (city tables differ)",
}

ROWS: Final[tuple[tuple[str, str, str, Runs, float | None, float], ...]] = (
    ("nena-020", "answer", "call", "wall", 15, 0.90),
    ("nena-020", "answer", "call", "wall", 20, 0.95),
    ("nfpa-1221", "process", "alarm", "wall", 64, 0.90),
    ("nfpa-1221", "process", "alarm", "wall", 106, 0.95),
    ("nfpa-1225", "first_unit", "call", "wall", 60, 0.90),
    ("gbt-33358", "answer", "call", "wall", 15, 1.0),
    ("gbt-33358", "connect", "call", "wall", None, 0.95),
    ("gbt-33358", "answer", "text", "wall", 180, 1.0),
    ("beijing-4-level", "feedback", "threat", "wall", 2 * 3600, 1.0),
    ("beijing-4-level", "feedback", "utility", "wall", 24 * 3600, 1.0),
    ("beijing-4-level", "feedback", "general", "wall", 7 * 86_400, 1.0),
    ("beijing-4-level", "feedback", "complex", "wall", 15 * 86_400, 1.0),
    ("city-grid", "resolve", "exposed_rubbish", "working_days", 1, 1.0),
    ("city-grid", "resolve", "road_water", "working", 4 * 3600, 1.0),
    ("city-grid", "resolve", "dirty_road", "working", 5 * 3600, 1.0),
)


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One promise of a profile; `amount` in seconds or working days, None where only the share counts."""

    profile: str
    what: str
    about: str
    runs: Runs
    amount: float | None
    share: float


TARGETS: Final = tuple(
    Target(profile=profile, what=what, about=about, runs=runs, amount=amount, share=share)
    for profile, what, about, runs, amount, share in ROWS
)


def profile(name: str) -> tuple[Target, ...]:
    """Return the promises of the profile.

    Raises
    ------
    NotFound
    """
    if name not in SOURCES:
        raise NotFound("service level profile", name)
    return tuple(target for target in TARGETS if target.profile == name)


def amount_s(target: Target, calendar: Workdays) -> float | None:
    """Return the target's time in seconds of its own clock; a working day is the calendar's hours of one."""
    if target.amount is None:
        return None
    return target.amount * calendar.day_s if target.runs == "working_days" else target.amount


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How a target was kept: `kept` of `cases`, and whether that is enough."""

    cases: int
    kept: int
    enough: bool


def judge(target: Target, took_s: Sequence[float | None], calendar: Workdays) -> Kept:
    """Return how the target was kept by cases that took so many seconds of its clock; None is one never done.

    Exactly the limit is kept, as the sources say "within". No case at all is neither a failure nor a proof:
    `enough` with 0 cases.
    """
    limit = amount_s(target, calendar)
    kept = sum(1 for took in took_s if took is not None and (limit is None or took <= limit))
    # In whole cases, so that 19 of 20 is 95 % whatever the float of the share says.
    wanted = round(target.share * 10_000) * len(took_s)
    return Kept(cases=len(took_s), kept=kept, enough=kept * 10_000 >= wanted)
