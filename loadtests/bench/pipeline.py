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
import time
from collections.abc import Iterator
from typing import Any

from aiokafka import AIOKafkaConsumer

from loadtests import democity
from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.bench.stage import PARTITIONS, Record, staged
from weirhouse.clock import system_clock
from weirhouse.domain.city import City
from weirhouse.domain.ids import report_id
from weirhouse.domain.reading import Reading
from weirhouse.domain.report import Lane, Location, Point, Report
from weirhouse.ledger.zoning import partition_of
from weirhouse.wire.envelope import decode_readings, encode
from weirhouse.wire.topics import READINGS_BULK, REPORTS_ORDINARY

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


def run(args: Arguments) -> Result:
    """Measure a bare loop, then fold, then correlate."""
    city, chance = democity.build(), random.Random(args.seed)
    many, some = int(READINGS_PER_S * args.seconds), int(REPORTS_PER_S * args.seconds)
    with staged(city) as stage:
        stage.fill(READINGS_BULK.name, readings(city, many, chance))
        bare = subprocess.run(
            [sys.executable, "-m", "loadtests.bench.pipeline", stage.house.kafka_url, str(many), stage.core],
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        ).stdout.split()
        with stage.worker("fold") as worker:
            fold = worker.drained("fold", many)
        stage.fill(REPORTS_ORDINARY.name, reports(city, some, chance))
        with stage.worker("correlate") as worker:
            correlate = worker.drained("correlate", some)
    figures = {
        "bare decode readings/s": float(bare[0]),
        "bare decode readings/core second": float(bare[1]),
        "fold readings/s": fold.wall,
        "fold readings/core second": fold.core,
        "correlate reports/s": correlate.wall,
        "correlate reports/core second": correlate.core,
    }
    bars = [
        Bar("fold, share of a bare loop that decodes, by core second", 0.15, 0.4, fold.core / float(bare[1])),
        Bar("correlate, reports/core second", 2_000, 5_000, correlate.core),
    ]
    return Result("pipeline", figures, bars)


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
