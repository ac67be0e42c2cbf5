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

import msgspec

from weirhouse.domain.decision import Band, Match
from weirhouse.domain.geo import MIN_ACCURACY_M, metres
from weirhouse.domain.habits import Habit, near_of, soon_of
from weirhouse.domain.incident import Incident, Term
from weirhouse.domain.policy import Bands, Policy, Weights, bands_for
from weirhouse.domain.probe import Probe
from weirhouse.domain.report import Lane, Report
from weirhouse.domain.taxonomy import RELATIONS, IncidentType, kind_of
from weirhouse.domain.telling import Told, alike, unpack
from weirhouse.domain.text import address_key, house_numbers, similarity

CHAIN_WINDOWS: Final = 4.0
"""An incident takes reports up to this many windows after its first one: no endless chains in time."""
FEW_GRAMS: Final = 6
"""Fewer n-grams than this say nothing about likeness."""
HOPELESS: Final = -2.0
"""Log-odds before words and assets below which those could still save a match but rarely do."""

KNOWN_M: Final = 50.0
"""What an incident's own place is taken to be known within when candidates are picked, in metres."""

MAX_LABEL_PAIRS: Final = 50_000
"""Pairs of labels whose habits are kept ready."""

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


class Pair(msgspec.Struct, frozen=True, gc=False):
    """What two types and a policy fix beforehand: made once, used for every comparison."""

    strength: float
    calm: bool
    prior: float
    type: float
    fixed: float
    window_s: float
    longest_s: float
    half2: float
    log_background: float


class _Pairs:
    """The pairs of the policy last used; a function of it, so keeping them changes no answer."""

    __slots__ = ("habits", "most", "policy", "table")

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.table: dict[tuple[str, str], Pair] = {}
        self.habits: dict[tuple[str, str, str, str], Habit] = {}
        self.most = policy.habits.most()


_kept = _Pairs(Policy())


def pair_of(one: IncidentType, two: str, policy: Policy) -> Pair:
    """Return the pair of a report's type and an incident's type under `policy`."""
    global _kept
    kept = _kept
    if kept.policy is not policy:
        kept = _kept = _Pairs(policy)
    found = kept.table.get((one.id, two))
    if found is None:
        w, kind = policy.weights, kind_of(two)
        strength = RELATIONS[one.id].get(two, 0.0)
        prior = policy.priors.get(two, w.several if kind.several else 0.0)
        radius_m = max(kind.radius_m, one.radius_m) * policy.radius_factor
        type_ = w.type * (2.0 * strength - 1.0)
        window_s = max(kind.window_s, one.window_s) * policy.window_factor
        found = Pair(
            strength=strength,
            calm=one.lane is not Lane.LIFE and kind.lane is not Lane.LIFE,
            prior=prior,
            type=type_,
            fixed=w.bias + prior + type_,
            window_s=window_s,
            longest_s=max(2.0 * window_s, policy.habits.window_s),
            half2=0.25 * radius_m * radius_m,
            log_background=math.log(background_m2(w, radius_m) / (2.0 * math.pi)),
        )
        if kind.id == two:
            kept.table[one.id, two] = found
    return found


def habit_of(probe: Probe, incident: Incident, policy: Policy) -> Habit:
    """Return what the records say of the two labels; to be called after `pair_of` under the same policy."""
    label = incident.gist.label or incident.type
    key = (probe.label, label, probe.kind.id, incident.type)
    found = _kept.habits.get(key)
    if found is None:
        habits = policy.habits
        found = habits.both(
            habits.of(probe.label, probe.kind.id), habits.of(label, incident.type), probe.label == label
        )
        if len(_kept.habits) < MAX_LABEL_PAIRS:
            _kept.habits[key] = found
    return found


def weigh(probe: Probe, incident: Incident, policy: Policy, terms: list[Term] | None = None) -> float:
    """Return the log-odds that the probe's report speaks of `incident`; append the terms if asked.

    `APART` when a hard rule forbids it: unrelated types, out of all time, exercise against real,
    kept apart by a person.
    """
    report = probe.report
    pair = pair_of(probe.kind, incident.type, policy)
    gist = incident.gist
    same_asset = bool(probe.assets) and probe.assets in gist.assets
    if report.exercise is not incident.exercise or (gist.cannot and report.id in gist.cannot):
        return APART
    addressed = bool(probe.address and incident.address)
    if probe.told is not None and gist.told and pair.calm and not same_asset and not addressed:
        return _by_words(probe, probe.told, incident, policy, terms)
    if pair.strength == 0.0 and not same_asset:
        return APART
    w, window_s = policy.weights, pair.window_s
    at = report.event_time
    gap_s = incident.first_at - at if at < incident.first_at else max(0.0, at - incident.last_at)
    if gap_s > pair.longest_s or at - incident.first_at > max(CHAIN_WINDOWS * window_s, pair.longest_s):
        return APART
    time = w.time * max(-3.0, 1.0 - 2.0 * gap_s / window_s)
    z = pair.fixed + time

    habit, known, at_address = None, policy.habits, False
    record = soon = near = address = 0.0
    if known.labels:
        habit = habit_of(probe, incident, policy)
        unit, square = soon_of(gap_s)
        record, soon = habit.odds, habit.soon * unit + known.late * square
        at_address = bool(probe.address) and probe.address == address_key(incident.address)
        address = habit.address * at_address
        z += record + soon + address

    place = distance_m = 0.0
    lat, lon, their_lat, their_lon = probe.lat, probe.lon, incident.lat, incident.lon
    placed = lat is not None and lon is not None and their_lat is not None and their_lon is not None
    if lat is not None and lon is not None and their_lat is not None and their_lon is not None:
        distance_m = metres(lat, lon, their_lat, their_lon)
        known_m = max(incident.radius_m, MIN_ACCURACY_M)
        sigma2 = pair.half2 + probe.accuracy_m * probe.accuracy_m + known_m * known_m
        place = pair.log_background - math.log(sigma2) - distance_m * distance_m / (2.0 * sigma2)
        place = min(w.place_cap, max(w.place_floor, place))
        z += place
        if habit is not None:
            log_m, root_m = near_of(distance_m)
            near = known.near * log_m + known.far * root_m
            z += near
        if z < HOPELESS and not same_asset:
            return z
    elif habit is not None:
        near = known.address_only if at_address else known.nowhere
        z += near

    words = alike = 0.0
    theirs = gist.sketch
    if len(probe.sketch) >= FEW_GRAMS and len(theirs) >= FEW_GRAMS:
        alike = similarity(probe.sketch, theirs, probe.sketch_set)
        words = alike - w.words_neutral
        words *= w.words if words > 0.0 else w.words_against
        if habit is not None:
            words += known.words * alike
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
        numbers = house_numbers(incident.address)
        if numbers:
            house = w.house_same if probe.houses & numbers else w.house_other
    z += asset + named + house

    if terms is not None:
        terms.append(Term("bias", w.bias + pair.prior, incident.type))
        terms.append(Term("type", pair.type, f"{probe.kind.id} ~ {incident.type}: {pair.strength:.2f}"))
        terms.append(Term("time", time, f"{gap_s:.0f} s of {window_s:.0f} s"))
        if placed:
            terms.append(Term("place", place, f"{distance_m:.0f} m, accuracy {probe.accuracy_m:.0f} m"))
        if habit is not None:
            terms.append(Term("record", record, f"{probe.label} ~ {incident.gist.label or incident.type}"))
            terms.append(Term("record_time", soon, f"{gap_s:.0f} s"))
            terms.append(Term("record_place", near, f"{distance_m:.0f} m" if placed else ""))
            if address:
                terms.append(Term("address", address, incident.address))
        if words:
            terms.append(Term("words", words, f"{alike:.2f} alike"))
        if asset:
            terms.append(Term("asset", asset, probe.assets))
        if named:
            terms.append(Term("place_name", named, report.location.place_id))
        if house:
            terms.append(Term("house", house, ", ".join(sorted(probe.houses))))
    return z


def _by_words(probe: Probe, told: Told, incident: Incident, policy: Policy, terms: list[Term] | None) -> float:
    """Return the log-odds where neither side has a place and no life is at stake: the words decide.

    The type was mostly guessed from the same words, so it adds nothing and forbids nothing.
    """
    w, at = policy.weights, probe.report.event_time
    gap_s = incident.first_at - at if at < incident.first_at else max(0.0, at - incident.last_at)
    if gap_s > w.telling_window_s or len(told.head) + len(told.body) < FEW_GRAMS:
        return APART
    best, likest = (0.0, 0.0), Told({}, {})
    for text in incident.gist.told:
        theirs = unpack(text)
        both = alike(told, theirs)
        if sum(both) > sum(best):
            best, likest = both, theirs
    time = w.telling_days * math.log10(1.0 + gap_s / 86_400.0)
    words = w.telling * (best[0] + best[1] - w.telling_neutral)
    if words > 0.0:
        words = min(words, w.telling_prior + w.telling_rare * told.rarest_shared(likest))
    if terms is not None:
        terms.append(Term("time", time, f"{gap_s:.0f} s"))
        terms.append(Term("telling", words, f"beginning {best[0]:.2f}, rest {best[1]:.2f} alike"))
    return time + words


def another_matter(probe: Probe, incident: Incident, policy: Policy) -> bool:
    """Return whether the words of two reports without a place are too unlike to be one matter told twice."""
    if probe.told is None or not incident.gist.told or not probe.told.body:
        return False
    likest = max(sum(alike(probe.told, unpack(text))) for text in incident.gist.told)
    return likest < policy.weights.telling_neutral


def band_of(value: float, bands: Bands, placed: bool, guarded: bool) -> Band:
    """Return the band of a score; `guarded`: a life-safety report against an incident that is not."""
    join = bands.join if placed else bands.placeless_join
    if guarded:
        join = max(join, bands.life_join)
    if value >= join:
        return Band.JOIN
    return Band.SUGGEST if value >= (bands.suggest if placed else bands.placeless_suggest) else Band.APART


def farthest_m2(pair: Pair, accuracy_m: float, policy: Policy) -> float:
    """Return the squared distance beyond which `weigh` finds a pair hopeless before their words.

    For incidents known within `KNOWN_M`; an upper bound, so that the index may leave out what lies beyond.
    """
    w = policy.weights
    sigma2 = pair.half2 + accuracy_m * accuracy_m + KNOWN_M * KNOWN_M
    place = min(w.place_cap, pair.log_background - math.log(sigma2))
    return 2.0 * sigma2 * max(0.0, pair.fixed + w.time + place + _kept.most - HOPELESS)


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
