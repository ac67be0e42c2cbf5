# SPDX-License-Identifier: Apache-2.0
"""What the agents count, once a batch, by the catalogue of metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from streams.drain import RawRecord
from weirhouse.domain.report import Lane
from weirhouse.ledger.ports import Committed, NotOwner, OffsetsMoved, Repeated, SliceOutcome, SlicePlan, Stale
from weirhouse.telemetry import catalogue
from weirhouse.telemetry.metrics import Metrics

_OUTCOMES: Final[Mapping[type, str]] = {
    Committed: "committed",
    Repeated: "repeated",
    Stale: "stale",
    OffsetsMoved: "offsets_moved",
    NotOwner: "not_owner",
}

SAMPLES: Final = 8
"""Reports of a slice whose way is timed: enough for percentiles, few enough to cost nothing."""

Parts = Sequence[tuple[str, list[RawRecord]]]


class Tally:
    """Counts for both agents."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def took(self, agent: str, parts: Parts, now: float) -> None:
        """Count what a body was handed; the first record of a part is its oldest. `now` in seconds UTC."""
        self._metrics.observe(catalogue.STREAM_BATCH, sum(len(records) for _, records in parts), agent)
        for topic, records in parts:
            if records and records[0].timestamp:
                self._metrics.set(catalogue.STREAM_AGE_SECONDS, max(0.0, now - records[0].timestamp / 1000), topic)

    def finished(self, agent: str, parts: Parts) -> None:
        """Count what is done."""
        for topic, records in parts:
            self._metrics.add(catalogue.STREAM_MESSAGES, len(records), agent, topic)

    def body(self, agent: str, seconds: float) -> None:
        """Time one body until durable."""
        self._metrics.observe(catalogue.STREAM_BODY_SECONDS, seconds, agent)

    def outcome(self, lane: Lane, outcome: SliceOutcome) -> None:
        """Count one answer of the ledger."""
        self._metrics.add(catalogue.SLICES, 1, lane.value, _OUTCOMES[type(outcome)])

    def committed(self, lane: Lane, plan: SlicePlan, seconds: float, now: float) -> None:
        """Count a slice that is durable."""
        metrics, decided = self._metrics, plan.decided
        metrics.observe(catalogue.SLICE_SECONDS, seconds, lane.value)
        metrics.observe(catalogue.SLICE_REPORTS, len(decided), lane.value)
        for kind, count in Counter(each.disposition.value for each in decided).items():
            metrics.add(catalogue.DISPOSITIONS, count, lane.value, kind)
        for each in decided[:: max(1, len(decided) // SAMPLES)]:
            metrics.observe(catalogue.DOOR_TO_LEDGER_SECONDS, max(0.0, now - each.report.received_at), lane.value)

    def folded(self, lane: Lane, readings: int, signals: Counter[tuple[str, str]]) -> None:
        """Count a folded chunk; `signals` by (lane, state)."""
        self._metrics.add(catalogue.FOLD_READINGS, readings, lane.value)
        for (signal_lane, state), count in signals.items():
            self._metrics.add(catalogue.FOLD_SIGNALS, count, signal_lane, state)

    def without_right(self, readings: int) -> None:
        """Count readings on the life-safety topic from sources that may not claim it."""
        if readings:
            self._metrics.add(catalogue.FOLD_WITHOUT_RIGHT, readings)

    def memory(self, incidents: int, partitions: int) -> None:
        """Tell how much is cached, for how many loaded partitions."""
        self._metrics.set(catalogue.MEMORY_INCIDENTS, incidents)
        self._metrics.set(catalogue.OWNED_PARTITIONS, partitions)
