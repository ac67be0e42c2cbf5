# SPDX-License-Identifier: Apache-2.0
"""Messages a second through the real worker, agent by agent, on one core, beside a bare aiokafka loop in the same run.

The worker is `python -m streams` as it ships, pinned to one core; Kafka, PostgreSQL and this process have the others.
*fold*: readings of the demo city's devices, from topic to durable signals and states. *correlate*: reports of the demo
city, from topic to the ledger's commit. Both drain a backlog and are read off the worker's own counters.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from loadtests import democity
from loadtests.bench.frame import Arguments, Bar, Result
from weirhouse.clock import system_clock
from weirhouse.domain.city import City
from weirhouse.domain.ids import report_id
from weirhouse.domain.reading import Reading
from weirhouse.domain.report import Lane, Location, Point, Report
from weirhouse.embedded.house import House
from weirhouse.embedded.ports import free_port
from weirhouse.ledger import migrate
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.ledger.zoning import partition_of
from weirhouse.settings import Settings
from weirhouse.wire import broker
from weirhouse.wire.envelope import decode_readings, encode
from weirhouse.wire.topics import READINGS_BULK, REPORTS_ORDINARY

PARTITIONS = 8
READINGS_PER_S = 60_000
REPORTS_PER_S = 2_000
"""Messages written for each second of `--seconds`: about what one core drains in that time."""
WORDS = (
    ("flooding", "water on the road, cars are stuck"),
    ("noise", "loud music from the bar below"),
    ("tree_down", "a tree fell over the pavement"),
    ("power", "no electricity in the whole block"),
    ("flooding", "道路积水严重，车辆无法通行"),
)

Record = tuple[bytes, bytes, int]
"""Key, value, partition."""


def run(args: Arguments) -> Result:
    """Measure a bare loop, then fold, then correlate."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) > 1:
        os.sched_setaffinity(0, set(cores[1:]))
    city, chance = democity.build(), random.Random(args.seed)
    many, some = int(READINGS_PER_S * args.seconds), int(REPORTS_PER_S * args.seconds)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"state_dir": Path(folder), "kafka_url": "", "postgres_url": ""})
        with House(settings) as house:
            asyncio.run(prepare(house, city))
            asyncio.run(fill(house.kafka_url, READINGS_BULK.name, list(readings(city, many, chance))))
            bare = subprocess.run(
                [sys.executable, "-m", "loadtests.bench.pipeline", house.kafka_url, str(many), core_of(cores)],
                check=True,
                capture_output=True,
                text=True,
                timeout=120,
            ).stdout.split()
            fold = measure(house, cores, "fold", many, Path(folder))
            asyncio.run(fill(house.kafka_url, REPORTS_ORDINARY.name, list(reports(city, some, chance))))
            correlate = measure(house, cores, "correlate", some, Path(folder))
    figures = {
        "bare decode readings/s": float(bare[0]),
        "bare decode readings/core second": float(bare[1]),
        "fold readings/s": fold[0],
        "fold readings/core second": fold[1],
        "correlate reports/s": correlate[0],
        "correlate reports/core second": correlate[1],
    }
    bars = [
        Bar("fold, share of a bare loop that decodes, by core second", 0.15, 0.4, fold[1] / float(bare[1])),
        Bar("correlate, reports/core second", 2_000, 5_000, correlate[1]),
    ]
    return Result("pipeline", figures, bars)


def core_of(cores: list[int]) -> str:
    """Return the measured process's core, or `-` on a machine with one."""
    return str(cores[0]) if len(cores) > 1 else "-"


async def prepare(house: House, city: City) -> None:
    """Make schema, city and topics."""
    await migrate.migrate(house.postgres_url)
    async with PostgresLedger(house.postgres_url) as ledger:
        await ledger.standing.apply_city(city, PARTITIONS, "bench", system_clock().timestamp())
    await asyncio.to_thread(broker.ensure, house.kafka_url, "", PARTITIONS)


def readings(city: City, count: int, chance: random.Random) -> Iterator[Record]:
    """Yield readings of all devices in turn; one in fifty stands outside its limits."""
    devices = [source for source in city.sources if source.sort in ("sensor", "camera")]
    began = system_clock().timestamp() - count / 1000
    for number in range(count):
        device = devices[number % len(devices)]
        limit = device.rules.high if device.rules is not None and device.rules.high is not None else 100.0
        value = limit * (1.2 if chance.random() < 0.02 else 0.5) + chance.random()
        reading = Reading(source=device.id, at=began + number / 1000, value=round(value, 3), seq=number)
        yield device.id.encode(), encode(reading), partition_of(device.id, PARTITIONS)


def reports(city: City, count: int, chance: random.Random) -> Iterator[Record]:
    """Yield reports around the city's places; a third of them about what others tell too."""
    hot = chance.sample(city.places, min(40, len(city.places)))
    now = system_clock().timestamp()
    for number in range(count):
        place = chance.choice(hot if number % 3 == 0 else city.places)
        kind, words = WORDS[number % len(WORDS)]
        each = Report(
            id=report_id("bench", str(number)),
            source="bench",
            key=str(number),
            channel="app",
            zone=place.zone,
            lane=Lane.ORDINARY,
            type=kind,
            words=f"{words} {place.name_en}",
            location=Location(point=Point(lat=place.lat, lon=place.lon, accuracy_m=25.0)),
            reporter=f"{chance.getrandbits(128):032x}",
            event_time=now,
            received_at=now,
        )
        yield place.zone.encode(), encode(each), partition_of(place.zone, PARTITIONS)


async def fill(bootstrap: str, topic: str, records: list[Record]) -> None:
    """Write records in whole batches."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_batch_size=512 * 1024, max_request_size=1 << 21)
    await producer.start()
    sent = []
    by_partition: dict[int, list[Record]] = {}
    for record in records:
        by_partition.setdefault(record[2], []).append(record)
    for partition, mine in by_partition.items():
        for first in range(0, len(mine), 1_000):
            batch = producer.create_batch()
            for key, value, _ in mine[first : first + 1_000]:
                batch.append(timestamp=None, key=key, value=value)
            sent.append(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*sent)
    await producer.stop()


def measure(house: House, cores: list[int], agent: str, count: int, folder: Path) -> tuple[float, float]:
    """Run the worker until `agent` has finished `count` messages; return messages a second, and a core second."""
    with worker(house, cores, folder / f"{agent}.log") as (process, port):
        until = time.monotonic() + 180
        first: tuple[float, float, float] | None = None
        while time.monotonic() < until and process.is_running():
            done = finished(port, agent)
            if done and first is None:
                first = done, time.perf_counter(), cpu_of(process)
            if first is not None and done >= count:
                part = done - first[0]
                return part / (time.perf_counter() - first[1]), part / max(1e-9, cpu_of(process) - first[2])
            time.sleep(0.02)
    raise OSError(f"the worker did not finish {count} messages: {(folder / f'{agent}.log').read_text()[-800:]}")


@contextmanager
def worker(house: House, cores: list[int], log: Path) -> Iterator[tuple[psutil.Process, int]]:
    """Run `python -m streams` on the first core; it ends with the block."""
    port = free_port()
    env = {**os.environ, **house.environment(), "WEIRHOUSE_WORKER_METRICS_PORT": str(port)}
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "streams"], env=env, stdout=out, stderr=out)
    try:
        known = psutil.Process(process.pid)
        if len(cores) > 1:
            known.cpu_affinity(cores[:1])
        yield known, port
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def cpu_of(process: psutil.Process) -> float:
    """Return the seconds of CPU that the process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def finished(port: int, agent: str) -> float:
    """Return how many messages the agent has finished, by the worker's own count."""
    with suppress(httpx.HTTPError):
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        wanted = f'weirhouse_stream_messages_total{{agent="{agent}"'
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(wanted))
    return 0.0


async def bare(bootstrap: str, count: int) -> tuple[float, float]:
    """Read and decode `count` readings with a plain getmany loop; return messages a second, and a core second."""
    consumer: Any = AIOKafkaConsumer(READINGS_BULK.name, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    done, began = 0, (0.0, 0.0)
    while done < count:
        for records in (await consumer.getmany(timeout_ms=1_000)).values():
            began = began if done else (time.perf_counter(), time.process_time())
            decode_readings([record.value for record in records])
            done += len(records)
    rates = done / (time.perf_counter() - began[0]), done / (time.process_time() - began[1])
    await consumer.stop()
    return rates


if __name__ == "__main__":
    if sys.argv[3] != "-":
        os.sched_setaffinity(0, {int(sys.argv[3])})
    print(*asyncio.run(bare(sys.argv[1], int(sys.argv[2]))))
