# SPDX-License-Identifier: Apache-2.0
"""One trace from the door to the feed event: W3C `traceparent` by hand, a span a batch with links.

Without `WEIRHOUSE_OTLP_URL` no span leaves the process and none is recorded, but the `traceparent` still
travels: through Kafka's headers, the outbox and the changes, so that logs of all processes name one trace.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")
MAX_LINKS = 16
"""Links a batch's span carries at most: enough to find the batch from a report, few enough to send."""

Attributes = Mapping[str, str | int | float | bool]


def parse(traceparent: str) -> SpanContext | None:
    """Return the context that a W3C `traceparent` names, or None when it names none."""
    found = _TRACEPARENT.match(traceparent)
    if found is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in found.groups())
    context = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags & 1))
    return context if context.is_valid else None


def render(context: SpanContext) -> str:
    """Return the W3C `traceparent` of a context."""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags) & 1:02x}"


class Tracing:
    """The tracer of one process.

    Parameters
    ----------
    service
        `api`, `worker`, `relay`, `cli`.
    otlp_url
        OTLP/HTTP endpoint; empty: nothing leaves, spans are not recorded.
    ratio
        Share of traces recorded, 0 to 1, decided once at the door and followed by everybody.
    exporter
        Another way out, for tests.
    """

    def __init__(
        self, service: str, otlp_url: str = "", ratio: float = 0.01, exporter: SpanExporter | None = None
    ) -> None:
        self.recording = bool(otlp_url) or exporter is not None
        self._ratio_limit = int(ratio * (1 << 32))
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": f"weirhouse-{service}"}),
            sampler=ParentBased(TraceIdRatioBased(ratio)),
            shutdown_on_exit=False,
        )
        if exporter is not None:
            self._provider.add_span_processor(SimpleSpanProcessor(exporter))
        elif otlp_url:
            self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_url)))
        self._tracer = self._provider.get_tracer("weirhouse")

    def begin(self, traceparent: str = "") -> str:
        """Return the `traceparent` of a new step at the edge: the given trace goes on, or one begins.

        Costs about a microsecond. `sampled` is decided here when a trace begins.
        """
        if found := _TRACEPARENT.match(traceparent):
            return f"00-{found[1]}-{secrets.token_hex(8)}-{found[3]}"
        raw = secrets.token_hex(24)
        sampled = self.recording and int(raw[24:32], 16) < self._ratio_limit
        return f"00-{raw[:32]}-{raw[32:]}-{'01' if sampled else '00'}"

    @contextmanager
    def span(
        self, name: str, parents: Iterable[str] = (), attributes: Attributes | None = None, kind: SpanKind | None = None
    ) -> Iterator[str]:
        """Record one batch: child of its first sampled parent, linked to the others; yields its `traceparent`.

        Parameters
        ----------
        name
            As `door`, `correlate.slice`, `relay.batch`, `feed.tick`.
        parents
            `traceparent` of the messages in the batch; unsampled and malformed ones are passed over.
        """
        given = list(parents)
        if not self.recording:
            yield self.begin(next((p for p in given if p), ""))
            return
        contexts = [c for c in (parse(p) for p in given if p) if c is not None]
        sampled = [c for c in contexts if c.trace_flags.sampled]
        parent = sampled[0] if sampled else (contexts[0] if contexts else None)
        around = trace.set_span_in_context(NonRecordingSpan(parent)) if parent else None
        links = [Link(c) for c in sampled[1 : MAX_LINKS + 1]]
        with self._tracer.start_as_current_span(
            name, context=around, kind=kind or SpanKind.INTERNAL, attributes=attributes, links=links
        ) as span:
            yield render(span.get_span_context())

    def close(self) -> None:
        """Send what is buffered and stop; waits at most the exporter's own timeout."""
        self._provider.shutdown()
