# SPDX-License-Identifier: Apache-2.0
"""What the relay process counts, by the catalogue of metrics."""

from __future__ import annotations

from weirhouse.telemetry import catalogue as c
from weirhouse.telemetry.metrics import Metrics


class RelayCounters:
    """`weirhouse.ledger.relay.Counters` on the catalogue."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def numbered(self, lane: str, count: int) -> None:
        """Take `count` numbered changes of a lane."""
        if count:
            self._metrics.add(c.SEQUENCER_CHANGES, count, lane)

    def waiting(self, changes: int, life: int, ordinary: int) -> None:
        """Take the lengths of the queues."""
        self._metrics.set(c.SEQUENCER_WAITING, changes)
        self._metrics.set(c.RELAY_OUTBOX, life, "life")
        self._metrics.set(c.RELAY_OUTBOX, ordinary, "ordinary")

    def relayed(self, topic: str, lane: str, count: int, oldest_s: float) -> None:
        """Take `count` durable rows of a topic; the oldest waited `oldest_s`."""
        self._metrics.add(c.RELAY_MESSAGES, count, topic)
        self._metrics.observe(c.RELAY_SECONDS, oldest_s, lane)

    def pruned(self, kind: str, count: int) -> None:
        """Take `count` rows of a kind (or days of reports) that were past their age."""
        self._metrics.add(c.RETENTION_ROWS, count, kind)

    def leads(self, lease: str, held: bool) -> None:
        """Take whether this process leads."""
        self._metrics.set(c.LEASE_HELD, 1 if held else 0, lease)

    def failed(self, kind: str) -> None:
        """Take one failed step: `ledger` or `kafka` is away."""
        if kind == "ledger":
            self._metrics.add(c.LEDGER_ERRORS, 1, "away")
        self._metrics.set(c.UP, 0, "postgres" if kind == "ledger" else "kafka")
