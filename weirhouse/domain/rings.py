# SPDX-License-Identifier: Apache-2.0
"""Where on the grid an incident is filed and where a report looks for incidents that could be meant."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import islice
from typing import Final

import msgspec

from weirhouse.domain.correlate import farthest_m2, pair_of, reach_m
from weirhouse.domain.geo import DEGREE_M, LAYER_BITS, MAX_ACCURACY_M, key_of, keys_around
from weirhouse.domain.geo import cell as cell_of
from weirhouse.domain.incident import Incident
from weirhouse.domain.policy import NORMAL, Policy
from weirhouse.domain.report import Report
from weirhouse.domain.taxonomy import RELATIONS, TYPES, IncidentType, kind_of

PER_CELL: Final = 64
"""Newest incidents of one type looked at in one cell; more in one place is one happening or a fault."""
MAX_RINGS: Final = 4096

_SIZES_M: Final = (190.0, 250.0, 400.0, 550.0, 850.0)
"""Widths of cells: types that reach about as far share a grid, so that a look-up computes two grids and not five."""

_CELL_M: Final = {
    kind.id: next((size for size in _SIZES_M if size >= reach_m(kind)), reach_m(kind)) for kind in TYPES.values()
}
_LAYER: Final = {kind.id: kind.index + 1 for kind in TYPES.values()}


def key_for(incident: Incident) -> int:
    """Return the key of the incident's cell; 0 without a place."""
    if incident.lat is None or incident.lon is None:
        return 0
    kind = incident.type if incident.type in _LAYER else kind_of(incident.type).id
    row, col = cell_of(incident.lat, incident.lon, _CELL_M[kind])
    return key_of(row, col, _LAYER[kind])


def point_of(report: Report) -> tuple[float, float, float] | None:
    """Return (latitude, longitude, accuracy in metres) of a point that says where; None otherwise."""
    where = report.location
    if where.point is None or where.default or where.point.accuracy_m > MAX_ACCURACY_M:
        return None
    return where.point.lat, where.point.lon, where.point.accuracy_m


class _Ring(msgspec.Struct, frozen=True, gc=False):
    """Where to look for incidents of one type: its layer of the grid and how far, from a report of some type."""

    layer: int
    top: int
    size_m: float
    rings: int
    farthest_m2: float
    window_s: float


class _Rings:
    """The rings of the policy last used; a function of it, so keeping them changes no answer."""

    __slots__ = ("policy", "table")

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.table: dict[tuple[str, float], list[_Ring]] = {}


_kept = _Rings(NORMAL)


def _rings(kind: IncidentType, accuracy_m: float, policy: Policy) -> list[_Ring]:
    """Return where a report of `kind` so exactly placed looks, related types in the order of their table."""
    global _kept
    kept = _kept
    if kept.policy is not policy:
        kept = _kept = _Rings(policy)
    found = kept.table.get((kind.id, accuracy_m))
    if found is None:
        found = []
        for other in RELATIONS[kind.id]:
            pair, size_m, layer = pair_of(kind, other, policy), _CELL_M[other], _LAYER[other]
            rings = 1 if accuracy_m <= size_m else 2
            farthest = farthest_m2(pair, accuracy_m, policy)
            found.append(_Ring(layer, layer << LAYER_BITS, size_m, rings, farthest, pair.longest_s))
        if len(kept.table) < MAX_RINGS:
            kept.table[kind.id, accuracy_m] = found
    return found


def around(
    cells: dict[int, dict[str, Incident]],
    used: dict[int, int] | None,
    kind: IncidentType,
    point: tuple[float, float, float],
    at: float,
    policy: Policy,
) -> list[Incident]:
    """Return incidents of related types so near that words or a type's prior could still join them."""
    lat, lon, accuracy_m = point
    found: list[Incident] = []
    per_lon = DEGREE_M * math.cos(math.radians(lat))
    look = cells.get
    grids: dict[tuple[float, int], list[int]] = {}
    for ring in _rings(kind, accuracy_m, policy):
        if used is not None and not used.get(ring.layer):
            continue
        size, top = (ring.size_m, ring.rings), ring.top
        grid = grids.get(size)
        if grid is None:
            grid = grids[size] = keys_around(lat, lon, ring.size_m, 0, ring.rings)
        for key in grid:
            here = look(top | key)
            if here is None:
                continue
            among: Iterable[Incident] = here.values()
            if len(here) > PER_CELL:
                among = islice(reversed(here.values()), PER_CELL)
            for incident in among:
                their_lat, their_lon = incident.lat, incident.lon
                if their_lat is None or their_lon is None:
                    continue
                dy, dx = (their_lat - lat) * DEGREE_M, (their_lon - lon) * per_lon
                if (
                    dx * dx + dy * dy <= ring.farthest_m2
                    and incident.last_at >= at - ring.window_s
                    and incident.first_at <= at + ring.window_s
                ):
                    found.append(incident)
    return found
