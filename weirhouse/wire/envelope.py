# SPDX-License-Identifier: Apache-2.0
"""Bytes to domain and back: JSON by msgspec, one struct a topic, the schema's version in a header.

JSON, because devices, partners and people with `kafka-console-consumer` read it; msgspec decodes it
at several hundred thousand messages a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from weirhouse.domain.reading import Reading, Signal
from weirhouse.domain.report import Report

SCHEMA_VERSION: Final = b"1"


class Touched(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Rows that the desk or an administrator changed: the correlator's memory must follow.

    `incident` with its new `version`; an empty incident means the zone's membership changed.
    """

    zone: str
    incident: str = ""
    version: int = 0
    membership: int = 0


class Outline(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A border incident's outline for the neighbour zone `zone` (topic `crossings`)."""

    zone: str
    home: str
    incident: str
    version: int
    type: str
    priority: int
    lat: float | None
    lon: float | None
    radius_m: float
    first_at: float
    last_at: float
    open: bool
    sketch: tuple[int, ...] = ()


class Forwarded(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A report that matches a neighbour's incident, forwarded there, one hop at most (`crossings`)."""

    zone: str
    origin: str
    report: Report
    incident: str


class Crossing(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What stands on `crossings`: exactly one of the two is set."""

    outline: Outline | None = None
    forwarded: Forwarded | None = None


_ENCODER: Final = msgspec.json.Encoder()
T = TypeVar("T", bound=msgspec.Struct)

REPORT: Final = msgspec.json.Decoder(Report)
READING: Final = msgspec.json.Decoder(Reading)
READINGS: Final = msgspec.json.Decoder(list[Reading])
SIGNAL: Final = msgspec.json.Decoder(Signal)
TOUCHED: Final = msgspec.json.Decoder(Touched)
CROSSING: Final = msgspec.json.Decoder(Crossing)


def encode(value: msgspec.Struct) -> bytes:
    """Return `value` as UTF-8 JSON without white space."""
    return _ENCODER.encode(value)


def decode_readings(values: Sequence[bytes]) -> list[Reading]:
    """Decode a whole chunk at once (several times faster than one by one).

    Raises
    ------
    msgspec.ValidationError, msgspec.DecodeError
        If any of them is wrong; the caller then goes one by one to find it.
    """
    return READINGS.decode(b"[" + b",".join(values) + b"]")
