# SPDX-License-Identifier: Apache-2.0
"""How long a team takes to a place: a port for routing engines, and the straight line that stands in for one.

The straight line is a model: metres on the plane times a detour factor, at a speed that depends on the
kind of team and the length of the way (short ways are slow: crossings, one-way streets).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from weirhouse.domain.geo import DEGREE_M

Matrix = NDArray[np.float64]


class Origin(msgspec.Struct, frozen=True):
    """Where a team starts, in degrees; `kind` chooses its speed."""

    lat: float
    lon: float
    kind: str = ""


class Speed(msgspec.Struct, frozen=True):
    """How a kind of team moves. `start_s`: from the word to the wheels."""

    start_s: float
    near_m_per_s: float
    far_m_per_s: float


class Travel(Protocol):
    """Answers in seconds, (origins, targets); infinite where there is no way. Pure, or as good as."""

    def seconds(self, origins: Sequence[Origin], targets: Sequence[tuple[float, float]]) -> Matrix:
        """Return the time from the word to the arrival; targets are (lat, lon)."""
        ...


DRIVING: Final = Speed(60.0, 7.0, 12.0)
SPEEDS: Final[dict[str, Speed]] = {
    "fire_engine": Speed(80.0, 8.0, 13.0),
    "ambulance": Speed(60.0, 8.0, 14.0),
    "police": Speed(30.0, 8.0, 14.0),
    "boat": Speed(240.0, 6.0, 10.0),
    "power_crew": Speed(180.0, 7.0, 11.0),
    "water_crew": Speed(180.0, 7.0, 11.0),
    "road_crew": Speed(240.0, 7.0, 11.0),
    "grid_worker": Speed(60.0, 3.0, 5.0),
    "volunteers": Speed(300.0, 1.5, 5.0),
}
"""By kind of team; a kind nobody listed drives. Emergency kinds with their lights, the rest with the traffic."""

DETOUR: Final = 1.3
"""Way over straight line in street grids: 1.2 to 1.4 in published city measurements (circuity)."""
NEAR_M: Final = 2_000.0
"""The first metres are driven at `near_m_per_s`, what lies beyond at `far_m_per_s`."""


def distances_m(origins: Sequence[Origin], targets: Sequence[tuple[float, float]]) -> Matrix:
    """Return straight distances in metres on the local plane, (origins, targets)."""
    start = np.array([(o.lat, o.lon) for o in origins], dtype=np.float64).reshape(-1, 2)
    end = np.array(targets, dtype=np.float64).reshape(-1, 2)
    half_start, half_end = np.radians(start[:, 0]) / 2.0, np.radians(end[:, 0]) / 2.0
    # cos((a + b) / 2) by outer products: a cosine for each pair would cost more than all the rest.
    shrink = np.outer(np.cos(half_start), np.cos(half_end)) - np.outer(np.sin(half_start), np.sin(half_end))
    east = start[:, None, 1] - end[None, :, 1]
    if east.size and float(np.abs(east).max()) > 180.0:
        east = (east + 180.0) % 360.0 - 180.0
    east *= shrink
    north = start[:, None, 0] - end[None, :, 0]
    return np.asarray(np.sqrt(east * east + north * north) * DEGREE_M)


class StraightLine:
    """`Travel` without a road network."""

    def __init__(
        self, speeds: dict[str, Speed] | None = None, detour: float = DETOUR, default: Speed = DRIVING
    ) -> None:
        self._speeds = SPEEDS if speeds is None else speeds
        self._detour, self._default = detour, default

    def seconds(self, origins: Sequence[Origin], targets: Sequence[tuple[float, float]]) -> Matrix:
        """Return start-up time and way (see the port)."""
        way = distances_m(origins, targets) * self._detour
        kinds = [self._speeds.get(origin.kind, self._default) for origin in origins]
        start, near, far = (
            np.array([getattr(kind, name) for kind in kinds], dtype=np.float64).reshape(-1, 1)
            for name in ("start_s", "near_m_per_s", "far_m_per_s")
        )
        return np.asarray(start + np.minimum(way, NEAR_M) / near + np.maximum(way - NEAR_M, 0.0) / far)
