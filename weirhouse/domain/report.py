# SPDX-License-Identifier: Apache-2.0
"""A report: what one caller, sensor or camera told us, normalised (Open311: service request)."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

UNPLACED = "unplaced"
"""The zone of reports that say nothing about where (they still have an owner)."""


class Lane(StrEnum):
    """A share of the stream with its own guarantee (通道)."""

    LIFE = "life"
    ORDINARY = "ordinary"
    BULK = "bulk"


Channel = Literal["phone", "app", "web", "message", "field", "sensor", "camera", "partner", "import"]


class Point(msgspec.Struct, frozen=True, array_like=False, gc=False):
    """A place on the WGS 84 ellipsoid.

    `lat`, `lon` in degrees; `accuracy_m` is the radius in metres of the circle that holds the true
    place with about 68 % (Android's and W3C Geolocation's meaning).
    """

    lat: float
    lon: float
    accuracy_m: float = 50.0


class Location(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where it happens (never where the caller is). Any part may be missing.

    `default` marks a point that a source sends when it knows nothing (a town hall, a cell tower's
    middle): such a point says nothing about the place.
    """

    point: Point | None = None
    address: str = ""
    asset_id: str = ""
    place_id: str = ""
    default: bool = False


class Report(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One report as the door or *fold* hands it on. Instants are seconds since 1970-01-01 UTC.

    `event_time` is when it happened, clamped to `received_at` within the source's limit;
    `reporter` a keyed pseudonym (never a number or name); `lane` is chosen once, at the door;
    `claims` lists what the door's triage found (codes of `triage`), `severity_hint` in [0, 1].
    """

    id: str
    source: str
    key: str
    channel: Channel
    zone: str
    lane: Lane
    type: str
    words: str = ""
    language: str = ""
    location: Location = msgspec.field(default_factory=Location)
    reporter: str = ""
    event_time: float
    received_at: float
    claims: tuple[str, ...] = ()
    attributes: dict[str, str] = msgspec.field(default_factory=dict)
    priority_hint: int = 0
    """1..5 when the door's triage is sure, else 0."""
    joins: str = ""
    """Incident id the call taker chose ("add to this one"), else empty."""
    exercise: bool = False


class Disposition(StrEnum):
    """What became of a report; exactly one is current (the life cycle of a report in the vocabulary)."""

    IN_FLIGHT = "in_flight"
    OPENED = "opened"
    JOINED = "joined"
    FOLDED = "folded"
    MOVING = "moving"
    DEFERRED = "deferred"
    INHIBITED = "inhibited"
    SET_ASIDE = "set_aside"
