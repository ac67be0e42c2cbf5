# SPDX-License-Identifier: Apache-2.0
"""The evidence of incidents put together, told anew from some of their reports, and given back: bounded, never milder.

What people decided (state, claim, teams, owner) is not evidence; the acts in `joining` see to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from weirhouse.domain.gather import (
    MAX_ASSETS,
    MAX_EPISODES,
    MAX_FOLDS,
    MAX_REPORTERS,
    copied,
    joined,
    opened,
    with_flag,
)
from weirhouse.domain.geo import metres
from weirhouse.domain.ids import incident_id
from weirhouse.domain.incident import Incident
from weirhouse.domain.policy import Policy
from weirhouse.domain.priority import evidence_of, rank_anew, word_of
from weirhouse.domain.probe import Probe
from weirhouse.domain.report import Lane, Report
from weirhouse.domain.taxonomy import kind_of
from weirhouse.domain.telling import MAX_TOLD
from weirhouse.domain.text import merge_sketches

MAX_TIED: Final = 64
"""Report ids kept of each sort of tie (must, cannot), newest last."""

_ROW: Final = (
    "reports", "reporters", "sources", "first_at", "last_at", "opened_at", "priority", "severity", "rank", "reasons",
    "lat", "lon", "radius_m", "address", "summary",
)  # fmt: skip
_GIST: Final = ("sketch", "told", "reporters", "sources", "kinds", "folds", "assets", "claims", "weight", "home")

T = TypeVar("T")


def newest(values: Iterable[str], limit: int = MAX_TIED) -> list[str]:
    """Return the distinct values in order of first mention, the last `limit` of them."""
    return list(dict.fromkeys(values))[-limit:]


def gathered(kept: Incident, others: Sequence[Incident], policy: Policy) -> Incident:
    """Return a copy of `kept` with the evidence of all: counts summed, the earliest clock, the highest priority."""
    fresh = copied(kept)
    rows = (kept, *others)
    worded = any(row.gist.word for row in rows)
    for other in others:
        _take(fresh, other)
    fresh.gist.word = fresh.priority if worded else 0
    fresh.gist.word_over = min(evidence_of(row) for row in rows) if worded else 0
    rank_anew(fresh, policy)
    fresh.rank = max(fresh.rank, *(row.rank for row in rows))
    fresh.policy = policy.version
    return fresh


def _take(fresh: Incident, other: Incident) -> None:
    gist, theirs = fresh.gist, other.gist
    fresh.reports += other.reports
    fresh.reporters = _distinct(gist.reporters, theirs.reporters, fresh.reporters, other.reporters)
    fresh.sources = _distinct(gist.sources, theirs.sources, fresh.sources, other.sources)
    fresh.first_at, fresh.last_at = min(fresh.first_at, other.first_at), max(fresh.last_at, other.last_at)
    fresh.opened_at = min(fresh.opened_at, other.opened_at)
    fresh.priority, fresh.severity = min(fresh.priority, other.priority), max(fresh.severity, other.severity)
    fresh.lane = Lane.LIFE if Lane.LIFE in (fresh.lane, other.lane) else fresh.lane
    fresh.summary, fresh.address = fresh.summary or other.summary, fresh.address or other.address
    for flag in other.flags:
        fresh.flags = with_flag(fresh.flags, flag)
    if other.lane is Lane.LIFE and not set(theirs.claims) <= set(gist.claims):
        fresh.flags = with_flag(fresh.flags, "distinct_cry")
    _middle(fresh, other)
    gist.sketch = merge_sketches(gist.sketch, theirs.sketch)
    gist.told = (*gist.told, *theirs.told)[:MAX_TOLD] if fresh.lat is None else ()
    gist.reporters = _union(gist.reporters, theirs.reporters, MAX_REPORTERS)
    gist.sources = _union(gist.sources, theirs.sources, MAX_REPORTERS)
    gist.kinds = sorted({*gist.kinds, *theirs.kinds})
    gist.claims = sorted({*gist.claims, *theirs.claims})
    gist.assets = _union(gist.assets, theirs.assets, MAX_ASSETS)
    folds = {key: max(at, theirs.folds.get(key, at)) for key, at in {**theirs.folds, **gist.folds}.items()}
    latest = sorted(folds, key=lambda key: (-folds[key], key))[:MAX_FOLDS]
    gist.folds = {key: folds[key] for key in latest}
    gist.episodes = dict(list({**gist.episodes, **theirs.episodes}.items())[-MAX_EPISODES:])
    gist.must = newest((*gist.must, other.opened_by, *theirs.must))
    tied = {*gist.must, fresh.opened_by}
    gist.cannot = newest(name for name in (*gist.cannot, *theirs.cannot) if name not in tied)


def _union(one: Sequence[T], two: Sequence[T], limit: int) -> list[T]:
    return list(dict.fromkeys((*one, *two)))[:limit]


def _distinct(one: Sequence[int], two: Sequence[int], counted: int, theirs: int) -> int:
    """Return how many distinct ones both hold: exact while both lists are whole, an estimate past that."""
    if len(one) < MAX_REPORTERS and len(two) < MAX_REPORTERS:
        return max(1, len({*one, *two}))
    return counted + theirs - len({*one} & {*two})


def _middle(fresh: Incident, other: Incident) -> None:
    gist = fresh.gist
    if other.lat is None or other.lon is None:
        return
    if fresh.lat is None or fresh.lon is None or gist.home is None:
        fresh.lat, fresh.lon, fresh.radius_m = other.lat, other.lon, other.radius_m
        gist.weight, gist.home = other.gist.weight, other.gist.home
        return
    apart_m = metres(fresh.lat, fresh.lon, other.lat, other.lon)
    total = gist.weight + other.gist.weight
    share = other.gist.weight / total if total else 0.5
    lat, lon = fresh.lat + (other.lat - fresh.lat) * share, fresh.lon + (other.lon - fresh.lon) * share
    leash_m, drift_m = kind_of(fresh.type).radius_m, metres(*gist.home, lat, lon)
    if drift_m > leash_m:
        lat = gist.home[0] + (lat - gist.home[0]) * leash_m / drift_m
        lon = gist.home[1] + (lon - gist.home[1]) * leash_m / drift_m
    widest_m = max(fresh.radius_m, other.radius_m)
    fresh.lat, fresh.lon, gist.weight = lat, lon, total
    fresh.radius_m = max(widest_m, min(leash_m, 0.5 * apart_m))


def told_by(row: Incident, reports: Sequence[Report], policy: Policy) -> Incident:
    """Return an incident like `row` as if only these reports had told of it; `row` gives type and word.

    `reports` must not be empty. The one that opened `row` comes first, then the earliest.
    """
    ordered = sorted(reports, key=lambda one: (incident_id(one.id) != row.id, one.received_at, one.id))
    told = opened(Probe(ordered[0], policy.life_priority), policy)
    told.type = row.type
    for report in ordered[1:]:
        told = joined(told, Probe(report, policy.life_priority), policy)
    told.opened_at = min(one.received_at for one in ordered)
    if row.gist.word:
        told.gist.word, told.gist.word_over = row.gist.word, row.gist.word_over
        told.priority = word_of(row)
    rank_anew(told, policy)
    return told


def give_evidence(fresh: Incident, told: Incident) -> None:
    """Change `fresh` to the evidence of `told`; the lane of life-safety stays while the priority asks for it."""
    for name in _ROW:
        setattr(fresh, name, getattr(told, name))
    for name in _GIST:
        setattr(fresh.gist, name, getattr(told.gist, name))
    if fresh.priority > 2 and fresh.lane is Lane.LIFE:
        fresh.lane = told.lane
