# SPDX-License-Identifier: Apache-2.0
"""What the city loses when a team leaves: expected coverage, after Daskin's MEXCLP.

M. S. Daskin, "A maximum expected covering location model" (Transportation Science 17, 1983): a place that k
teams can reach in time is served with probability ``1 - q**k`` when each is busy a share q of the time. The
last of k teams that leaves takes ``(1 - q) * q**(k - 1)`` of the place's weight with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from weirhouse.domain.city import Ring, Zone


class Post(msgspec.Struct, frozen=True):
    """A place that wants to be covered, with its share of what happens there (any unit; only ratios count)."""

    lat: float
    lon: float
    weight: float = 1.0


def centre(ring: Ring) -> tuple[float, float]:
    """Return (lat, lon) of the middle of a closed ring's area; of its corners when it has none."""
    area = east = north = 0.0
    lon0, lat0 = ring[0]
    for (x1, y1), (x2, y2) in pairwise(ring):
        cross = (x1 - lon0) * (y2 - lat0) - (x2 - lon0) * (y1 - lat0)
        area += cross
        east += (x1 + x2 - 2 * lon0) * cross
        north += (y1 + y2 - 2 * lat0) * cross
    if abs(area) < 1e-15:
        return sum(y for _, y in ring) / len(ring), sum(x for x, _ in ring) / len(ring)
    return lat0 + north / (3 * area), lon0 + east / (3 * area)


def posts_of(zones: Sequence[Zone]) -> list[Post]:
    """Return one post at the middle of each zone's rings; a zone of several rings shares its weight."""
    found = []
    for zone in zones:
        rings = [ring for ring in zone.rings if len(ring) > 2]
        for ring in rings:
            lat, lon = centre(ring)
            found.append(Post(lat, lon, 1.0 / len(rings)))
    return found


def losses(
    reach: NDArray[np.bool_], groups: Sequence[str], weights: Sequence[float], busy: float
) -> NDArray[np.float64]:
    """Return the share of all weight, 0..1, that each team would take with it.

    Parameters
    ----------
    reach
        (teams, posts): whether the team can be there in time.
    groups
        What each team can stand in for (its kind); only teams of one group cover for each other.
    weights
        Of the posts.
    busy
        q, 0 < q < 1.
    """
    lost = np.zeros(len(groups))
    share = np.array(weights, dtype=np.float64)
    total = float(share.sum())
    if total <= 0.0:
        return lost
    names = np.array(groups)
    for group in set(groups):
        mine = names == group
        there = reach[mine]
        many = there.sum(axis=0)
        last = np.where(many > 0, (1.0 - busy) * busy ** np.maximum(many - 1, 0), 0.0)
        lost[mine] = there @ (share * last) / total
    return lost
