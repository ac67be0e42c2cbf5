# SPDX-License-Identifier: Apache-2.0
"""Does this report speak of that incident? A score in [0, 1] with the terms behind it.

Log-odds are added and sent through the logistic function. Nearness is weighed as a likelihood ratio:
the density of a report of the same happening (a normal of sigma metres, from the type's radius and both
accuracies) against that of an unrelated one somewhere in the background area. A coarse place therefore
proves little and disproves little.
"""

from __future__ import annotations

import math
from typing import Final

from weirhouse.domain.decision import Band, Match
from weirhouse.domain.geo import MIN_ACCURACY_M, metres
from weirhouse.domain.incident import Incident, Term
from weirhouse.domain.policy import Bands, Policy, Weights, bands_for
from weirhouse.domain.probe import Probe
from weirhouse.domain.report import Lane, Report
from weirhouse.domain.taxonomy import RELATIONS, IncidentType, kind_of
from weirhouse.domain.text import house_numbers, similarity

CHAIN_WINDOWS: Final = 4.0
"""An incident takes reports up to this many windows after its first one: no endless chains in time."""
FEW_GRAMS: Final = 6
"""Fewer n-grams than this say nothing about likeness."""
HOPELESS: Final = -3.0
"""Log-odds before words and assets below which those could still save a match but rarely do."""

KNOWN_M: Final = 50.0
"""What an incident's own place is taken to be known within when candidates are picked, in metres."""

APART: Final = -99.0


def reach_m(kind: IncidentType) -> float:
    """Return how far apart two reports of one happening may be found at all, in metres."""
    return 1.5 * kind.radius_m + 100.0


def background_m2(weights: Weights, radius_m: float) -> float:
    """Return the area in which an unrelated report of a type of that radius might as well have come."""
    return weights.background_m2 + weights.background_radii * radius_m * radius_m


def logistic(z: float) -> float:
    """Return 1 / (1 + exp(-z)), safe for any z."""
    if z >= 0.0:
        return 1.0 / (1.0 + math.exp(-z))
    e = math.exp(max(z, -700.0))
    return e / (1.0 + e)


def weigh(probe: Probe, incident: Incident, policy: Policy, terms: list[Term] | None = None) -> float:
    """Return the log-odds that the probe's report speaks of `incident`; append the terms if asked.

    `APART` when a hard rule forbids it: unrelated types, out of all time, exercise against real,
    kept apart by a person.
    """
    report = probe.report
    strength = probe.relations.get(incident.type, 0.0)
    gist = incident.gist
    same_asset = bool(probe.assets) and probe.assets in gist.assets
    if (strength == 0.0 and not same_asset) or report.exercise is not incident.exercise:
        return APART
    if gist.cannot and report.id in gist.cannot:
        return APART
    kind = probe.kind if probe.kind.id == incident.type else kind_of(incident.type)
    w = policy.weights

    window_s = max(kind.window_s, probe.kind.window_s) * policy.window_factor
    at = report.event_time
    gap_s = max(0.0, incident.first_at - at, at - incident.last_at)
    if gap_s > 2.0 * window_s or at - incident.first_at > CHAIN_WINDOWS * window_s:
        return APART
    time = w.time * (1.0 - 2.0 * gap_s / window_s)
    type_ = w.type * (2.0 * strength - 1.0)
    prior = policy.priors.get(incident.type, w.several if kind.several else 0.0)
    z = w.bias + prior + type_ + time

    place = distance_m = 0.0
    lat, lon, their_lat, their_lon = probe.lat, probe.lon, incident.lat, incident.lon
    placed = lat is not None and lon is not None and their_lat is not None and their_lon is not None
    if lat is not None and lon is not None and their_lat is not None and their_lon is not None:
        distance_m = metres(lat, lon, their_lat, their_lon)
        radius_m = max(kind.radius_m, probe.kind.radius_m) * policy.radius_factor
        half = 0.5 * radius_m
        known_m = max(incident.radius_m, MIN_ACCURACY_M)
        sigma2 = half * half + probe.accuracy_m * probe.accuracy_m + known_m * known_m
        place = math.log(background_m2(w, radius_m) / (2.0 * math.pi * sigma2)) - distance_m * distance_m / (
            2.0 * sigma2
        )
        place = min(w.place_cap, max(w.place_floor, place))
        z += place
        if z < HOPELESS and not same_asset:
            return z

    words = alike = 0.0
    if len(probe.sketch) >= FEW_GRAMS and len(gist.sketch) >= FEW_GRAMS:
        alike = similarity(probe.sketch, gist.sketch, probe.sketch_set)
        words = alike - w.words_neutral
        words *= w.words if words > 0.0 else w.words_against
        z += words
    asset = 0.0
    if same_asset:
        asset = w.asset_same
    elif probe.assets and any(not name.startswith("place:") for name in gist.assets):
        asset = w.asset_other
    named = 0.0
    if probe.place and gist.assets:
        if probe.place in gist.assets:
            named = w.place_same
        elif any(name.startswith("place:") for name in gist.assets):
            named = w.place_other
    house = 0.0
    if probe.houses and incident.address:
        theirs = house_numbers(incident.address)
        if theirs:
            house = w.house_same if probe.houses & theirs else w.house_other
    z += asset + named + house

    if terms is not None:
        terms.append(Term("bias", w.bias + prior, incident.type))
        terms.append(Term("type", type_, f"{probe.kind.id} ~ {incident.type}: {strength:.2f}"))
        terms.append(Term("time", time, f"{gap_s:.0f} s of {window_s:.0f} s"))
        if placed:
            terms.append(Term("place", place, f"{distance_m:.0f} m, accuracy {probe.accuracy_m:.0f} m"))
        if words:
            terms.append(Term("words", words, f"{alike:.2f} alike"))
        if asset:
            terms.append(Term("asset", asset, probe.assets))
        if named:
            terms.append(Term("place_name", named, report.location.place_id))
        if house:
            terms.append(Term("house", house, ", ".join(sorted(probe.houses))))
    return z


def band_of(value: float, bands: Bands, placed: bool, guarded: bool) -> Band:
    """Return the band of a score; `guarded`: a life-safety report against an incident that is not."""
    join = bands.join if placed else bands.placeless_join
    if guarded:
        join = max(join, bands.life_join)
    if value >= join:
        return Band.JOIN
    return Band.SUGGEST if value >= (bands.suggest if placed else bands.placeless_suggest) else Band.APART


def farthest_m2(one: IncidentType, two: IncidentType, accuracy_m: float, policy: Policy) -> float:
    """Return the squared distance beyond which `weigh` finds a pair hopeless before their words.

    For incidents known within `KNOWN_M`; an upper bound, so that the index may leave out what lies beyond.
    """
    w = policy.weights
    radius_m = max(one.radius_m, two.radius_m) * policy.radius_factor
    half = 0.5 * radius_m
    sigma2 = half * half + accuracy_m * accuracy_m + KNOWN_M * KNOWN_M
    prior = policy.priors.get(two.id, w.several if two.several else 0.0)
    best = w.bias + prior + w.type * (2.0 * RELATIONS[one.id].get(two.id, 0.0) - 1.0) + w.time
    place = min(w.place_cap, math.log(background_m2(w, radius_m) / (2.0 * math.pi * sigma2)))
    return 2.0 * sigma2 * max(0.0, best + place - HOPELESS)


def lowest_odds(policy: Policy) -> float:
    """Return log-odds below which no band of the policy even suggests."""
    lowest = min(policy.bands.suggest, policy.bands.placeless_suggest)
    for bands in policy.type_bands.values():
        lowest = min(lowest, bands.suggest, bands.placeless_suggest)
    lowest = min(max(lowest, 1e-9), 1.0 - 1e-9)
    return max(APART + 1.0, math.log(lowest / (1.0 - lowest)) - 1e-9)


def match(probe: Probe, incident: Incident, policy: Policy) -> Match:
    """Return the full match of a probe with an incident, its terms kept."""
    terms: list[Term] = []
    value = logistic(weigh(probe, incident, policy, terms))
    band = band_of(value, bands_for(policy, incident.type), sure_of_place(probe, incident), guarded(probe, incident))
    return Match(incident_id=incident.id, score=value, band=band, terms=tuple(terms))


def sure_of_place(probe: Probe, incident: Incident) -> bool:
    """Return whether both sides say where, by a point or by the same asset."""
    return (probe.lat is not None and incident.lat is not None) or bool(
        probe.assets and probe.assets in incident.gist.assets
    )


def guarded(probe: Probe, incident: Incident) -> bool:
    """Return whether the stricter join for cries for help holds."""
    return probe.life and incident.lane is not Lane.LIFE


def score(report: Report, incident: Incident, policy: Policy) -> Match:
    """Return how well `report` matches `incident`: score, band, terms."""
    return match(Probe(report, policy.life_priority), incident, policy)
