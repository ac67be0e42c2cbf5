# SPDX-License-Identifier: Apache-2.0
"""Counting by the catalogue: one `Metrics` a process, its registry injected, counted once a batch."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from weirhouse.telemetry.catalogue import CATALOGUE, Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters, gauges and histograms of the catalogue on one registry.

    Children are kept by (metric, label values), so that a count costs a dictionary look-up.

    Parameters
    ----------
    registry
        Where they live; a fresh one for each process and each test.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._families: dict[str, Counter | Gauge | Histogram] = {}
        self._children: dict[tuple[str, tuple[str, ...]], Counter | Gauge | Histogram] = {}
        for metric in CATALOGUE:
            self._families[metric.name] = self._make(metric)

    def _make(self, metric: Metric) -> Counter | Gauge | Histogram:
        match metric.kind:
            case "counter":
                return Counter(metric.name, metric.help, metric.labels, registry=self.registry)
            case "gauge":
                return Gauge(metric.name, metric.help, metric.labels, registry=self.registry)
            case "histogram":
                return Histogram(
                    metric.name, metric.help, metric.labels, registry=self.registry, buckets=metric.buckets
                )

    def _child(self, metric: Metric, labels: tuple[str, ...]) -> Counter | Gauge | Histogram:
        found = self._children.get((metric.name, labels))
        if found is None:
            family = self._families[metric.name]
            found = family.labels(*labels) if metric.labels else family
            self._children[metric.name, labels] = found
        return found

    def add(self, metric: Metric, amount: float = 1, *labels: str) -> None:
        """Add `amount` to a counter; `labels` in the catalogue's order.

        Raises
        ------
        TypeError
            If the catalogue says that it is no counter.
        """
        child = self._child(metric, labels)
        if not isinstance(child, Counter):
            raise TypeError(f"{metric.name} is a {metric.kind}, not a counter")
        child.inc(amount)

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Set a gauge to `value`.

        Raises
        ------
        TypeError
            If the catalogue says that it is no gauge.
        """
        child = self._child(metric, labels)
        if not isinstance(child, Gauge):
            raise TypeError(f"{metric.name} is a {metric.kind}, not a gauge")
        child.set(value)

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Observe one `value` (seconds, or a size) in a histogram.

        Raises
        ------
        TypeError
            If the catalogue says that it is no histogram.
        """
        child = self._child(metric, labels)
        if not isinstance(child, Histogram):
            raise TypeError(f"{metric.name} is a {metric.kind}, not a histogram")
        child.observe(value)

    def exposition(self) -> bytes:
        """Return the text that `/metrics` answers (content type `CONTENT_TYPE`)."""
        return generate_latest(self.registry)
