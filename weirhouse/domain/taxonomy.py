# SPDX-License-Identifier: Apache-2.0
"""Incident types by id, and how far reports of two types can mean one happening.

Everything here is derived once from the table in `kinds`; look-ups are plain dictionaries.
"""

from __future__ import annotations

from typing import Final

import msgspec

from weirhouse.domain.kinds import ALIASES, RELATED, ROWS
from weirhouse.domain.report import Lane

OTHER: Final = "other"
PARENT_RELATION: Final = 0.7
"""A parent's word for a child's happening (flooding for a flooded underpass) is common, not certain."""
OTHER_RELATION: Final = 0.35
"""A type nobody knows may mean anything, so the rest of the evidence must be strong."""
REOPEN_SHARE: Final = 0.5
"""Share of the window in which a join after the close reopens (life-safety: at least an hour)."""


class IncidentType(msgspec.Struct, frozen=True, kw_only=True):
    """One incident type (事件类型). `severity` in [0, 1]; lengths in metres, durations in seconds.

    `several`: distinct ones can stand in one place (two potholes in one street), so nearness says less.
    `reopen_s`: how long after its close a report still means the same happening.
    """

    id: str
    index: int
    parent: str
    en: str
    zh: str
    severity: float
    priority: int
    lane: Lane
    radius_m: float
    window_s: float
    reopen_s: float
    several: bool
    skills: tuple[str, ...]


def _types() -> dict[str, IncidentType]:
    made: dict[str, IncidentType] = {}
    for index, row in enumerate(ROWS):
        name, parent, en, zh, severity, priority, lane, radius_m, hours, several, skills = row
        window_s = hours * 3600.0
        made[name] = IncidentType(
            id=name,
            index=index,
            parent=parent,
            en=en,
            zh=zh,
            severity=severity,
            priority=priority,
            lane=Lane(lane),
            radius_m=float(radius_m),
            window_s=window_s,
            reopen_s=max(3600.0, window_s * REOPEN_SHARE),
            several=several,
            skills=tuple(skills.split()),
        )
    return made


TYPES: Final = _types()


def _relations() -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = {name: {name: 1.0} for name in TYPES}

    def tie(one: str, two: str, strength: float) -> None:
        table[one][two] = max(strength, table[one].get(two, 0.0))
        table[two][one] = table[one][two]

    for one, two, strength in RELATED:
        tie(one, two, strength)
    for kind in TYPES.values():
        if kind.parent:
            tie(kind.id, kind.parent, PARENT_RELATION)
    for name in TYPES:
        if name != OTHER:
            tie(name, OTHER, OTHER_RELATION)
    return table


RELATIONS: Final = _relations()
"""For each type the types its reports can also speak of, itself included, with strengths in (0, 1]."""


def _labels() -> dict[str, str]:
    known = dict(ALIASES)
    for kind in TYPES.values():
        known.update({kind.id: kind.id, kind.en.casefold(): kind.id, kind.zh: kind.id})
    return known


_LABELS: Final = _labels()


def resolve(type_or_label: str) -> str:
    """Return the id of the type called `type_or_label` (id, label in either language, known alias).

    An unknown one is `other`; the door keeps the claimed words in `attributes["claimed_type"]`.
    """
    if type_or_label in TYPES:
        return type_or_label
    label = " ".join(type_or_label.casefold().split())
    found = _LABELS.get(label)
    if found is None:
        found = _LABELS.get(label.replace(" ", "_").replace("-", "_"), OTHER)
    return found


def kind_of(type_or_label: str) -> IncidentType:
    """Return the type itself; `other` for one nobody knows."""
    found = TYPES.get(type_or_label)
    return found if found is not None else TYPES[resolve(type_or_label)]


def relation(one: str, two: str) -> float:
    """Return how far a report of type `one` can speak of an incident of type `two`: 0..1, symmetric."""
    row = RELATIONS.get(one) or RELATIONS[resolve(one)]
    strength = row.get(two)
    return strength if strength is not None else row.get(resolve(two), 0.0)
