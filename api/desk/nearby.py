# SPDX-License-Identifier: Apache-2.0
"""How well open incidents nearby match what a caller is saying: the correlator's own terms, while typing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from weirhouse.domain import correlate, policy
from weirhouse.domain.decision import Band
from weirhouse.domain.geo import metres
from weirhouse.domain.incident import Incident, Term
from weirhouse.domain.probe import Probe
from weirhouse.domain.report import Lane, Location, Point, Report
from weirhouse.domain.taxonomy import OTHER, relation, resolve
from weirhouse.domain.text import normalise
from weirhouse.domain.triage import MAX_CHARS, Triage, listen, triage
from weirhouse.wire.views import incident_view

ASKED_ACCURACY_M = 30.0
"""A call taker points at a map or picks a place: good to about a building."""
MOST_TYPES = 4
"""Types considered at once: what triage says, what was claimed, and two that the words name."""


def matches(
    incidents: Sequence[Incident],
    lat: float,
    lon: float,
    type_id: str,
    words: str,
    now: float,
    body: bytes,
    version: int,
) -> list[dict[str, Any]]:
    """Return the incidents with `distance_m` and `match`, best match first.

    Parameters
    ----------
    type_id, words
        What is known so far of the report being taken.
    now
        Seconds UTC.
    body, version
        The policy in force.
    """
    rules = policy.from_json(body, version)
    judged = triage(words, type_id, entitled=True)
    typed = [_probe(_asked(lat, lon, kind, words, now, judged), rules) for kind in _plausible(type_id, words, judged)]
    rows: list[tuple[bool, float, float, dict[str, Any]]] = []
    for incident in incidents:
        match = max((correlate.match(probe, incident, rules) for probe in typed), key=lambda found: found.score)
        away = (
            metres(lat, lon, incident.lat, incident.lon)
            if incident.lat is not None and incident.lon is not None
            else 0.0
        )
        row = msgspec.structs.asdict(incident_view(incident))
        row["distance_m"] = round(away, 1)
        terms = match.terms or _why_apart(typed, incident, now, away)
        row["match"] = {"score": match.score, "band": match.band, "terms": terms}
        apart = match.band is Band.APART
        # Whoever matches nothing wants to see what is nearest, not which nothing is the greater.
        rows.append((apart, 0.0 if apart else -match.score, away, row))
    rows.sort(key=lambda entry: entry[:3])
    return [row for *_, row in rows]


def _plausible(type_id: str, words: str, judged: Triage) -> list[str]:
    """Return the types it may be: triage's, what was claimed, what the words name besides a cry for help."""
    heard = listen(normalise(words, MAX_CHARS))[1] if words else []
    claimed = [resolve(type_id)] if type_id else []
    found = list(dict.fromkeys([judged.type, *claimed, *heard]))
    sure = [kind for kind in found if kind != OTHER]
    return (sure or found)[:MOST_TYPES]


def _why_apart(probes: Sequence[Probe], incident: Incident, now: float, away_m: float) -> tuple[Term, ...]:
    """Return what can be said where a hard rule spared the weighing."""
    best = max(probes, key=lambda probe: relation(probe.kind.id, incident.type))
    strength = relation(best.kind.id, incident.type)
    gap_s = max(0.0, now - incident.last_at, incident.first_at - now)
    return (
        Term("type", 0.0 if strength else correlate.APART, f"{best.kind.id} ~ {incident.type}: {strength:.2f}"),
        Term("time", 0.0, f"{gap_s:.0f} s"),
        Term("place", 0.0, f"{away_m:.0f} m"),
    )


def _probe(report: Report, rules: policy.Policy) -> Probe:
    return Probe(report, rules.life_priority)


def _asked(lat: float, lon: float, kind: str, words: str, now: float, judged: Triage) -> Report:
    return Report(
        id="0" * 32,
        source="desk",
        key="",
        channel="phone",
        zone="",
        lane=Lane.LIFE if judged.lane is Lane.LIFE else Lane.ORDINARY,
        type=kind,
        words=words,
        location=Location(Point(lat, lon, ASKED_ACCURACY_M)),
        event_time=now,
        received_at=now,
        claims=judged.claims,
    )
