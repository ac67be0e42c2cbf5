# SPDX-License-Identifier: Apache-2.0
"""Where agents are measured: a house with its stores, the worker on a core of its own, everything else on the others.

The worker is `python -m streams` as it ships, or (`loadtests.bench.one_agent`) the same with one of its two agents.
It is read off its own counters, from outside.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from loadtests.bench.crowd import put
from weirhouse.clock import system_clock
from weirhouse.domain.city import City
from weirhouse.domain.incident import Incident
from weirhouse.embedded.house import House
from weirhouse.embedded.ports import free_port
from weirhouse.ledger import migrate
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.settings import Settings
from weirhouse.wire import broker

PARTITIONS: Final = 8
LOOK_S: Final = 0.02
"""Pause between two looks at the worker's counters: each costs the worker about a millisecond."""
BATCH: Final = 1_000

Record = tuple[bytes, bytes, int]
"""Key, value, partition."""


def free_cores() -> list[int]:
    """Return the cores we may use, after leaving the first to what is measured; empty where that cannot be told."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) > 1:
        os.sched_setaffinity(0, set(cores[1:]))
    return cores


def core_of(cores: list[int]) -> str:
    """Return the measured process's core, or `-` on a machine with one."""
    return str(cores[0]) if len(cores) > 1 else "-"


@dataclass(frozen=True)
class Rate:
    """Messages a second by the wall's clock, and a second of the measured process's CPU time."""

    wall: float
    core: float


class Worker:
    """A running worker: its process, its counters, its log."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log
        self.known = psutil.Process(process.pid)

    def cpu_s(self) -> float:
        """Return the seconds of CPU that the process has used."""
        times = self.known.cpu_times()
        return float(times.user + times.system)

    def resident(self) -> int:
        """Return the bytes of memory that the process holds."""
        return int(self.known.memory_info().rss)

    def total(self, metric: str, *labels: str) -> float:
        """Return the sum of a counter's children that carry all `labels` (`agent="fold"`); 0 while nobody answers."""
        with suppress(OSError, http.client.HTTPException):
            asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                asked.request("GET", "/metrics")
                text = asked.getresponse().read().decode()
            finally:
                asked.close()
            lines = (line for line in text.splitlines() if line.startswith((metric + "{", metric + " ")))
            return sum(float(line.rsplit(" ", 1)[1]) for line in lines if all(label in line for label in labels))
        return 0.0

    def finished(self, agent: str) -> float:
        """Return how many messages the agent has finished, by the worker's own count."""
        return self.total("weirhouse_stream_messages_total", f'agent="{agent}"')

    def loaded(self) -> int:
        """Return how many partitions' memories were loaded so far."""
        return self.log.read_text(errors="replace").count("memory loaded")

    def wait_loaded(self, within_s: float = 180.0) -> None:
        """Return when every partition's memory is loaded.

        Raises
        ------
        OSError
            It was not within the time, or the worker ended.
        """
        until = time.monotonic() + within_s
        while self.loaded() < PARTITIONS:
            if time.monotonic() > until or self.process.poll() is not None:
                raise OSError(f"the worker did not load its memory: {self.tail()}")
            time.sleep(0.05)

    def drained(self, agent: str, count: int, since: float = 0.0, within_s: float = 180.0) -> Rate:
        """Return the rate from the first look that finds messages finished to the one that finds `count`.

        `since`: how many were finished before them.

        Raises
        ------
        OSError
            They were not finished within the time, or the worker ended.
        """
        until = time.monotonic() + within_s
        first: tuple[float, float, float] | None = None
        while time.monotonic() < until and self.process.poll() is None:
            done = self.finished(agent) - since
            if done and first is None:
                first = done, time.perf_counter(), self.cpu_s()
            if first is not None and done >= count:
                part = done - first[0]
                return Rate(part / (time.perf_counter() - first[1]), part / max(1e-9, self.cpu_s() - first[2]))
            time.sleep(LOOK_S)
        raise OSError(f"the worker did not finish {count} messages: {self.tail()}")

    def tail(self) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-800:]


@dataclass(frozen=True)
class Stage:
    """A house with its stores up, schema, city and topics made; `cores` those of the machine, the worker's first."""

    house: House
    cores: list[int]
    folder: Path

    @property
    def core(self) -> str:
        """The measured process's core, or `-`."""
        return core_of(self.cores)

    def fill(self, topic: str, records: Iterable[Record]) -> int:
        """Write records in whole batches and return how many."""
        return asyncio.run(fill(self.house.kafka_url, topic, records))

    def topic(self, name: str) -> None:
        """Make a topic with as many partitions as the house's."""
        asyncio.run(_topic(self.house.kafka_url, name))

    def stand(self, rows: Iterable[Incident]) -> int:
        """Put open incidents into the ledger and return how many."""
        return asyncio.run(put(self.house.postgres_url, Settings().schema_name, rows))

    @contextmanager
    def worker(
        self, log: str, *arguments: str, env: Mapping[str, str] | None = None, module: str = "streams"
    ) -> Iterator[Worker]:
        """Run the worker on the first core; it ends with the block."""
        port = free_port()
        path = self.folder / f"{log}.log"
        variables = {
            **os.environ,
            **self.house.environment(),
            "WEIRHOUSE_WORKER_METRICS_PORT": str(port),
            **(env or {}),
        }
        with path.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], env=variables, stdout=out, stderr=out
            )
        try:
            found = Worker(process, port, path)
            if len(self.cores) > 1:
                found.known.cpu_affinity(self.cores[:1])
            yield found
        finally:
            end(process)

    def one_agent(
        self, agent: str, *options: str, env: Mapping[str, str] | None = None, log: str = ""
    ) -> AbstractContextManager[Worker]:
        """Run the worker with one of its agents alone."""
        return self.worker(log or agent, agent, *options, env=env, module="loadtests.bench.one_agent")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, gently at first."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


@contextmanager
def staged(city: City, heap_mb: int = 512) -> Iterator[Stage]:
    """Start a house of our own with `city` in its ledger; on leaving everything ends."""
    cores = free_cores()
    with tempfile.TemporaryDirectory(prefix="weirhouse-bench-") as folder:
        settings = Settings.model_validate(
            {"state_dir": Path(folder), "kafka_url": "", "postgres_url": "", "kafka_heap_mb": heap_mb}
        )
        with House(settings) as house:
            asyncio.run(prepare(house, city))
            yield Stage(house, cores, Path(folder))


async def _topic(bootstrap: str, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, PARTITIONS, 1)])
    await admin.close()


async def prepare(house: House, city: City) -> None:
    """Make schema, city and topics."""
    await migrate.migrate(house.postgres_url)
    async with PostgresLedger(house.postgres_url) as ledger:
        await ledger.standing.apply_city(city, PARTITIONS, "bench", system_clock().timestamp())
    await asyncio.to_thread(broker.ensure, house.kafka_url, "", PARTITIONS)


async def fill(bootstrap: str, topic: str, records: Iterable[Record]) -> int:
    """Write records in whole batches and return how many; the order within a partition is kept."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_batch_size=512 * 1024, max_request_size=1 << 21)
    await producer.start()
    waiting: dict[int, list[Record]] = {}
    count = 0

    async def send(partition: int) -> None:
        batch = producer.create_batch()
        for key, value, _ in waiting.pop(partition):
            if batch.append(timestamp=None, key=key, value=value) is None:
                await producer.send_batch(batch, topic, partition=partition)
                batch = producer.create_batch()
                batch.append(timestamp=None, key=key, value=value)
        await producer.send_batch(batch, topic, partition=partition)

    for record in records:
        mine = waiting.setdefault(record[2], [])
        mine.append(record)
        count += 1
        if len(mine) >= BATCH:
            await send(record[2])
    for partition in list(waiting):
        await send(partition)
    await producer.flush()
    await producer.stop()
    return count
