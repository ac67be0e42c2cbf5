# SPDX-License-Identifier: Apache-2.0
"""A report made ready for comparison: computed once, compared with many incidents."""

from __future__ import annotations

from sys import intern
from typing import Final

from weirhouse.domain.geo import MAX_ACCURACY_M, MIN_ACCURACY_M
from weirhouse.domain.lexicon import CLAIMS
from weirhouse.domain.report import Lane, Report
from weirhouse.domain.taxonomy import RELATIONS, IncidentType, kind_of
from weirhouse.domain.telling import Told
from weirhouse.domain.text import address_key, house_numbers, sketch, token_hash

MAX_LABEL: Final = 64

_SORTS: Final[dict[str, str]] = {
    "phone": "person",
    "app": "person",
    "web": "person",
    "message": "person",
    "field": "field",
    "sensor": "sensor",
    "camera": "camera",
    "partner": "partner",
    "import": "person",
}


class Probe:
    """What a report brings to a comparison. `lat`/`lon` are None for a report without a place.

    `told` is what its words tell among those in memory (`Candidates.tell`), for a report without a place.
    """

    __slots__ = (
        "accuracy_m",
        "address",
        "assets",
        "claims",
        "houses",
        "kind",
        "label",
        "lat",
        "life",
        "lon",
        "place",
        "relations",
        "report",
        "reporter",
        "sketch",
        "sketch_set",
        "sort",
        "source",
        "told",
    )

    def __init__(self, report: Report, life_priority: int = 2, told: Told | None = None) -> None:
        where = report.location
        point = where.point
        placed = point is not None and not where.default and point.accuracy_m <= MAX_ACCURACY_M
        self.report = report
        self.kind: IncidentType = kind_of(report.type)
        self.relations = RELATIONS[self.kind.id]
        self.lat: float | None = point.lat if placed and point is not None else None
        self.lon: float | None = point.lon if placed and point is not None else None
        self.accuracy_m = max(MIN_ACCURACY_M, point.accuracy_m) if placed and point is not None else 0.0
        self.sketch = sketch(report.words)
        self.sketch_set = frozenset(self.sketch)
        self.houses = house_numbers(where.address)
        self.address = address_key(where.address)
        claimed = report.attributes.get("claimed_type")
        self.label = intern(claimed[:MAX_LABEL].casefold()) if claimed else self.kind.id
        self.assets = where.asset_id
        self.place = "place:" + where.place_id if where.place_id else ""
        self.reporter = token_hash(report.reporter) if report.reporter else 0
        self.source = token_hash(report.source)
        self.told = told
        self.sort = _SORTS[report.channel]
        self.claims = [code for code in report.claims if code in CLAIMS] if report.claims else []
        hint = report.priority_hint
        self.life = report.lane is Lane.LIFE or 0 < hint <= life_priority
