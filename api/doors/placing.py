# SPDX-License-Identifier: Apache-2.0
"""Which zone answers for a place: by point, by place id, by asset, by the words of the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from weirhouse.domain.city import City, Place, Zone
from weirhouse.domain.gazetteer import Gazetteer
from weirhouse.domain.geo import ZoneIndex, judge
from weirhouse.domain.report import UNPLACED, Location, Point

_MARGIN_DEG: Final = 0.05
"""A point up to about 5 km outside the zones is still somewhere (a river mouth, an airport road)."""
_NAMED_M: Final = 50.0
_SAID_M: Final = 200.0
"""A place that only the words name may be where it happens, or a landmark nearby."""

Box = tuple[float, float, float, float]


class Placing:
    """An index over one state of zones and gazetteer; `bounds` is (west, south, east, north)."""

    def __init__(self, zones: Sequence[Zone], places: Sequence[Place], head: City | None = None) -> None:
        self._index = ZoneIndex(zones)
        self._zones = frozenset(zone.id for zone in zones)
        self.bounds = head.bounds if head is not None else _bounds(zones)
        self._defaults = head.default_points if head is not None else []
        self.gazetteer = Gazetteer(places)
        self._assets = {place.asset_id: place for place in places if place.asset_id}

    def place_of(self, location: Location) -> Place | None:
        """Return the gazetteer's place that a location names, if it names one."""
        if location.place_id and (found := self.gazetteer.get(location.place_id)):
            return found
        if location.asset_id and (found := self._assets.get(location.asset_id)):
            return found
        return self._named_in(location.address) if location.address else None

    def _named_in(self, words: str) -> Place | None:
        # A name that several places bear names none of them surely.
        found = self.gazetteer.inside(words, 1)
        return found[0].place if found and found[0].score == 1.0 else None

    def settle(self, location: Location, home: str = "", words: str = "") -> tuple[str, Location]:
        """Return (zone, location) with what the gazetteer knows filled in.

        Parameters
        ----------
        location
            As the source told it.
        home
            The source's own zone, when it stands in one (a fixed sensor, a gateway).
        words
            The description: a place it names is better than none.
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
        place, least_m = self.place_of(location), _NAMED_M
        if place is None and point is None and not home:
            place, least_m = self._named_in(words), _SAID_M
        if place is None:
            return (home if home in self._zones else UNPLACED), location
        if point is None:
            at = Point(place.lat, place.lon, max(least_m, place.radius_m))
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
