# SPDX-License-Identifier: Apache-2.0
"""The open incidents of a partition, found by place, asset, reporter, episode and rare words.

A cache: the ledger decides. One integer key for a grid cell of one type, so that a look-up is a dozen
dictionary gets. `overlay()` is a child that can be thrown away (a slice decided ahead) or merged.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

import msgspec

from weirhouse.domain.correlate import farthest_m2, pair_of, reach_m
from weirhouse.domain.geo import DEGREE_M, LAYER_BITS, MAX_ACCURACY_M, key_of, keys_around
from weirhouse.domain.geo import cell as cell_of
from weirhouse.domain.incident import Incident
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.policy import NORMAL, Policy
from weirhouse.domain.report import Report
from weirhouse.domain.taxonomy import RELATIONS, TYPES, IncidentType, kind_of
from weirhouse.domain.text import sketch, spot, token_hash

MAX_CANDIDATES: Final = 200
PER_CELL: Final = 64
"""Newest incidents of one type looked at in one cell; more in one place is one happening or a fault."""
RARE: Final = 8
"""A placeless incident is filed under its smallest hashes: texts half alike share one of 8 with 99 %."""
PER_GRAM: Final = 32
MERGE_HOPS: Final = 16
_ENDED: Final = frozenset({IncidentState.CLOSED, IncidentState.MERGED})
MAX_RINGS: Final = 4096
K = TypeVar("K")

_SIZES_M: Final = (190.0, 250.0, 400.0, 550.0, 850.0)
"""Widths of cells: types that reach about as far share a grid, so that a look-up computes two grids and not five."""

_CELL_M: Final = {
    kind.id: next((size for size in _SIZES_M if size >= reach_m(kind)), reach_m(kind)) for kind in TYPES.values()
}
_LAYER: Final = {kind.id: kind.index + 1 for kind in TYPES.values()}


class IncidentIndex:
    """Implements `weirhouse.domain.decision.Candidates` over incidents put into it."""

    def __init__(self, parent: IncidentIndex | None = None, policy: Policy = NORMAL) -> None:
        self.parent: IncidentIndex | None = parent
        self.policy: Policy = parent.policy if parent is not None else policy
        self.by_id: dict[str, Incident] = {}
        self.filed: dict[str, int] = {}
        self.cells: dict[int, dict[str, Incident]] = {}
        self.used: dict[int, int] = {}
        self.grams: dict[int, list[str]] = {}
        self.assets: dict[str, list[str]] = {}
        self.reporters: dict[int, str] = {}
        self.episodes: dict[str, str] = {}
        self.closed: dict[str, float] = {}
        self.outlines: dict[str, tuple[str, Incident]] = {}
        self.outline_cells: dict[int, dict[str, Incident]] = {}

    # the memory's side ------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.by_id)

    def __iter__(self) -> Iterator[Incident]:
        return iter(self.by_id.values())

    def put(self, incident: Incident) -> None:
        """Add the incident or replace the older object of the same id."""
        name = incident.id
        old = self.by_id.get(name)
        self.by_id[name] = incident
        key = 0 if incident.state is IncidentState.MERGED else _key(incident)
        filed = self.filed.get(name)
        reworded = key == 0 and old is not None and old.gist.sketch[:RARE] != incident.gist.sketch[:RARE]
        if filed != key or reworded:
            if filed is not None:
                self._unfile(name, filed, old)
            self.filed[name] = key
            if key:
                layer = key >> LAYER_BITS
                self.used[layer] = self.used.get(layer, 0) + 1
            elif incident.state is not IncidentState.MERGED:
                for gram in incident.gist.sketch[:RARE]:
                    _push(self.grams, gram, name)
                if incident.address:
                    _push(self.assets, spot(incident.address), name)
        if key:
            home = self.cells.get(key)
            if home is None:
                home = self.cells[key] = {}
            home[name] = incident
        if incident.state in _ENDED:
            self.closed[name] = incident.closed_at
        elif self.closed:
            self.closed.pop(name, None)
        gist = incident.gist
        if old is None or old.gist is not gist:
            for asset in gist.assets:
                _push(self.assets, asset, name)
            self.reporters.update(dict.fromkeys(gist.folds, name))
            for episode in gist.episodes:
                self.episodes[episode] = name
                self.episodes[episode.split("|", 1)[0] + "|"] = name

    def drop(self, incident_id: str) -> None:
        """Forget the incident."""
        incident = self.by_id.pop(incident_id, None)
        if incident is None:
            return
        self._unfile(incident_id, self.filed.pop(incident_id), incident)
        self.closed.pop(incident_id, None)
        for asset in incident.gist.assets:
            _pull(self.assets, asset, incident_id)
        for reporter in incident.gist.folds:
            if self.reporters.get(reporter) == incident_id:
                del self.reporters[reporter]
        for episode in incident.gist.episodes:
            for key in (episode, episode.split("|", 1)[0] + "|"):
                if self.episodes.get(key) == incident_id:
                    del self.episodes[key]

    def expire(self, now: float) -> int:
        """Forget closed and merged incidents past their type's reopen window; return how many."""
        gone = [i for i, at in self.closed.items() if now - at > kind_of(self.by_id[i].type).reopen_s]
        for incident_id in gone:
            self.drop(incident_id)
        return len(gone)

    def put_outline(self, home: str, outline: Incident) -> None:
        """Keep a neighbour zone's border incident for `across`."""
        self.drop_outline(outline.id)
        self.outlines[outline.id] = (home, outline)
        self.outline_cells.setdefault(_key(outline), {})[outline.id] = outline

    def drop_outline(self, incident_id: str) -> None:
        """Forget a neighbour's outline (closed there, or merged)."""
        known = self.outlines.pop(incident_id, None)
        if known is not None:
            _take_out(self.outline_cells, _key(known[1]), incident_id)

    def overlay(self) -> IncidentIndex:
        """Return a child that sees everything here and keeps what is put into it to itself."""
        return IncidentIndex(self)

    def merge(self) -> None:
        """Put what this overlay holds into its parent (the slice is durable)."""
        if self.parent is not None:
            for incident in self.by_id.values():
                self.parent.put(incident)

    # what a decision sees ---------------------------------------------------------------------------

    def near(self, report: Report) -> list[Incident]:
        """Return at most 200 incidents that could be meant: same asset, same reporter, then by place."""
        found: dict[str, Incident] = {}
        for name in self._named(report):
            if name not in found:
                incident = self._raw(name)
                if incident is not None and incident.state is not IncidentState.MERGED:
                    found[name] = incident
        point = _point(report)
        if point is not None:
            kind = kind_of(report.type)
            index: IncidentIndex | None = self
            while index is not None:
                for incident in _around(index.cells, index.used, kind, point, report.event_time, self.policy):
                    if incident.id not in found and (index is self or self._raw(incident.id) is incident):
                        found[incident.id] = incident
                index = index.parent
        if len(found) > MAX_CANDIDATES:
            return list(found.values())[:MAX_CANDIDATES]
        return list(found.values())

    def get(self, incident_id: str) -> Incident | None:
        """Return the incident, merges followed to the root; None when unknown here."""
        incident = self._raw(incident_id)
        for _ in range(MERGE_HOPS):
            if incident is None or not incident.merged_into:
                return incident
            incident = self._raw(incident.merged_into)
        return None

    def root(self, incident_id: str) -> str:
        """Return the id of the incident that it was merged into, as far as known here; its own without a merge."""
        for _ in range(MERGE_HOPS):
            incident = self._raw(incident_id)
            if incident is None or not incident.merged_into:
                break
            incident_id = incident.merged_into
        return incident_id

    def standing(self, source: str, episode: str) -> Incident | None:
        """Return the incident in which the device's episode stands or stood."""
        key = f"{source}|{episode}"
        index: IncidentIndex | None = self
        while index is not None:
            name = index.episodes.get(key)
            if name is not None:
                return self.get(name)
            index = index.parent
        return None

    def across(self, report: Report) -> Iterable[tuple[str, Incident]]:
        """Return neighbours' outlines near the report; all placeless-capable ones for a placeless report."""
        index = self
        while index.parent is not None:
            index = index.parent
        if not index.outlines:
            return []
        point = _point(report)
        if point is None:
            return list(index.outlines.values())[-MAX_CANDIDATES:]
        around = _around(index.outline_cells, None, kind_of(report.type), point, report.event_time, self.policy)
        return [index.outlines[outline.id] for outline in around][:MAX_CANDIDATES]

    def _raw(self, name: str) -> Incident | None:
        index: IncidentIndex | None = self
        while index is not None:
            incident = index.by_id.get(name)
            if incident is not None:
                return incident
            index = index.parent
        return None

    def _named(self, report: Report) -> Iterator[str]:
        asset, address = report.location.asset_id, spot(report.location.address)
        reporter = token_hash(report.reporter) if report.reporter else 0
        index: IncidentIndex | None = self
        while index is not None:
            if address:
                yield from index.assets.get(address, ())
            if asset:
                yield from index.assets.get(asset, ())
            if reporter:
                name = index.reporters.get(reporter)
                if name is not None:
                    yield name
            if index.grams and report.words:
                for gram in sketch(report.words)[: 2 * RARE]:
                    yield from index.grams.get(gram, ())
            index = index.parent

    def _unfile(self, name: str, key: int, incident: Incident | None) -> None:
        if key:
            _take_out(self.cells, key, name)
            self.used[key >> LAYER_BITS] -= 1
        elif incident is not None:
            for gram in incident.gist.sketch[:RARE]:
                _pull(self.grams, gram, name)
            _pull(self.assets, spot(incident.address), name)


def _key(incident: Incident) -> int:
    if incident.lat is None or incident.lon is None:
        return 0
    kind = incident.type if incident.type in _LAYER else kind_of(incident.type).id
    row, col = cell_of(incident.lat, incident.lon, _CELL_M[kind])
    return key_of(row, col, _LAYER[kind])


def _point(report: Report) -> tuple[float, float, float] | None:
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


def _around(
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


def _take_out(cells: dict[int, dict[str, Incident]], key: int, name: str) -> None:
    here = cells.get(key)
    if here is not None:
        here.pop(name, None)
        if not here:
            del cells[key]


def _push(table: dict[K, list[str]], key: K, name: str) -> None:
    names = table.setdefault(key, [])
    if name not in names:
        names.append(name)
        if len(names) > PER_GRAM:
            del names[0]


def _pull(table: dict[K, list[str]], key: K, name: str) -> None:
    names = table.get(key)
    if names is not None and name in names:
        names.remove(name)
        if not names:
            del table[key]
