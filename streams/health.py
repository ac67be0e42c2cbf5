# SPDX-License-Identifier: Apache-2.0
"""Is the worker alive? Its own progress against its lag, beside `/metrics`, on a port of its own.

The answers come from a thread, so that they come even when the loop stands; a loop that has not looked
for `stands_s` is the failure that only this can see.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import msgspec

from streams.drain import Drain, Progress
from weirhouse.telemetry import catalogue
from weirhouse.telemetry.metrics import CONTENT_TYPE, Metrics

LOOK_EVERY_S: Final = 1.0
"""Progress is looked at this often; cheap, and far below any limit."""
ENDS_EVERY_S: Final = 5.0
"""The logs' ends are asked this often by a client of its own: a fetcher that died silently knows no new end."""

_log = logging.getLogger("streams.health")


@dataclass(slots=True)
class Standing:
    """What is known of one partition: how far it was, and since when it has not moved (monotonic seconds)."""

    done: int
    since: float


@dataclass(slots=True)
class Verdict:
    """What liveness answers. `why` names each partition that stands."""

    alive: bool
    why: list[str] = field(default_factory=list)
    partitions: int = 0
    lag: int = 0


class Watch:
    """Judges progress; no I/O, so that a test can move its clock.

    Parameters
    ----------
    stands_s
        Lag without progress for this long means dead.
    monotonic
        Seconds that never go back.
    """

    def __init__(self, stands_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.stands_s = stands_s
        self._monotonic = monotonic
        self._standing: dict[tuple[str, int], Standing] = {}
        self._looked = monotonic()
        self._verdict = Verdict(alive=True)

    def look(
        self, progress: Sequence[Progress], ends: Mapping[tuple[str, int], int], holding: Mapping[str, str]
    ) -> Verdict:
        """Judge anew.

        Parameters
        ----------
        progress
            Of every assigned partition.
        ends
            Log ends as an independent client saw them; they count beside the consumer's own high-water marks.
        holding
            Agents that hold their place because the world is away: a restart would not help them.
        """
        now = self._monotonic()
        self._looked = now
        verdict = Verdict(alive=True, partitions=len(progress))
        for each in progress:
            place = (each.tp.topic, each.tp.partition)
            end = max(ends.get(place, 0), each.highwater or 0)
            lag = max(0, end - each.done)
            verdict.lag += lag
            known = self._standing.get(place)
            if known is None or known.done != each.done or lag == 0:
                self._standing[place] = Standing(each.done, now)
            elif now - known.since > self.stands_s and not holding:
                verdict.alive = False
                verdict.why.append(f"{place[0]}[{place[1]}] stands at {each.done}, {lag} behind")
        if holding:
            self._standing.clear()
        self._verdict = verdict
        return verdict

    def answer(self) -> Verdict:
        """Return the newest verdict, or a death if nobody has looked for too long. Safe from any thread."""
        silent = self._monotonic() - self._looked
        if silent > self.stands_s:
            return Verdict(alive=False, why=[f"the loop has not run for {silent:.0f} s"])
        return self._verdict


class HealthServer:
    """`/healthz`, `/readyz` and `/metrics` from a thread.

    Parameters
    ----------
    ready
        True once the worker reads.
    """

    def __init__(self, host: str, port: int, watch: Watch, metrics: Metrics, ready: Callable[[], bool]) -> None:
        handler = _handler(watch, metrics, ready)
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on (for port 0: the one that was given)."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and give the port back."""
        self._server.shutdown()
        self._server.server_close()


def _handler(watch: Watch, metrics: Metrics, ready: Callable[[], bool]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/metrics":
                    self._send(200, CONTENT_TYPE, metrics.exposition())
                case "/healthz":
                    verdict = watch.answer()
                    self._send(200 if verdict.alive else 503, "application/json", msgspec.json.encode(verdict))
                case "/readyz":
                    yes = ready()
                    self._send(
                        200 if yes else 503, "application/json", b'{"ready":true}' if yes else b'{"ready":false}'
                    )
                case _:
                    self._send(404, "text/plain", b"not found\n")

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
            _log.debug("probe %s", self.path)

    return Handler


async def keep_looking(
    watch: Watch,
    drain: Drain,
    holding: Mapping[str, str],
    metrics: Metrics,
    ends: Callable[[], Mapping[tuple[str, int], int]],
) -> None:
    """Look at progress each second, until cancelled.

    Parameters
    ----------
    ends
        The newest ends that the independent client saw.
    """
    while True:
        progress = drain.progress()
        watch.look(progress, ends(), holding)
        paused = {"life": 0, "ordinary": 0}
        age: dict[str, float] = {}
        for each in progress:
            metrics.set(catalogue.STREAM_LAG, each.lag or 0, each.tp.topic, str(each.tp.partition))
            paused["life" if each.life else "ordinary"] += each.full
            waiting = each.idle_s if each.lag else 0.0
            age[each.tp.topic] = max(age.get(each.tp.topic, 0.0), waiting)
        for lane, count in paused.items():
            metrics.set(catalogue.STREAM_PAUSED, count, lane)
        for topic, seconds in age.items():
            metrics.set(catalogue.STREAM_AGE_SECONDS, seconds, topic)
        await asyncio.sleep(LOOK_EVERY_S)
