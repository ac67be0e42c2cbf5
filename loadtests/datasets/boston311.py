# SPDX-License-Identifier: Apache-2.0
"""Boston's citizen requests of 2011 (City of Boston 311) as reports, with a city file made from what is given.

`events.csv.gz` holds what was known at intake; the loader never opens the outcomes. Zones are the neighbourhoods of
`../geo/boston.geojson.gz` when it lies there, else a box around each neighbourhood's requests.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

FILES = ("events.csv.gz",)

# Who took the request in, by the city's own column: (our source, channel, sort of source).
SOURCES: dict[str, tuple[str, str, str]] = {
    "Constituent Call": ("hotline", "phone", "person"),
    "Employee Generated": ("inspectors", "field", "field"),
    "Self Service": ("web", "web", "person"),
    "Citizens Connect App": ("app", "app", "person"),
    "Twitter": ("messages", "message", "person"),
    "Maximo Integration": ("maximo", "partner", "partner"),
}

# The point the city's system writes when it knows none: 4,775 requests of the half year sit there.
DEFAULT_POINT = (42.3594, -71.0587)

# Half a city block: requests are geocoded to a parcel or a crossing.
ACCURACY_M = 40.0

# Points kept of a neighbourhood's outline; the coast has thousands, a zone needs none of them.
RING_POINTS = 240

# Summer time ended on 6 November 2011 at 2:00, local.
_SUMMER_ENDS = datetime.fromisoformat("2011-11-06T02:00:00")


@dataclass(frozen=True)
class Row:
    """One request: when (UTC), who took it in, and the report's body."""

    at: datetime
    source: str
    body: dict[str, Any]


def instant(local: str) -> datetime:
    """Return a local time of the data (no offset, Boston) as an aware UTC instant."""
    naive = datetime.fromisoformat(local)
    return (naive + timedelta(hours=4 if naive < _SUMMER_ENDS else 5)).replace(tzinfo=UTC)


def requests(folder: Path, first: date, before: date) -> list[Row]:
    """Return the requests opened from `first` (0:00 local) up to and without `before`, in order of time.

    Raises
    ------
    FileNotFoundError
        The folder lacks the events.
    """
    rows = []
    for raw in _raw(folder):
        if first.isoformat() <= raw["opened_at"][:10] < before.isoformat():
            rows.append(_row(raw))
    rows.sort(key=lambda row: (row.at, row.body["id"]))
    return rows


def _raw(folder: Path) -> Iterator[dict[str, str]]:
    with gzip.open(folder / FILES[0], "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _row(raw: dict[str, str]) -> Row:
    source, channel, _ = SOURCES.get(raw["source"], ("web", "web", "person"))
    at = instant(raw["opened_at"])
    said = dict.fromkeys(part for part in (raw["title"], raw["type"], raw["reason"]) if part.strip())
    location: dict[str, Any] = {"address": " ".join(raw["address"].split())[:300]}
    attributes = {"department": raw["department"], "queue": raw["queue"][:500]}
    if raw["placeholder_latlon"] == "1":
        # The point says nothing; sent as a place it would draw thousands of requests together.
        attributes["default_point"] = "true"
    else:
        location["point"] = {"lat": float(raw["lat"]), "lon": float(raw["lon"]), "accuracy_m": ACCURACY_M}
    body = {
        "id": raw["case_id"],
        "source": source,
        "channel": channel,
        "type": raw["type"][:64],
        "description": ". ".join(said),
        "location": location,
        "observed_at": at.isoformat().replace("+00:00", "Z"),
        "language": "en",
        "attributes": attributes,
    }
    return Row(at, source, body)


def city(folder: Path) -> dict[str, Any]:
    """Return a city file (see `weirhouse.domain.city.City`) for the data in `folder`."""
    zones = list(_outlines(folder)) or list(_boxes(folder))
    points = [point for zone in zones for ring in zone["rings"] for point in ring]
    lons, lats = [p[0] for p in points], [p[1] for p in points]
    # A replay's instants are years old: its sources may be as far behind the clock as they are.
    behind_s = 100 * 365.25 * 86_400
    sources = {source: sort for source, _, sort in SOURCES.values()}
    return {
        "name_en": "Boston",
        "name_zh": "波士顿",
        "time_zone": "America/New_York",
        "bounds": [min(lons) - 0.02, min(lats) - 0.02, max(lons) + 0.02, max(lats) + 0.02],
        "default_points": [DEFAULT_POINT],
        "zones": zones,
        "places": [],
        "sources": [{"id": s, "name": s, "sort": sort, "clock_behind_s": behind_s} for s, sort in sources.items()],
        "teams": [],
    }


def _outlines(folder: Path) -> Iterator[dict[str, Any]]:
    path = folder.parent / "geo" / "boston.geojson.gz"
    if not path.exists():
        return
    with gzip.open(path, "rt", encoding="utf-8") as file:
        features = json.load(file)["features"]
    shapes = {}
    for feature in features:
        kind, parts = feature["geometry"]["type"], feature["geometry"]["coordinates"]
        outer = [polygon[0] for polygon in (parts if kind == "MultiPolygon" else [parts])]
        shapes[feature["properties"]["name"]] = [_thin(ring) for ring in outer]
    yield from _zones(shapes)


def _boxes(folder: Path) -> Iterator[dict[str, Any]]:
    spots: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for raw in _raw(folder):
        if raw["neighborhood"].strip() and raw["placeholder_latlon"] != "1":
            spots[raw["neighborhood"].strip()].append((float(raw["lon"]), float(raw["lat"])))
    shapes = {}
    for name, points in spots.items():
        if len(points) >= 20:
            west, east = _span([p[0] for p in points])
            south, north = _span([p[1] for p in points])
            shapes[name] = [[(west, south), (east, south), (east, north), (west, north), (west, south)]]
    yield from _zones(shapes)


def _span(values: list[float]) -> tuple[float, float]:
    """Return the 2nd and 98th percentile: single wrong points must not stretch a box over the city."""
    ordered = sorted(values)
    return ordered[len(ordered) // 50], ordered[-1 - len(ordered) // 50]


def _thin(ring: list[list[float]]) -> list[tuple[float, float]]:
    step = max(1, len(ring) // RING_POINTS)
    kept = [(round(lon, 6), round(lat, 6)) for lon, lat, *_ in ring[:-1:step]]
    return [*kept, kept[0]]


def _zones(shapes: dict[str, list[list[tuple[float, float]]]]) -> Iterator[dict[str, Any]]:
    slugs = {name: "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-") for name in shapes}
    for name, rings in shapes.items():
        beside = [slugs[other] for other, theirs in shapes.items() if other != name and _near(rings, theirs)]
        yield {"id": slugs[name], "name_en": name, "name_zh": name, "rings": rings, "neighbours": beside}


def _near(one: list[list[tuple[float, float]]], two: list[list[tuple[float, float]]]) -> bool:
    """Whether two outlines have points within 200 m (0.002 degrees) of each other; cells keep it quick."""
    cells = {(round(lon / 0.002), round(lat / 0.002)) for ring in one for lon, lat in ring}
    wide = {(x + dx, y + dy) for x, y in cells for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
    return any((round(lon / 0.002), round(lat / 0.002)) in wide for ring in two for lon, lat in ring)
