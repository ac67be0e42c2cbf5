# SPDX-License-Identifier: Apache-2.0
"""Places: metres between them, grid cells, polygons, zones, and whether a point can be believed.

Degrees are WGS 84, lengths metres. The sphere has the mean radius 6,371,008.8 m (IUGG).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Final

import msgspec

from weirhouse.domain.city import Ring, Zone
from weirhouse.domain.report import Point

EARTH_M: Final = 6_371_008.8
DEGREE_M: Final = EARTH_M * math.pi / 180.0
_RADIANS: Final = math.pi / 180.0
MAX_ACCURACY_M: Final = 2_000.0
"""A circle wider than this names no place in a city: the report is handled as one without a place."""
MIN_ACCURACY_M: Final = 5.0
"""Better than a telephone ever knows; keeps a claimed 0 from outweighing everybody else."""
LAYER_BITS: Final = 52
"""Bits of a cell key below its layer: 26 for the row, 26 for the column."""
DEFAULT_RADIUS_M: Final = 15.0
"""How near a point must be to a default point to be taken for it (four decimals are 11 m)."""


def haversine_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Return the great-circle distance in metres."""
    phi1, phi2 = lat1 * _RADIANS, lat2 * _RADIANS
    half_lat, half_lon = (phi2 - phi1) / 2.0, (lon2 - lon1) * _RADIANS / 2.0
    h = math.sin(half_lat) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lon) ** 2
    return 2.0 * EARTH_M * math.asin(min(1.0, math.sqrt(h)))


def metres(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Return the distance in metres on the local plane: within 0.1 % up to 50 km outside the poles."""
    d_lon = lon2 - lon1
    if d_lon > 180.0:
        d_lon -= 360.0
    elif d_lon < -180.0:
        d_lon += 360.0
    dx = d_lon * math.cos((lat1 + lat2) * (0.5 * _RADIANS))
    return DEGREE_M * math.hypot(dx, lat2 - lat1)


def cell(lat: float, lon: float, size_m: float) -> tuple[int, int]:
    """Return (row, column) of the grid of `size_m` cells; columns are cut by the row's own latitude."""
    row = math.floor(lat * DEGREE_M / size_m)
    return row, column(lon, row, size_m)


def column(lon: float, row: int, size_m: float) -> int:
    """Return the column of `lon` in `row`."""
    middle = (row + 0.5) * size_m / EARTH_M
    return math.floor(lon * DEGREE_M / size_m * math.cos(middle))


def key_of(row: int, col: int, layer: int = 0) -> int:
    """Return one integer for a cell in `layer`."""
    return (layer << LAYER_BITS) | ((row & 0x3FFFFFF) << 26) | (col & 0x3FFFFFF)


def keys_around(lat: float, lon: float, size_m: float, layer: int = 0, rings: int = 1) -> list[int]:
    """Return the keys of the point's cell and of its neighbours in `rings` rings."""
    middle_row = math.floor(lat * DEGREE_M / size_m)
    top = layer << LAYER_BITS
    across = lon * DEGREE_M / size_m
    found: list[int] = []
    for row in range(middle_row - rings, middle_row + rings + 1):
        col = math.floor(across * math.cos((row + 0.5) * size_m / EARTH_M))
        start = top | ((row & 0x3FFFFFF) << 26)
        first = (col - rings) & 0x3FFFFFF
        if rings == 1 and first < 0x3FFFFFE:
            first |= start
            found += (first, first + 1, first + 2)
        else:
            found += [start | (c & 0x3FFFFFF) for c in range(col - rings, col + rings + 1)]
    return found


def inside(ring: Ring, lat: float, lon: float) -> bool:
    """Return whether the point lies in the closed ring (even-odd rule; the left and lower edge count)."""
    within = False
    for (lon1, lat1), (lon2, lat2) in pairwise(ring):
        if (lat1 > lat) != (lat2 > lat) and lon < (lon2 - lon1) * (lat - lat1) / (lat2 - lat1) + lon1:
            within = not within
    return within


class ZoneIndex:
    """Which zone answers for a point. Where zones overlap the first by id answers, so it is one always.

    A grid of `cell_m` remembers for each cell either the one zone that fills it or the candidates.
    """

    def __init__(self, zones: Iterable[Zone], cell_m: float = 250.0) -> None:
        self._cell_m = cell_m
        self._zones = sorted(zones, key=lambda zone: zone.id)
        self._boxes = [
            (
                zone.id,
                ring,
                min(p[1] for p in ring),
                max(p[1] for p in ring),
                min(p[0] for p in ring),
                max(p[0] for p in ring),
            )
            for zone in self._zones
            for ring in zone.rings
            if ring
        ]
        self._cells: dict[int, tuple[tuple[str, Ring], ...]] = {}

    def zone_of(self, lat: float, lon: float) -> str:
        """Return the zone's id, or an empty string outside all zones."""
        for zone, ring in self._candidates(lat, lon):
            if inside(ring, lat, lon):
                return zone
        return ""

    def nearest(self, lat: float, lon: float, within_m: float = 500.0) -> str:
        """Return the zone of the point, else the one whose outline passes nearest within `within_m`."""
        home = self.zone_of(lat, lon)
        if home:
            return home
        best = (within_m, "")
        for zone, ring, *_ in self._boxes:
            best = min(best, (outline_m(ring, lat, lon), zone))
        return best[1]

    def near_border(self, lat: float, lon: float, within_m: float) -> tuple[str, ...]:
        """Return the other zones whose area begins within `within_m` of the point."""
        home = self.zone_of(lat, lon)
        margin = within_m / DEGREE_M
        wide = margin / max(0.05, math.cos(lat * _RADIANS))
        found = {
            zone
            for zone, ring, south, north, west, east in self._boxes
            if zone != home
            and south - margin <= lat <= north + margin
            and west - wide <= lon <= east + wide
            and (outline_m(ring, lat, lon) <= within_m or inside(ring, lat, lon))
        }
        return tuple(sorted(found))

    def _candidates(self, lat: float, lon: float) -> tuple[tuple[str, Ring], ...]:
        row, col = cell(lat, lon, self._cell_m)
        key = key_of(row, col)
        found = self._cells.get(key)
        if found is None:
            pad = 2.0 * self._cell_m / DEGREE_M
            wide = pad / max(0.05, math.cos(lat * _RADIANS))
            found = tuple(
                (zone, ring)
                for zone, ring, south, north, west, east in self._boxes
                if south - pad <= lat <= north + pad and west - wide <= lon <= east + wide
            )
            if len(self._cells) < 200_000:
                self._cells[key] = found
        return found


def outline_m(ring: Ring, lat: float, lon: float) -> float:
    """Return the distance in metres from the point to the ring's outline."""
    scale = math.cos(lat * _RADIANS)
    best = math.inf
    for (lon1, lat1), (lon2, lat2) in pairwise(ring):
        ax, ay = (lon1 - lon) * scale, lat1 - lat
        dx, dy = (lon2 - lon1) * scale, lat2 - lat1
        length = dx * dx + dy * dy
        along = 0.0 if length == 0.0 else max(0.0, min(1.0, -(ax * dx + ay * dy) / length))
        best = min(best, math.hypot(ax + along * dx, ay + along * dy))
    return best * DEGREE_M


class Belief(StrEnum):
    """What a point is worth."""

    GOOD = "good"
    NULL_ISLAND = "null_island"
    SWAPPED = "swapped"
    OUTSIDE = "outside"
    COARSE = "coarse"
    DEFAULT = "default"


class Judged(msgspec.Struct, frozen=True):
    """A point after the plausibility rules: `point` None when it says nothing about where."""

    belief: Belief
    point: Point | None


def judge(
    point: Point, bounds: tuple[float, float, float, float], default_points: Sequence[tuple[float, float]] = ()
) -> Judged:
    """Judge a point against the city's bounds (west, south, east, north) and its default points.

    (0, 0) is nothing; latitude and longitude exchanged are put right when only that fits the city, with
    at least 100 m of doubt; outside, hopelessly coarse and default points are no place at all.
    """
    west, south, east, north = bounds
    lat, lon, accuracy = point.lat, point.lon, point.accuracy_m
    if not (math.isfinite(lat) and math.isfinite(lon) and math.isfinite(accuracy)):
        return Judged(Belief.OUTSIDE, None)
    belief = Belief.GOOD
    if not (west <= lon <= east and south <= lat <= north):
        if abs(lat) < 0.01 and abs(lon) < 0.01:
            return Judged(Belief.NULL_ISLAND, None)
        if not (west <= lat <= east and south <= lon <= north):
            return Judged(Belief.OUTSIDE, None)
        lat, lon, accuracy, belief = lon, lat, max(accuracy, 100.0), Belief.SWAPPED
    if accuracy > MAX_ACCURACY_M:
        return Judged(Belief.COARSE, None)
    for default_lat, default_lon in default_points:
        if metres(lat, lon, default_lat, default_lon) <= DEFAULT_RADIUS_M:
            return Judged(Belief.DEFAULT, None)
    return Judged(belief, Point(lat=lat, lon=lon, accuracy_m=max(accuracy, MIN_ACCURACY_M)))
