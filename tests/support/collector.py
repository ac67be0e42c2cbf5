# SPDX-License-Identifier: Apache-2.0
"""A tiny OTLP/HTTP receiver: the spans that processes really sent."""

from __future__ import annotations

import gzip
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Seen:
    """One span as it arrived; ids in hexadecimal. `links` are the traces it names beside its own."""

    service: str
    name: str
    trace: str
    span: str
    parent: str
    links: frozenset[str]

    def concerns(self, trace: str) -> bool:
        """True if the span belongs to the trace, or links to it."""
        return trace == self.trace or trace in self.links


class Collector:
    """`with Collector() as collector: … collector.url … collector.spans`."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.spans))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1/traces"

    def of(self, name: str, trace: str) -> list[Seen]:
        """Return the spans of that name that concern a trace."""
        return [span for span in self.spans if span.name == name and span.concerns(trace)]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="collector", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(spans: list[Seen]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            spans.extend(_read(ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
            """Keep silent."""

    return Handler


def _read(request: ExportTraceServiceRequest) -> list[Seen]:
    out = []
    for resource in request.resource_spans:
        service = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
        for scope in resource.scope_spans:
            for span in scope.spans:
                links = frozenset(link.trace_id.hex() for link in span.links)
                out.append(
                    Seen(service, span.name, span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(), links)
                )
    return out
