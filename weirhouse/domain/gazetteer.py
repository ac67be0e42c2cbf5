# SPDX-License-Identifier: Apache-2.0
"""Finding places by name: type-ahead in both languages, and names inside a report's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from rapidfuzz import fuzz, process

from weirhouse.domain.city import Place
from weirhouse.domain.text import normalise

FUZZY_FLOOR: Final = 70.0
"""Similarity in per cent (rapidfuzz WRatio) below which a name is not meant."""
SHORTEST: Final = 2
"""Characters of the shortest name looked for inside words; Latin names need `SHORTEST_LATIN`."""
SHORTEST_LATIN: Final = 4
MAX_WORDS: Final = 2000


class Found(msgspec.Struct, frozen=True):
    """A place found; `score` in [0, 1], 1 = the whole name."""

    place: Place
    score: float
    name: str


def _latin(name: str) -> bool:
    return name.isascii()


class Gazetteer:
    """All places of a city under all their names."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._places = sorted(places, key=lambda place: place.id)
        self._by_id = {place.id: place for place in self._places}
        self._names: list[str] = []
        self._of: list[Place] = []
        self._exact: dict[str, list[Place]] = {}
        self._starts: dict[str, list[int]] = {}
        for place in self._places:
            names = {normalise(n, 200) for n in (place.name_en, place.name_zh, *place.aliases) if n}
            for name in sorted(names):
                self._starts.setdefault(name[:2], []).append(len(self._names))
                self._names.append(name)
                self._of.append(place)
                self._exact.setdefault(name, []).append(place)
        self._longest = max((len(name) for name in self._names), default=0)

    def __len__(self) -> int:
        return len(self._places)

    def get(self, place_id: str) -> Place | None:
        """Return the place of that id."""
        return self._by_id.get(place_id)

    def search(self, typed: str, limit: int = 10, zone: str = "") -> list[Found]:
        """Return the places meant by what was typed so far, best first.

        Beginnings come before words inside, those before misspellings; in each the places of `zone`,
        then the shorter name, then the id: the same keystrokes always give the same list.
        """
        wanted = normalise(typed, 100)
        if not wanted or limit <= 0:
            return []
        best: dict[str, Found] = {}

        def offer(index: int, score: float) -> None:
            place = self._of[index]
            if place.id not in best or score > best[place.id].score:
                best[place.id] = Found(place, score, self._names[index])

        for index, name in enumerate(self._names):
            if name.startswith(wanted):
                offer(index, 1.0 if name == wanted else 0.9 + 0.09 * len(wanted) / len(name))
            elif wanted in name:
                at_word = name[name.index(wanted) - 1] == " " or not _latin(wanted)
                offer(index, (0.8 if at_word else 0.6) + 0.09 * len(wanted) / len(name))
        if len(best) < limit and len(wanted) > 1:
            hits = process.extract(wanted, self._names, scorer=fuzz.WRatio, limit=3 * limit, score_cutoff=FUZZY_FLOOR)
            for _, score, index in hits:
                offer(index, 0.59 * score / 100.0)
        ranked = sorted(best.values(), key=lambda f: (-round(f.score, 1), f.place.zone != zone, -f.score, f.place.id))
        return ranked[:limit]

    def inside(self, words: str, limit: int = 5) -> list[Found]:
        """Return the places whose names stand in `words`, longest first; parts of a longer hit do not count."""
        text = normalise(words, MAX_WORDS)
        taken: list[tuple[int, int]] = []
        hits: list[tuple[int, int, str]] = []
        for start in range(len(text) - 1):
            for index in self._starts.get(text[start : start + 2], ()):
                name = self._names[index]
                if text.startswith(name, start) and _stands_alone(text, start, name):
                    hits.append((len(name), start, name))
        found: dict[str, Found] = {}
        for length, start, name in sorted(set(hits), key=lambda hit: (-hit[0], hit[1])):
            if any(start < end and begin < start + length for begin, end in taken):
                continue
            taken.append((start, start + length))
            for place in self._exact[name]:
                # A name that several places bear names none of them surely.
                found.setdefault(place.id, Found(place, 1.0 / len(self._exact[name]), name))
        return list(found.values())[:limit]


def _stands_alone(text: str, start: int, name: str) -> bool:
    if not _latin(name):
        return len(name) >= SHORTEST
    if len(name) < SHORTEST_LATIN:
        return False
    end = start + len(name)
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not (before.isalnum() and before.isascii()) and not (after.isalnum() and after.isascii())
