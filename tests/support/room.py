# SPDX-License-Identifier: Apache-2.0
"""A small city on real parts: its topics, its ledger, its workers; what a test sends and what it finds."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import kafka
import msgspec
import psycopg

from weirhouse.clock import system_clock
from weirhouse.domain.city import City, Source, Zone
from weirhouse.domain.ids import report_id
from weirhouse.domain.reading import SourceRules
from weirhouse.domain.report import Lane, Location, Point, Report
from weirhouse.embedded.ports import free_port
from weirhouse.ledger import migrate
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.ledger.zoning import partition_of
from weirhouse.wire import broker
from weirhouse.wire.envelope import encode
from weirhouse.wire.topics import REPORTS_LIFE, REPORTS_ORDINARY, Topic

PARTITIONS = 4
ROOT = Path(__file__).parents[2]
SPREAD = 0.02
"""Degrees between two zones' middles."""


def small_city(zones: int = 6) -> City:
    """Return a row of square zones from west to east, each the neighbour of the next, with one sensor each."""

    def ring(index: int) -> list[tuple[float, float]]:
        west, east = 8.0 + index * SPREAD, 8.0 + (index + 1) * SPREAD
        return [(west, 50.0), (east, 50.0), (east, 50.02), (west, 50.02), (west, 50.0)]

    def neighbours(index: int) -> tuple[str, ...]:
        return tuple(f"z{n}" for n in (index - 1, index + 1) if 0 <= n < zones)

    rules = SourceRules(high=10.0, dead_band=1.0, off_delay_s=0.0, refresh_s=3600.0, type="flooding")
    return City(
        name_en="Row",
        name_zh="排城",
        time_zone="UTC",
        bounds=(7.9, 49.9, 8.5, 50.1),
        zones=[
            Zone(id=f"z{n}", name_en=f"Zone {n}", name_zh=f"{n}区", rings=[ring(n)], neighbours=neighbours(n))
            for n in range(zones)
        ],
        sources=[
            Source(
                id=f"gauge{n}", name=f"Gauge {n}", sort="sensor", zone=f"z{n}", lat=50.01, lon=middle(n), rules=rules
            )
            for n in range(zones)
        ],
    )


def middle(zone: int) -> float:
    """Return the longitude of a zone's middle."""
    return 8.0 + (zone + 0.5) * SPREAD


def report(key: str, zone: int = 0, **values: Any) -> Report:
    """Return a plausible report: flooding in the middle of its zone, now."""
    now = system_clock().timestamp()
    given = {
        "id": report_id("app", key),
        "source": "app",
        "key": key,
        "channel": "app",
        "zone": f"z{zone}",
        "lane": Lane.ORDINARY,
        "type": "flooding",
        "words": "water on the road, cars are stuck",
        "location": Location(point=Point(lat=50.01, lon=middle(zone), accuracy_m=20.0)),
        "reporter": f"{abs(hash(key)):032x}"[:32],
        "event_time": now,
        "received_at": now,
    }
    return Report(**{**given, **values})


class Worker:
    """One `python -m streams` (or another process of the house), in a process of its own; its log in a file."""

    def __init__(self, room: Room, env: dict[str, str], log: Path, command: Sequence[str] = ("streams",)) -> None:
        self.room, self.log = room, log
        self.port = free_port()
        variables = {
            "WEIRHOUSE_KAFKA_URL": room.kafka_url,
            "WEIRHOUSE_POSTGRES_URL": room.dsn,
            "WEIRHOUSE_NAMESPACE": room.namespace,
            "WEIRHOUSE_PARTITIONS": str(PARTITIONS),
            f"WEIRHOUSE_{'WORKER' if command[0] == 'streams' else 'RELAY'}_METRICS_PORT": str(self.port),
            "WEIRHOUSE_WORKER_SESSION": "PT6S",
            "PYTHONPATH": str(ROOT),
            **env,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WEIRHOUSE_")}
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command], env={**kept, **variables}, stdout=out, stderr=out, cwd=ROOT
            )

    def get(self, path: str) -> tuple[int, bytes]:
        """Return status and body of the worker's own port; status 0 when it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except OSError:
            return 0, b""

    def ready(self) -> Self:
        """Wait until it reads."""
        wait(lambda: self.get("/readyz")[0] == 200 or self.process.poll() is not None, 200, self.words)
        assert self.process.poll() is None, self.words()
        return self

    def words(self) -> str:
        """Return what it logged last."""
        return self.log.read_text(errors="replace")[-6000:]

    def count(self, metric: str) -> float:
        """Return the sum of a metric over its labels."""
        lines = self.get("/metrics")[1].decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == metric)

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.process.kill()
        self.process.wait(10)

    def pause(self) -> None:
        """SIGSTOP."""
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """SIGTERM; return the exit code."""
        self.process.terminate()
        return self.process.wait(30)

    def ended(self, within_s: float = 30) -> int:
        """Wait for it to end by itself; return the exit code."""
        return self.process.wait(within_s)


class Room:
    """One namespace on a broker and a database of its own.

    Parameters
    ----------
    folder
        For the workers' logs.
    """

    def __init__(self, kafka_url: str, dsn: str, namespace: str, folder: Path) -> None:
        self.kafka_url, self.dsn, self.namespace, self.folder = kafka_url, dsn, namespace, folder
        self.schema = migrate.schema_of(namespace)
        self.workers: list[Worker] = []
        self._producer: Any = None
        asyncio.run(self._prepare())
        broker.ensure(kafka_url, namespace, PARTITIONS)

    async def _prepare(self) -> None:
        await migrate.migrate(self.dsn, self.schema)
        async with PostgresLedger(self.dsn, self.schema, f"{self.namespace}.") as ledger:
            await ledger.standing.apply_city(small_city(), PARTITIONS, "test", system_clock().timestamp())

    def worker(self, **env: str) -> Worker:
        """Start a worker; the caller waits until it is ready."""
        worker = Worker(self, env, self.folder / f"worker-{len(self.workers)}.log")
        self.workers.append(worker)
        return worker

    def relay(self, **env: str) -> Worker:
        """Start sequencer and relay, so that what slices hand out reaches Kafka; the caller waits until it is ready."""
        relay = Worker(self, env, self.folder / f"relay-{len(self.workers)}.log", ("weirhouse", "relay"))
        self.workers.append(relay)
        return relay

    # sending ----------------------------------------------------------------------------------------

    def send(self, topic: Topic, key: str, value: bytes | None, headers: Sequence[tuple[str, bytes]] = ()) -> Any:
        """Produce one record; return its future."""
        if self._producer is None:
            self._producer = kafka.KafkaProducer(bootstrap_servers=self.kafka_url, acks="all", linger_ms=2)
        return self._producer.send(topic.full(self.namespace), key=key.encode(), value=value, headers=list(headers))

    def flush(self) -> None:
        """Wait until everything sent is durable."""
        self._producer.flush(30)

    def hush(self) -> None:
        """Let the producer go: one that calls for a dead broker leaves sockets behind."""
        if self._producer is not None:
            self._producer.close(2)
            self._producer = None

    def report(self, *reports: Report, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        """Put reports on their lane's topic, durably."""
        for each in reports:
            topic = REPORTS_LIFE if each.lane is Lane.LIFE else REPORTS_ORDINARY
            self.send(topic, each.zone, encode(each), headers)
        self.flush()

    def reading(self, topic: Topic, source: str, **values: Any) -> None:
        """Put one reading on a topic, durably."""
        self.send(topic, source, msgspec.json.encode({"source": source, **values}))
        self.flush()

    def read(self, topic: Topic) -> list[bytes]:
        """Return the values of all records that stand on a topic now."""
        consumer = kafka.KafkaConsumer(bootstrap_servers=self.kafka_url, auto_offset_reset="earliest")
        try:
            places = [kafka.TopicPartition(topic.full(self.namespace), number) for number in range(PARTITIONS)]
            consumer.assign(places)
            left = {place: end for place, end in consumer.end_offsets(places).items() if end}
            found: list[bytes] = []
            while any(consumer.position(place) < end for place, end in left.items()):
                for records in consumer.poll(timeout_ms=200).values():
                    found += [record.value for record in records]
            return found
        finally:
            consumer.close()

    # finding ----------------------------------------------------------------------------------------

    def rows(self, statement: str, *params: Any) -> list[tuple[Any, ...]]:
        """Run SQL on the namespace's schema."""
        with psycopg.connect(self.dsn, autocommit=True, options=f"-c search_path={self.schema}") as connection:
            cursor = connection.execute(statement.encode(), params)
            return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, *params: Any) -> Any:
        """Return the first column of the first row, or None."""
        rows = self.rows(statement, *params)
        return rows[0][0] if rows else None

    def decided(self) -> set[str]:
        """Return the ids of all decided reports."""
        return {str(row[0]).replace("-", "") for row in self.rows("select report_id from dispositions")}

    def settled(self, reports: Iterable[Report], within_s: float = 30) -> None:
        """Wait until each of the reports has its disposition."""
        wanted = {each.id for each in reports}
        wait(lambda: wanted <= self.decided(), within_s, self.words)

    def conserved(self, reports: Iterable[Report]) -> None:
        """Every report has exactly one disposition, and the incidents count exactly those."""
        wanted = {each.id for each in reports}
        assert self.decided() == wanted
        counted = self.rows("select coalesce(sum(reports), 0) from incidents where state <> 'merged'")[0][0]
        assert counted == self.one("select count(*) from dispositions where kind in ('opened', 'joined', 'folded')")

    def partition(self, zone: str) -> int:
        """Return the partition a zone lives on."""
        return partition_of(zone, PARTITIONS)

    def words(self) -> str:
        """Return what the workers logged last."""
        return "\n".join(worker.words() for worker in self.workers)

    def close(self) -> None:
        """End every worker."""
        for worker in self.workers:
            with suppress(ProcessLookupError):
                worker.wake()
            if worker.process.poll() is None:
                worker.kill()
        self.hush()


def wait(condition: Callable[[], bool], within_s: float, why: Callable[[], str] = str) -> None:
    """Wait for a condition; fail with `why` when it does not come true in time."""
    until = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"not within {within_s} s: {why()}")
        time.sleep(0.05)
