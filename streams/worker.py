# SPDX-License-Identifier: Apache-2.0
"""One worker: everything it is made of, started in order, stopped in reverse, and the one sentence it may end with.

`python -m streams` runs it. Exit codes: 0 asked to stop, 2 settings, 3 stopped with a sentence, 70 hard.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final, NoReturn

import faust
import uvloop
from pydantic import ValidationError

from streams import topics
from streams.agents.correlate import Correlator
from streams.agents.fold import Folder
from streams.agents.tally import Tally
from streams.agents.unsealing import Unsealer
from streams.app import add_agents, create_app, declare
from streams.dead_letters import Letterbox, Limit
from streams.drain import Emitter
from streams.failures import StopWorker, Wrong
from streams.guard import Guard
from streams.health import ENDS_EVERY_S, HealthServer, Watch, keep_looking
from streams.memory.foldstates import Recovery
from streams.memory.owner import LedgerOwner
from streams.memory.standing import Standing
from streams.starting import when_there
from weirhouse.clock import Clock, system_clock
from weirhouse.keys import KeysUnkept, with_keys
from weirhouse.ledger.migrate import schema_of
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.settings import Settings
from weirhouse.telemetry import logs
from weirhouse.telemetry.metrics import Metrics
from weirhouse.telemetry.tracing import Tracing
from weirhouse.wire import broker
from weirhouse.wire.broker import BrokerAway
from weirhouse.wire.topics import CATALOGUE, FOLD_STATE, TOUCHED

STOPPED: Final = 3
"""Exit code when the worker ends with its sentence."""
BAD_SETTINGS: Final = 2
"""Exit code when it cannot begin with the settings it was given."""
STOP_WITHIN_S: Final = 15.0
"""A worker that was told to stop and has not by then ends hard: what it held stays unread."""
EXPIRE_EVERY_S: Final = 30.0

_log = logging.getLogger("streams.worker")


class HouseWorker(faust.Worker):  # type: ignore[misc, unused-ignore]
    """Faust's worker, with our parts started before the app and stopped after it, and our logs."""

    def __init__(self, parts: Parts, **options: Any) -> None:
        self.parts = parts
        super().__init__(parts.app, loglevel="info", redirect_stdouts=False, **options)
        # Without this the spinner puts the root logger at DEBUG whenever the level is above INFO.
        self.spinner = None

    def _setup_logging(self) -> None:
        """Keep the JSON logs that `main` configured."""

    async def on_first_start(self) -> None:
        """Start the parts, then what Faust starts."""
        await self.parts.start()
        await super().on_first_start()

    async def on_startup_finished(self) -> None:
        """Everything runs: what exists now will live long, so the collector need not look at it again."""
        gc.collect()
        gc.freeze()
        self.parts.ready = True
        _log.info("the worker reads")

    async def on_shutdown(self) -> None:
        """Stop the parts when the app has stopped."""
        await super().on_shutdown()
        await self.parts.stop()


class Parts:
    """Everything one worker is made of.

    Parameters
    ----------
    cluster_id
        Of the broker that answered the admin step.
    metrics, watch
        Served from a thread since before the first step.
    """

    def __init__(
        self, settings: Settings, cluster_id: str, metrics: Metrics, watch: Watch, clock: Clock = system_clock
    ) -> None:
        namespace, url = settings.namespace, settings.kafka_url
        self.settings = settings
        self.sentence = ""
        self.ready = False
        self.cluster_id = cluster_id
        self.metrics, self.watch = metrics, watch
        self.tracing = Tracing("worker", settings.otlp_url, settings.trace_ratio)
        self.ledger = PostgresLedger(
            settings.database, schema_of(namespace), settings.topic_prefix, settings.database_pool
        )
        self.letters = Emitter(url, client_id="weirhouse-letters")
        self.emitter = Emitter(url, client_id="weirhouse-fold", in_flight=8)
        limit = Limit(settings.dead_letter_limit, settings.dead_letter_window.total_seconds())
        letterbox = Letterbox(self.letters, namespace, limit, self.metrics, clock)
        self.guard = Guard(letterbox, self.metrics, self.end_with)
        self.city = Standing(self.ledger.standing)
        self.owner = LedgerOwner(
            self.ledger.slices,
            self.guard,
            clock,
            worker=settings.worker_instance or f"{socket.gethostname()}:{os.getpid()}",
            cluster_id=cluster_id,
            city=self.city,
            followed=TOUCHED.full(namespace),
            log_ends=lambda: broker.ends(url, [TOUCHED.full(namespace)]),
        )
        self.recovery = Recovery(url, FOLD_STATE.full(namespace), namespace, self.guard)
        self.tally = Tally(self.metrics)
        self.folder = Folder(
            self.recovery,
            self.emitter,
            self.guard,
            self.tally,
            self.tracing,
            clock,
            namespace=namespace,
            city=self.city,
        )
        self.correlator = Correlator(
            self.ledger.slices,
            self.owner,
            self.guard,
            self.tally,
            self.tracing,
            clock,
            namespace=namespace,
            max_reports=settings.slice_max_reports,
            unsealer=Unsealer(
                settings.sealing_private_key.get_secret_value(), settings.pseudonym_key.get_secret_value()
            ),
        )
        self.app = create_app(settings)
        declare(self.app, settings, "correlate", self.owner)
        self.recovery.intake = declare(self.app, settings, "fold", self.recovery)
        add_agents(self.app, settings, self.folder, self.correlator)
        self._ends: Mapping[tuple[str, int], int] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Open what the agents need."""
        await self.ledger.open()
        for emitter in (self.letters, self.emitter):
            await self._sure(emitter.start)
        await self._sure(self.city.load)
        jobs: tuple[Coroutine[Any, Any, None], ...] = (
            keep_looking(self.watch, self.app.drain, self.guard.holding, self.metrics, lambda: self._ends),
            self.city.keep_following(self.guard),
            self._keep_recognising(),
            self._keep_expiring(),
        )
        self._tasks = [asyncio.create_task(job) for job in jobs]

    async def _sure(self, act: Callable[[], Awaitable[None]]) -> None:
        if isinstance(answer := await self.guard.hold("start", act), Wrong):
            raise StopWorker(answer.detail)

    async def stop(self) -> None:
        """Close everything in reverse."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for emitter in (self.emitter, self.letters):
            await emitter.stop()
        await self.ledger.close()
        self.tracing.close()

    def end_with(self, sentence: str) -> None:
        """End the worker with one clear sentence, gracefully if it can be done in time."""
        if self.sentence:
            return
        self.sentence = sentence
        _log.critical("stops: %s", sentence)
        killer = threading.Timer(STOP_WITHIN_S, leave, (sentence,))
        killer.daemon = True
        killer.start()
        signal.raise_signal(signal.SIGTERM)

    async def _keep_recognising(self) -> None:
        """Ask the broker again and again who it is and where its logs end, with a client of its own."""
        names = [topic.full(self.settings.namespace) for topic in CATALOGUE]
        while True:
            await asyncio.sleep(ENDS_EVERY_S)
            try:
                found = await asyncio.to_thread(broker.cluster_id, self.settings.kafka_url)
                self._ends = await asyncio.to_thread(broker.ends, self.settings.kafka_url, names)
            except BrokerAway:
                continue
            try:
                topics.recognise(found, self.cluster_id)
            except StopWorker as order:
                self.end_with(str(order))
                return

    async def _keep_expiring(self) -> None:
        while True:
            await asyncio.sleep(EXPIRE_EVERY_S)
            self.owner.expire()
            memories = self.owner.memories.values()
            self.tally.memory(sum(len(memory.index) for memory in memories), sum(memory.loaded for memory in memories))


def leave(sentence: str) -> None:
    """End the process now, with the sentence; nothing in hand is committed."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
    os._exit(STOPPED)


def main() -> int:
    """Run the worker until it is told to stop; return the exit code."""
    try:
        settings = with_keys(Settings())
    except ValidationError as error:
        what = "; ".join(f"{'.'.join(str(p) for p in row['loc'])}: {row['msg']}" for row in error.errors())
        sys.stderr.write(f"settings are wrong: {what}\n")
        return BAD_SETTINGS
    except KeysUnkept as error:
        sys.stderr.write(f"{error}\n")
        return BAD_SETTINGS
    logs.configure("worker", settings.log_level)
    uvloop.install()
    metrics, watch = Metrics(), Watch(settings.worker_stands.total_seconds())
    running: list[Parts] = []
    try:
        health = HealthServer(
            settings.metrics_host,
            settings.worker_metrics_port,
            watch,
            metrics,
            lambda: any(parts.ready for parts in running),
        )
    except OSError as error:
        port = settings.worker_metrics_port
        sys.stderr.write(f"port {port} is taken ({error.strerror}); set WEIRHOUSE_WORKER_METRICS_PORT to another.\n")
        return STOPPED
    health.start()
    try:
        return _run(settings, metrics, watch, running)
    except StopWorker as order:
        sys.stderr.write(f"{order}\n")
        return STOPPED
    finally:
        health.stop()


def _run(settings: Settings, metrics: Metrics, watch: Watch, running: list[Parts]) -> int:
    signal.signal(signal.SIGTERM, _stop_waiting)
    cluster_id = when_there(settings, watch)
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    parts = Parts(settings, cluster_id, metrics, watch)
    running.append(parts)
    worker = HouseWorker(parts, loop=loop)
    with contextlib.suppress(SystemExit):
        worker.execute_from_commandline()
    if parts.sentence:
        raise StopWorker(parts.sentence)
    return 0


def _stop_waiting(number: int, frame: object) -> NoReturn:
    """Asked to stop while nothing is in hand yet; Faust's own handler takes this one's place later."""
    raise SystemExit(0)
