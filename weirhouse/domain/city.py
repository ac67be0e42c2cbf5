# SPDX-License-Identifier: Apache-2.0
"""The city's standing data as values: zones, places (gazetteer), sources; rows with versions in the ledger."""

from __future__ import annotations

import msgspec

from weirhouse.domain.incident import Team
from weirhouse.domain.reading import SourceRules

Ring = list[tuple[float, float]]
"""A closed ring of (lon, lat) in degrees, GeoJSON order; the last point equals the first."""


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """An area of responsibility (责任片区). `rings`: outer rings of its polygons."""

    id: str
    name_en: str
    name_zh: str
    rings: list[Ring] = msgspec.field(default_factory=list)
    neighbours: tuple[str, ...] = ()


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the gazetteer: street, crossing, underpass, school, asset …; `radius_m` its size."""

    id: str
    name_en: str
    name_zh: str
    kind: str
    zone: str
    lat: float
    lon: float
    radius_m: float = 50.0
    aliases: tuple[str, ...] = ()
    asset_id: str = ""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Who may tell us something, and what it may claim (source registry). `sort` groups independent
    kinds of source for corroboration: `person`, `sensor`, `camera`, `field`, `partner`."""

    id: str
    name: str
    sort: str
    may_claim_life: bool = False
    zone: str = ""
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float = 20.0
    clock_ahead_s: float = 60.0
    clock_behind_s: float = 86400.0
    rules: SourceRules | None = None
    exercise: bool = False
    version: int = 1


class City(msgspec.Struct, kw_only=True):
    """A city file (JSON): everything the house must know before the first report."""

    name_en: str
    name_zh: str
    time_zone: str
    bounds: tuple[float, float, float, float]
    """(west, south, east, north) in degrees; a point outside is refused by the doors' plausibility rule."""
    default_points: list[tuple[float, float]] = msgspec.field(default_factory=list)
    """(lat, lon) that sources send when they know nothing."""
    zones: list[Zone] = msgspec.field(default_factory=list)
    places: list[Place] = msgspec.field(default_factory=list)
    sources: list[Source] = msgspec.field(default_factory=list)
    teams: list[Team] = msgspec.field(default_factory=list)
