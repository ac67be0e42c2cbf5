# SPDX-License-Identifier: Apache-2.0
"""Coarse squares of the map, for looking near a point: an index on them rarely changes when a place does."""

from __future__ import annotations

from math import asin, cos, floor, radians, sin, sqrt
from typing import Final

CELL_DEGREES: Final = 0.01
"""About 1.1 km north-south: a hot incident's place wanders within metres, so its cell stays."""
_PER_DEGREE: Final = 100
_COLUMNS: Final = 36_000
EARTH_RADIUS_M: Final = 6_371_008.8
METRES_PER_DEGREE: Final = 111_195.0
MAX_RADIUS_M: Final = 20_000.0
"""Past this the square count explodes and "near" means nothing."""


def _row(lat: float) -> int:
    return floor((lat + 90) * _PER_DEGREE)


def _column(lon: float) -> int:
    return floor((lon + 180) * _PER_DEGREE) % _COLUMNS


def cell_of(lat: float | None, lon: float | None) -> int | None:
    """Return the square of a point in degrees, or None where there is no point."""
    if lat is None or lon is None:
        return None
    return _row(lat) * _COLUMNS + _column(lon)


def cells_around(lat: float, lon: float, radius_m: float) -> list[int]:
    """Return all squares that a circle touches (radius in metres, at most `MAX_RADIUS_M`)."""
    radius = min(radius_m, MAX_RADIUS_M)
    high = radius / METRES_PER_DEGREE
    wide = high / max(cos(radians(min(89.0, abs(lat) + high))), 1e-3)
    columns = {(_column(lon - wide) + step) % _COLUMNS for step in range(floor(2 * wide * _PER_DEGREE) + 2)}
    return [row * _COLUMNS + column for row in range(_row(lat - high), _row(lat + high) + 1) for column in columns]


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return the great-circle distance of two points in degrees, in metres (haversine)."""
    a = sin(radians(other_lat - lat) / 2) ** 2
    b = cos(radians(lat)) * cos(radians(other_lat)) * sin(radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(a + b)))
