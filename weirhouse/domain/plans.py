# SPDX-License-Identifier: Apache-2.0
"""Response plans as data (出动方案): how many teams of which skills go to a type of incident, by priority.

A row is (type, least urgent priority it holds for, "skill:teams …"). The row with the smallest priority not
below the incident's holds; a type without one takes its parent's; after that one team for each skill the
type wants (`kinds`), and for a type that wants none one team of any skill. A word of a plan is a skill, or
equipment: the kind of a team.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from weirhouse.domain.incident import Team
from weirhouse.domain.matching import optimal
from weirhouse.domain.taxonomy import TYPES, kind_of

ANY: Final = "any"
"""A need that every team meets."""

ROWS: Final[tuple[tuple[str, int, str], ...]] = (
    ("fire", 1, "fire:3 medical:1 police:1"),
    ("fire", 2, "fire:2"),
    ("fire", 5, "fire:1"),
    ("smoke", 1, "fire:2 medical:1"),
    ("smoke", 5, "fire:1"),
    ("smoke_alarm", 1, "fire:2 medical:1"),
    ("smoke_alarm", 5, "fire:1"),
    ("explosion", 5, "fire:3 medical:2 police:1"),
    ("gas", 1, "fire:1 gas:1 police:1"),
    ("gas", 5, "gas:1"),
    ("medical", 1, "medical:2"),
    ("medical", 5, "medical:1"),
    ("drowning", 5, "water_rescue:1 medical:1 fire:1"),
    ("violence", 1, "police:2 medical:1"),
    ("violence", 5, "police:1"),
    ("crash", 1, "police:1 medical:2 fire:1"),
    ("crash", 2, "police:1 medical:1"),
    ("crash", 5, "police:1"),
    ("live_wire", 1, "power:1 police:1 medical:1"),
    ("live_wire", 5, "power:1"),
    ("missing_child", 2, "police:2"),
    ("trapped", 1, "fire:2 medical:1"),
    ("trapped", 5, "fire:1"),
    ("lift", 1, "lift:1 medical:1"),
    ("lift", 5, "lift:1"),
    ("collapse", 5, "fire:3 medical:2 police:1"),
    ("flooding_underpass", 1, "water_rescue:1 medical:1 drainage:1"),
    ("flooding_underpass", 2, "water_rescue:1 drainage:1"),
    ("flooding", 1, "water_rescue:1 medical:1 drainage:1"),
    ("flooding", 5, "drainage:1"),
    ("roof_danger", 2, "fire:1 building:1"),
    ("roof_danger", 5, "building:1"),
)


class Need(msgspec.Struct, frozen=True):
    """So many teams that bring `skill`."""

    skill: str
    teams: int


def _table() -> dict[str, list[tuple[int, tuple[Need, ...]]]]:
    table: dict[str, list[tuple[int, tuple[Need, ...]]]] = {}
    for name, upto, words in ROWS:
        pairs = (word.split(":") for word in words.split())
        table.setdefault(name, []).append((upto, tuple(Need(skill, int(count)) for skill, count in pairs)))
    return {name: sorted(rows, key=lambda row: row[0]) for name, rows in table.items()}


PLANS: Final = _table()


def plan_for(type_id: str, priority: int) -> tuple[Need, ...]:
    """Return what an incident of this type and priority (1..5) wants."""
    kind = kind_of(type_id)
    name = kind.id
    while name:
        for upto, needs in PLANS.get(name, ()):
            if priority <= upto:
                return needs
        name = TYPES[name].parent
    return tuple(Need(skill, 1) for skill in kind.skills) or (Need(ANY, 1),)


def brings(team: Team, skill: str) -> bool:
    """Return whether the team meets a need for `skill`."""
    return skill == ANY or skill in team.skills or skill == team.kind


def open_needs(needs: Sequence[Need], there: Sequence[Team]) -> tuple[str, ...]:
    """Return one word for each team still wanted, in the plan's order, when those in `there` are on it already.

    Each team meets one need, and they are shared out so that as few as possible stay open.
    """
    slots = [need.skill for need in needs for _ in range(need.teams)]
    if not there:
        return tuple(slots)
    fits = np.array([[1.0 if brings(team, slot) else 0.0 for team in there] for slot in slots])
    met = {row for row, _ in optimal(fits)}
    return tuple(slot for number, slot in enumerate(slots) if number not in met)
