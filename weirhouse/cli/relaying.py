# SPDX-License-Identifier: Apache-2.0
"""The process `weirhouse relay`: sequencer and relay until told to stop, with its health and metrics beside."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from weirhouse.embedded.errors import EmbeddedError
from weirhouse.ledger.counting import RelayCounters
from weirhouse.ledger.leading import run_relay
from weirhouse.settings import PREFIX, Settings
from weirhouse.telemetry.metrics import CONTENT_TYPE, Metrics

# A loop that has not ticked for this long stands; liveness then says so, and whoever watches starts the process again.
STANDS_S = 30.0
TICK_S = 1.0


class Pulse:
    """The loop's pulse as other threads may ask for it."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._last = monotonic()
        self.ready = asyncio.Event()

    async def beat(self) -> None:
        """Beat until cancelled."""
        while True:
            self._last = self._monotonic()
            await asyncio.sleep(TICK_S)

    @property
    def alive(self) -> bool:
        """Whether the loop ran lately."""
        return self._monotonic() - self._last < STANDS_S


def serve(settings: Settings, pulse: Pulse, metrics: Metrics) -> ThreadingHTTPServer:
    """Answer `/healthz`, `/readyz` and `/metrics` from a thread, so that they come even when the loop stands.

    Raises
    ------
    EmbeddedError
        The port is taken.
    """
    address = (settings.metrics_host, settings.relay_metrics_port)
    try:
        server = ThreadingHTTPServer(address, _handler(pulse, metrics))
    except OSError as error:
        variable = f"{PREFIX}RELAY_METRICS_PORT"
        raise EmbeddedError(
            "metrics-port", port=address[1], host=address[0], why=error.strerror, variable=variable
        ) from error
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server


def _handler(pulse: Pulse, metrics: Metrics) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path:
                case "/healthz":
                    self._answer(200 if pulse.alive else 503, b"", "text/plain")
                case "/readyz":
                    self._answer(200 if pulse.alive and pulse.ready.is_set() else 503, b"", "text/plain")
                case "/metrics":
                    self._answer(200, metrics.exposition(), CONTENT_TYPE)
                case _:
                    self._answer(404, b"", "text/plain")

        def _answer(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class calls it so
            """Probes are no news."""

    return Handler


async def relay_until_told(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT.

    Raises
    ------
    EmbeddedError
        The port of the metrics is taken.
    SchemaTooOld
        Run `weirhouse migrate` first.
    """
    loop, stop, metrics = asyncio.get_running_loop(), asyncio.Event(), Metrics()
    for order in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(order, stop.set)
    pulse = Pulse(loop.time)
    server = serve(settings, pulse, metrics)
    beating = asyncio.create_task(pulse.beat())
    try:
        await run_relay(settings, stop, RelayCounters(metrics), ready=pulse.ready)
    finally:
        beating.cancel()
        server.shutdown()
        server.server_close()
