# SPDX-License-Identifier: Apache-2.0
"""A chunk's raw records become readings: all at once, and one by one only to find the bad ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from streams.drain import RawRecord
from streams.failures import WrongMessage
from weirhouse.domain.reading import Reading
from weirhouse.wire.deadletters import MALFORMED
from weirhouse.wire.envelope import READING, decode_readings

LATEST_S: Final = 4_102_444_800.0
"""2100-01-01: a later instant is a broken clock."""
AHEAD_S: Final = 60.0
"""How far a device's clock may run before its record's own stamp; beyond that the stamp counts (decision 10)."""
_OPEN, _CLOSE = b"{}"
LONGEST_WORDS: Final = 10_000
"""Characters of a device's words: more is not a reading."""


@dataclass(slots=True)
class Read:
    """What a chunk holds: readings with their offsets, in order; `bad` with why."""

    readings: list[Reading] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    bad: list[tuple[RawRecord, WrongMessage]] = field(default_factory=list)
    watermark: float = 0.0


def read_chunk(records: Sequence[RawRecord]) -> Read:
    """Decode a chunk; never raises for what a record holds."""
    values = [record.value for record in records]
    if None not in values:
        try:
            readings = decode_readings(values)  # type: ignore[arg-type]
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
            readings = []
        if len(readings) == len(records):
            out = _fitting(records, readings)
            if out is not None:
                return out
    return _one_by_one(records)


def _fitting(records: Sequence[RawRecord], readings: list[Reading]) -> Read | None:
    """Return the chunk if every reading is plausible and its record's key is its source, else None.

    Braces and key are asked because records decoded together could shift: half a reading in one record and
    half in the next would still make valid JSON.
    """
    newest = 0.0
    for record, reading in zip(records, readings, strict=True):
        at, value = reading.at, record.value
        if not value or value[0] != _OPEN or value[-1] != _CLOSE:
            return None
        if record.key != reading.source.encode() or not 0.0 < at < LATEST_S or len(reading.words) > LONGEST_WORDS:
            return None
        if at > newest:
            if at > (record.timestamp or 0) / 1000 + AHEAD_S:
                return None
            newest = at
    if any(not _placed(reading) for reading in readings if reading.lat is not None or reading.lon is not None):
        return None
    return Read(readings, [record.offset for record in records], [], newest)


def _one_by_one(records: Sequence[RawRecord]) -> Read:
    out = Read()
    for record in records:
        try:
            reading = _checked(record)
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
            out.bad.append((record, WrongMessage(MALFORMED, str(error))))
        except WrongMessage as error:
            out.bad.append((record, error))
        else:
            out.readings.append(reading)
            out.offsets.append(record.offset)
            out.watermark = max(out.watermark, reading.at)
    return out


def _checked(record: RawRecord) -> Reading:
    if record.value is None:
        raise WrongMessage(MALFORMED, "a record without a value")
    reading = READING.decode(record.value)
    if record.key != reading.source.encode():
        raise WrongMessage(MALFORMED, "the record's key is not the reading's source - at `$.source`")
    if not 0.0 < reading.at < LATEST_S:
        raise WrongMessage(MALFORMED, "an instant outside 1970 to 2100 - at `$.at`")
    if len(reading.words) > LONGEST_WORDS:
        raise WrongMessage(MALFORMED, f"more than {LONGEST_WORDS} characters - at `$.words`")
    if (reading.lat is not None or reading.lon is not None) and not _placed(reading):
        raise WrongMessage(MALFORMED, "not a place on earth - at `$.lat`, `$.lon`")
    latest = (record.timestamp or 0) / 1000 + AHEAD_S
    return reading if reading.at <= latest else msgspec.structs.replace(reading, at=latest)


def _placed(reading: Reading) -> bool:
    lat, lon = reading.lat, reading.lon
    return lat is not None and lon is not None and -90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0
