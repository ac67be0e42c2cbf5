# SPDX-License-Identifier: Apache-2.0
"""A slice's raw records become values in the order in which they are decided; what does not decode is kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from streams.drain import RawRecord, Slice
from streams.failures import WrongMessage
from weirhouse.domain.reading import Signal
from weirhouse.domain.report import Report
from weirhouse.wire import topics
from weirhouse.wire.deadletters import MALFORMED
from weirhouse.wire.envelope import CROSSING, REPORT, SIGNAL, TOUCHED, Forwarded, Outline, Touched

Decidable = Report | Signal | Forwarded


@dataclass(frozen=True, slots=True)
class Item:
    """One value to decide, with the record it came in."""

    value: Decidable
    topic: str
    partition: int
    record: RawRecord
    trace: str = ""
    """`traceparent` it came with."""

    @property
    def zone(self) -> str:
        """The zone whose incidents it may meet."""
        return self.value.zone


@dataclass(slots=True)
class Decoded:
    """What a slice holds. `items` in the order in which they are decided; `bad` with why."""

    items: list[Item] = field(default_factory=list)
    touched: list[Touched] = field(default_factory=list)
    outlines: list[Outline] = field(default_factory=list)
    bad: list[tuple[str, int, RawRecord, WrongMessage]] = field(default_factory=list)

    @property
    def traces(self) -> list[str]:
        """What a slice's span is told of where its items come from: the recorded ones, or any one."""
        given = [item.trace for item in self.items if item.trace]
        return [trace for trace in given if trace.endswith("1")] or given[:1]

    @property
    def zones(self) -> set[str]:
        """Zones that must be in memory before the items are decided."""
        return {item.zone for item in self.items}


_REPORTS: Final = frozenset({topics.REPORTS_LIFE.name, topics.REPORTS_ORDINARY.name})
_SIGNALS: Final = frozenset({topics.SIGNALS_LIFE.name, topics.SIGNALS_ORDINARY.name})


def header(record: RawRecord, name: str) -> bytes:
    """Return the first header `name`, or nothing."""
    for key, value in record.headers:
        if key == name:
            return value
    return b""


def trace_of(record: RawRecord) -> str:
    """Return the `traceparent` a record came with, or nothing."""
    return header(record, topics.HEADER_TRACE).decode("ascii", "replace") if record.headers else ""


def decode_slice(piece: Slice, namespace: str) -> Decoded:
    """Decode every record of a slice; never raises for what a record holds."""
    out = Decoded()
    cut = len(namespace) + 1 if namespace else 0
    for topic, records in piece.parts:
        _decode_part(out, topic, topic[cut:], piece.partition, records)
    return out


def _decode_part(out: Decoded, topic: str, name: str, partition: int, records: Sequence[RawRecord]) -> None:
    for record in records:
        try:
            _decode_one(out, topic, name, partition, record)
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
            out.bad.append((topic, partition, record, WrongMessage(MALFORMED, str(error))))
        except WrongMessage as error:
            out.bad.append((topic, partition, record, error))


def _decode_one(out: Decoded, topic: str, name: str, partition: int, record: RawRecord) -> None:
    if record.value is None:
        raise WrongMessage(MALFORMED, "a record without a value")
    if name in _REPORTS:
        out.items.append(Item(REPORT.decode(record.value), topic, partition, record, trace_of(record)))
    elif name in _SIGNALS:
        out.items.append(Item(SIGNAL.decode(record.value), topic, partition, record, trace_of(record)))
    elif name == topics.TOUCHED.name:
        out.touched.append(TOUCHED.decode(record.value))
    elif name == topics.CROSSINGS.name:
        crossing = CROSSING.decode(record.value)
        if crossing.forwarded is not None:
            out.items.append(Item(crossing.forwarded, topic, partition, record, trace_of(record)))
        elif crossing.outline is not None:
            out.outlines.append(crossing.outline)
        else:
            raise WrongMessage(MALFORMED, "a crossing with neither outline nor forwarded report")
    else:
        raise WrongMessage(MALFORMED, f"no reader for topic {name}")
