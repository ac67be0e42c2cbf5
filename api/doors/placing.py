# SPDX-License-Identifier: Apache-2.0
"""Which zone answers for a place: by point, by place id, by asset, by the words of the address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from weirhouse.domain.city import City, Place, Zone
from weirhouse.domain.geo import ZoneIndex, judge
from weirhouse.domain.report import UNPLACED, Location, Point

_MARGIN_DEG: Final = 0.05
"""A point up to about 5 km outside the zones is still somewhere (a river mouth, an airport road)."""
_LONGEST_ZH: Final = 16
_LONGEST_EN: Final = 7
"""Longest name looked for in an address, in characters and in words."""
_WORDS: Final = re.compile(r"[a-z0-9']+")
_HAN: Final = re.compile(r"[\u3400-\u9fff\d]+")

Box = tuple[float, float, float, float]


class Placing:
    """An index over one state of zones and gazetteer; `bounds` is (west, south, east, north)."""

    def __init__(self, zones: Sequence[Zone], places: Sequence[Place], head: City | None = None) -> None:
        self._index = ZoneIndex(zones)
        self._zones = frozenset(zone.id for zone in zones)
        self.bounds = head.bounds if head is not None else _bounds(zones)
        self._defaults = head.default_points if head is not None else []
        self._places = {place.id: place for place in places}
        self._assets = {place.asset_id: place for place in places if place.asset_id}
        self._names: dict[str, Place] = {}
        for place in places:
            for name in (place.name_en, place.name_zh, *place.aliases):
                if key := _key(name):
                    self._names.setdefault(key, place)

    def place_of(self, location: Location) -> Place | None:
        """Return the gazetteer's place that a location names, if it names one."""
        if found := self._places.get(location.place_id):
            return found
        if location.asset_id and (found := self._assets.get(location.asset_id)):
            return found
        return self.named_in(location.address) if location.address else None

    def named_in(self, address: str) -> Place | None:
        """Return the place with the longest name that stands in `address`."""
        for key in _keys(address):
            if found := self._names.get(key):
                return found
        return None

    def settle(self, location: Location, home: str = "") -> tuple[str, Location]:
        """Return (zone, location) with what the gazetteer knows filled in.

        Parameters
        ----------
        location
            As the source told it.
        home
            The source's own zone, when it stands in one (a fixed sensor, a gateway).
        """
        point = location.point
        if point is not None and self.bounds is not None:
            judged = judge(point, self.bounds, self._defaults)
            if judged.point is None:
                # It says nothing about where; it stays on the report, marked, for whoever asks later.
                point, location = None, _with(location, location.point, default=True)
            elif judged.point != point:
                point, location = judged.point, _with(location, judged.point)
        if point is not None and (zone := self._index.nearest(point.lat, point.lon)):
            return zone, location
        place = self.place_of(location)
        if place is None:
            return (home if home in self._zones else UNPLACED), location
        if point is None:
            at = Point(place.lat, place.lon, max(50.0, place.radius_m))
            location = Location(at, location.address, location.asset_id, place.id)
        return place.zone, location


def _with(location: Location, point: Point | None, default: bool = False) -> Location:
    return Location(point, location.address, location.asset_id, location.place_id, default)


def _bounds(zones: Sequence[Zone]) -> Box | None:
    points = [point for zone in zones for ring in zone.rings for point in ring]
    if not points:
        return None
    lons, lats = [p[0] for p in points], [p[1] for p in points]
    return min(lons) - _MARGIN_DEG, min(lats) - _MARGIN_DEG, max(lons) + _MARGIN_DEG, max(lats) + _MARGIN_DEG


def _key(name: str) -> str:
    folded = name.casefold()
    return "".join(_HAN.findall(folded)) if re.search(r"[\u3400-\u9fff]", folded) else " ".join(_WORDS.findall(folded))


def _keys(address: str) -> Iterator[str]:
    folded = address.casefold()
    for run in _HAN.findall(folded):
        for size in range(min(len(run), _LONGEST_ZH), 1, -1):
            for start in range(len(run) - size + 1):
                yield run[start : start + size]
    words = _WORDS.findall(folded)
    for size in range(min(len(words), _LONGEST_EN), 0, -1):
        for start in range(len(words) - size + 1):
            yield " ".join(words[start : start + size])
