# SPDX-License-Identifier: Apache-2.0
"""How well open incidents nearby match what a caller is saying: the correlator's own terms, while typing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from weirhouse.domain import correlate, policy
from weirhouse.domain.geo import metres
from weirhouse.domain.incident import Incident
from weirhouse.domain.report import Lane, Location, Point, Report
from weirhouse.domain.triage import triage
from weirhouse.wire.views import incident_view

ASKED_ACCURACY_M = 30.0
"""A call taker points at a map or picks a place: good to about a building."""


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
    asked = Report(
        id="0" * 32,
        source="desk",
        key="",
        channel="phone",
        zone="",
        lane=Lane.LIFE if judged.lane is Lane.LIFE else Lane.ORDINARY,
        type=judged.type,
        words=words,
        location=Location(Point(lat, lon, ASKED_ACCURACY_M)),
        event_time=now,
        received_at=now,
        claims=judged.claims,
    )
    rows: list[tuple[float, float, dict[str, Any]]] = []
    for incident in incidents:
        match = correlate.score(asked, incident, rules)
        away = (
            metres(lat, lon, incident.lat, incident.lon)
            if incident.lat is not None and incident.lon is not None
            else 0.0
        )
        row = msgspec.structs.asdict(incident_view(incident))
        row["distance_m"] = round(away, 1)
        row["match"] = {"score": match.score, "band": match.band, "terms": match.terms}
        rows.append((-match.score, away, row))
    rows.sort(key=lambda entry: entry[:2])
    return [row for _, _, row in rows]
