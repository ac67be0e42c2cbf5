# SPDX-License-Identifier: Apache-2.0
"""A house on one machine: Kafka and PostgreSQL, then the product's own processes; all of it ends with us."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from weirhouse.embedded import kafka, postgres
from weirhouse.embedded.care import STOPPED, Care
from weirhouse.embedded.errors import EmbeddedError, Sentence
from weirhouse.embedded.folders import FolderLock, prepare, read_json
from weirhouse.embedded.jars import class_path
from weirhouse.embedded.orders import Orders
from weirhouse.embedded.ports import claim
from weirhouse.embedded.probes import http_ready
from weirhouse.embedded.processes import Process, Program
from weirhouse.embedded.supervisor import Supervisor, end_strays
from weirhouse.settings import Settings

Progress = Callable[[Sentence], None]
"""Told, in a few words, what is being waited for and what befell a process."""


@dataclass(frozen=True)
class Service:
    """One process of the product.

    Attributes
    ----------
    name
        Short name: `worker`, `api`, `relay`.
    argv
        Command and arguments.
    env
        Variables beside the house's own.
    ready_url
        Answers below 400 once the process serves; None: started is enough.
    live_url
        Answers below 400 while the process works; None: running is enough.
    may_stop
        Exit code 3, a stop with one sentence, does not keep the others from serving.
    port, port_variable
        Port it will listen on, refused early when it is taken, and the variable that changes it.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready_url: str | None = None
    live_url: str | None = None
    port: int | None = None
    port_variable: str = ""
    ready_within_s: float = 60.0
    restart: bool = True
    may_stop: bool = False


def module(name: str, *arguments: str) -> list[str]:
    """Return the command that runs one of our modules with this very Python."""
    return [sys.executable, "-m", name, *arguments]


class House:
    """Context manager: on entry the stores run, on exit nothing does that it started.

    Parameters
    ----------
    settings
        With `kafka_url` or `postgres_url` set that store is used as it is and nothing embedded starts for it.
    progress
        Told what is being waited for.
    fast
        Tests only: PostgreSQL does not wait for the disk.

    Raises
    ------
    EmbeddedError
        On entry: a store cannot start. Nothing is left running then.
    """

    def __init__(self, settings: Settings, progress: Progress = lambda words: None, *, fast: bool = False) -> None:
        self.settings = settings
        self.folder: Path = settings.state_dir
        self.kafka_url = settings.kafka_url
        self.postgres_url = settings.database
        self.cluster_id = ""
        self._progress = progress
        self._fast = fast
        self._supervisor = Supervisor(self.folder)
        self._lock = FolderLock(self.folder)
        self._orders = Orders()
        self._stands = False

    # ---- beginning and end

    def __enter__(self) -> Self:
        prepare(self.folder)
        self._lock.take()
        self._stands = True
        with contextlib.ExitStack() as undo:  # whatever goes wrong on the way in, nothing stays
            undo.callback(self.stop)
            self._orders.obey()
            if strays := end_strays(self.folder):
                self._say("strays", count=strays)
            self._start_stores()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_stores(self) -> None:
        database = None if self.postgres_url else self._prepare_postgres()
        broker = None if self.kafka_url else self._prepare_kafka()
        started = []
        if broker is not None:
            self._supervisor.facts["kafka"] = {
                "version": kafka.VERSION,
                "port": broker.port,
                "cluster": broker.cluster_id,
            }
            self.kafka_url, self.cluster_id = broker.url, broker.cluster_id
            started.append(self._supervisor.add(broker.program))
        if database is not None:
            self._supervisor.facts["postgres"] = {"version": postgres.VERSION, "port": database.port}
            self.postgres_url = database.url()
            started.append(self._supervisor.add(database.program))
        for process in reversed(started):  # both start at once; PostgreSQL is there first
            self._say("waiting", name=process.name)
            process.wait_ready()
            if process.name == "postgres" and database is not None:
                postgres.ensure_database(database)

    def _prepare_postgres(self) -> postgres.PostgresReady:
        self._say("preparing", name="postgres")
        plan = postgres.PostgresPlan(self.folder / "postgres", self.settings.postgres_port, fast=self._fast)
        return postgres.prepare(plan)

    def _prepare_kafka(self) -> kafka.KafkaReady:
        self._say("preparing", name="kafka")
        jars = class_path(lambda done, total: self._say("fetching-kafka", done=done, total=total))
        settings = self.settings
        plan = kafka.KafkaPlan(self.folder / "kafka", settings.kafka_port, settings.java, settings.kafka_heap_mb)
        return kafka.prepare(plan, jars)

    def stop(self) -> None:
        """End every process this house started, and let go of the folder; harmless when done already."""
        if not self._stands:
            return
        self._stands = False
        with self._orders.ignored():
            with contextlib.suppress(OSError):  # a lost terminal must not keep us from stopping
                self._say("stopping")
            self._supervisor.stop()
            self._lock.release()

    # ---- the product's processes

    def environment(self) -> dict[str, str]:
        """Return the variables that tell a process where everything is."""
        return {
            "WEIRHOUSE_KAFKA_URL": self.kafka_url,
            "WEIRHOUSE_POSTGRES_URL": self.postgres_url,
            "WEIRHOUSE_STATE_DIR": str(self.folder),
        }

    def start(self, services: Sequence[Service]) -> list[str]:
        """Start all services at once, then wait for each.

        Returns
        -------
        The names of those that may stop and did, each with a sentence; `watch` tries them again.

        Raises
        ------
        EmbeddedError
            A port is taken, or a service ended or did not answer in time.
        """
        for service in services:
            if service.port is not None:
                claim(f"the {service.name}", service.port, service.port_variable or "another")
        for service in services:
            self._supervisor.add(
                Program(
                    name=service.name,
                    argv=service.argv,
                    env={**self.environment(), **service.env},
                    ready=http_ready(service.ready_url) if service.ready_url else None,
                    alive=http_ready(service.live_url) if service.live_url else None,
                    ready_within_s=service.ready_within_s,
                    restart=service.restart,
                )
            )
        stopped = []
        for service in services:
            if service.ready_url:
                self._say("waiting", name=service.name)
            process = self.process(service.name)
            try:
                process.wait_ready()
            except EmbeddedError:
                if not (service.may_stop and process.exit_code == STOPPED):
                    raise
                stopped.append(service.name)
        return stopped

    def process(self, name: str) -> Process:
        """Return a process by name (`kafka`, `postgres` or a service's) to kill, pause or restart it."""
        return self._supervisor.processes[name]

    @property
    def processes(self) -> Mapping[str, Process]:
        """Every process of this house by name."""
        return self._supervisor.processes

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Stay until `until` says so; start again what dies unasked or no longer answers.

        Raises
        ------
        EmbeddedError
            Nothing of the house runs any more, however often it was tried.
        """
        with Care(self._supervisor.processes, self._progress) as care:
            while not until():
                care.look(time.monotonic())
                time.sleep(0.2)

    def _say(self, key: str, **values: object) -> None:
        self._progress(Sentence(key, **values))


def state(folder: Path) -> dict[str, object]:
    """Return what `state.json` says of a house that runs, or ran, from `folder`."""
    return read_json(folder / "state.json")
