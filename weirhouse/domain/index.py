# SPDX-License-Identifier: Apache-2.0
"""The open incidents of a partition, found by place, asset, reporter, episode and rare words.

A cache: the ledger decides. One integer key for a grid cell of one type, so that a look-up is a dozen
dictionary gets. `overlay()` is a child that can be thrown away (a slice decided ahead) or merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from weirhouse.domain.geo import LAYER_BITS
from weirhouse.domain.incident import Incident
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.policy import NORMAL, Policy
from weirhouse.domain.report import Report
from weirhouse.domain.rings import around, key_for, point_of
from weirhouse.domain.taxonomy import kind_of
from weirhouse.domain.telling import Heard, Told, tell, unpack
from weirhouse.domain.text import sketch, spot, token_hash

MAX_CANDIDATES: Final = 200
RARE: Final = 8
"""A placeless incident is filed under its smallest hashes: texts half alike share one of 8 with 99 %."""
PER_GRAM: Final = 32
FILED: Final = 16
LOOKED: Final = 24
HEAVIEST: Final = 48
"""Rarest n-grams of each part under which a text is filed and looked for; incidents compared at most."""
MERGE_HOPS: Final = 16
_ENDED: Final = frozenset({IncidentState.CLOSED, IncidentState.MERGED})
K = TypeVar("K")


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
        self.rarest: dict[int, list[str]] = {}
        self.heard: Heard = Heard(None if parent is None else parent.heard)
        self.last: tuple[Report, Told | None] | None = None
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

    def put(self, incident: Incident, hear: bool = True) -> None:
        """Add the incident or replace the older object of the same id; `hear` False when its words are counted."""
        name = incident.id
        old = self.by_id.get(name)
        if hear:
            self._hear(incident, self._raw(name))
        self.by_id[name] = incident
        key = 0 if incident.state is IncidentState.MERGED else key_for(incident)
        filed = self.filed.get(name)
        reworded = key == 0 and old is not None and old.gist.told != incident.gist.told
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
                for text in incident.gist.told:
                    for gram, _ in unpack(text).rarest(FILED, FILED):
                        _push(self.rarest, gram, name)
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
        if incident.gist.told:
            self.heard.add(incident.summary, -1)
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
        self.outline_cells.setdefault(key_for(outline), {})[outline.id] = outline

    def drop_outline(self, incident_id: str) -> None:
        """Forget a neighbour's outline (closed there, or merged)."""
        known = self.outlines.pop(incident_id, None)
        if known is not None:
            _take_out(self.outline_cells, key_for(known[1]), incident_id)

    def overlay(self) -> IncidentIndex:
        """Return a child that sees everything here and keeps what is put into it to itself."""
        return IncidentIndex(self)

    def merge(self) -> None:
        """Put what this overlay holds into its parent (the slice is durable)."""
        if self.parent is not None:
            for incident in self.by_id.values():
                self.parent.put(incident, hear=False)
            self.parent.heard.take(self.heard)

    # what a decision sees ---------------------------------------------------------------------------

    def tell(self, report: Report) -> Told | None:
        """Return what the words of a report without a place tell among those in memory."""
        if not report.words or point_of(report) is not None:
            return None
        if self.last is None or self.last[0] is not report:
            self.last = (report, tell(report.words, self.heard))
        return self.last[1]

    def near(self, report: Report) -> list[Incident]:
        """Return at most 200 incidents that could be meant: same asset, same reporter, then by place."""
        found: dict[str, Incident] = {}
        for name in self._named(report):
            if name not in found:
                incident = self._raw(name)
                if incident is not None and incident.state is not IncidentState.MERGED:
                    found[name] = incident
        point = point_of(report)
        if point is not None:
            kind = kind_of(report.type)
            index: IncidentIndex | None = self
            while index is not None:
                for incident in around(index.cells, index.used, kind, point, report.event_time, self.policy):
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
        point = point_of(report)
        if point is None:
            return list(index.outlines.values())[-MAX_CANDIDATES:]
        found = around(index.outline_cells, None, kind_of(report.type), point, report.event_time, self.policy)
        return [index.outlines[outline.id] for outline in found][:MAX_CANDIDATES]

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
            told = self.tell(report) if index.rarest else None
            if told is not None:
                yield from _heaviest(index.rarest, told)
            elif index.grams and report.words:
                for gram in sketch(report.words)[: 2 * RARE]:
                    yield from index.grams.get(gram, ())
            index = index.parent

    def _hear(self, incident: Incident, before: Incident | None) -> None:
        """Count the words that opened an incident without a place: all while they are at hand, else the summary."""
        counted = before is not None and bool(before.gist.told)
        if counted is bool(incident.gist.told):
            return
        last = self.last
        opener = last is not None and last[0].id == incident.opened_by and not counted
        self.heard.add(last[0].words if last is not None and opener else incident.summary, -1 if counted else 1)

    def _unfile(self, name: str, key: int, incident: Incident | None) -> None:
        if key:
            _take_out(self.cells, key, name)
            self.used[key >> LAYER_BITS] -= 1
        elif incident is not None:
            for gram in incident.gist.sketch[:RARE]:
                _pull(self.grams, gram, name)
            _pull(self.assets, spot(incident.address), name)
            for text in incident.gist.told:
                for gram, _ in unpack(text).rarest(FILED, FILED):
                    _pull(self.rarest, gram, name)


def _heaviest(rarest: dict[int, list[str]], told: Told) -> list[str]:
    """Return the incidents that share the heaviest n-grams with a text, at most 48."""
    weight: dict[str, float] = {}
    for gram, share in told.rarest(LOOKED, LOOKED):
        for name in rarest.get(gram, ()):
            weight[name] = weight.get(name, 0.0) + share * share
    return sorted(weight, key=lambda name: (-weight[name], name))[:HEAVIEST]


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
