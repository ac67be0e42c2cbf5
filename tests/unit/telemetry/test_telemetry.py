# SPDX-License-Identifier: Apache-2.0
"""One catalogue, one trace, no person in a log."""

from __future__ import annotations

import io
import json
import logging

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from weirhouse.telemetry.catalogue import CATALOGUE, DOOR_REPORTS, DOOR_SECONDS, FEED_SUBSCRIBERS
from weirhouse.telemetry.logs import JsonFormatter, mask
from weirhouse.telemetry.metrics import Metrics
from weirhouse.telemetry.tracing import Tracing, parse


def test_every_metric_has_a_name_of_its_own_and_says_what_to_do() -> None:
    assert len({metric.name for metric in CATALOGUE}) == len(CATALOGUE) > 30
    for metric in CATALOGUE:
        assert metric.name.startswith("weirhouse_")
        assert metric.help
        assert metric.act
        assert bool(metric.buckets) == (metric.kind == "histogram")


def test_counts_stand_in_the_exposition() -> None:
    metrics = Metrics()
    metrics.add(DOOR_REPORTS, 3, "life", "accepted")
    metrics.set(FEED_SUBSCRIBERS, 2)
    metrics.observe(DOOR_SECONDS, 0.003, "life")
    text = metrics.exposition().decode()
    assert 'weirhouse_door_reports_total{lane="life",outcome="accepted"} 3.0' in text
    assert "weirhouse_feed_subscribers 2.0" in text
    with pytest.raises(TypeError, match="gauge"):
        metrics.add(FEED_SUBSCRIBERS, 1)


def test_a_trace_goes_on_through_headers() -> None:
    tracing = Tracing("test")
    begun = tracing.begin()
    on = tracing.begin(begun)
    first, second = parse(begun), parse(on)
    assert first is not None
    assert second is not None
    assert first.trace_id == second.trace_id
    assert first.span_id != second.span_id
    assert parse("nonsense") is None
    assert tracing.begin("nonsense") != "nonsense"
    tracing.close()


def test_a_batch_is_one_span_that_links_to_its_messages() -> None:
    out = InMemorySpanExporter()
    tracing = Tracing("test", ratio=1.0, exporter=out)
    parents = [tracing.begin() for _ in range(3)]
    assert all(parent.endswith("-01") for parent in parents)
    with tracing.span("batch", [*parents, "", "nonsense"]) as inside:
        context = parse(inside)
    (span,) = out.get_finished_spans()
    contexts = [parse(parent) for parent in parents]
    assert context is not None
    assert all(c is not None for c in contexts)
    assert context.trace_id == contexts[0].trace_id  # type: ignore[union-attr]
    assert [link.context.trace_id for link in span.links] == [c.trace_id for c in contexts[1:] if c is not None]
    tracing.close()


def test_a_log_line_names_nobody() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("api"))
    log = logging.Logger("test")
    log.addHandler(handler)
    log.info(
        "called back +86 138-0013-8000 about 3 reports",
        extra={
            "phone": "13800138000",
            "reports": 3,
            "nested": {"words": "help", "zone": "west"},
            "note": "ring 13800138000",
        },
    )
    line = json.loads(stream.getvalue())
    assert "138" not in stream.getvalue()
    assert line["phone"] == "[personal]"
    assert line["nested"] == {"words": "[personal]", "zone": "west"}
    assert (line["reports"], line["service"], line["level"]) == (3, "api", "INFO")


def test_dates_and_ids_are_no_telephone_numbers() -> None:
    assert mask("offset 12 on 2026-11-22 of 0f83d2a4b6c81e3f") == "offset 12 on 2026-11-22 of 0f83d2a4b6c81e3f"
