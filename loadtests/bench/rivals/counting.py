# SPDX-License-Identifier: Apache-2.0
"""A keyed count in Python, durable on a topic: `… rivals.counting quix|stock|bare BOOTSTRAP TOPIC COUNT CORE`.

*quix*: Quix Streams with its state store and changelog topic. *stock*: a Faust table, a changelog message an update.
*bare*: aiokafka's getmany, the last count of a key and fetch written as one record batch, offsets committed after it.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import uuid
from contextlib import suppress
from functools import partial
from typing import Any, Final

import faust
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from loadtests.bench.drain_worker import Meter, make_app

CHANGELOG: Final = "rival.counts"
"""Where the bare loop writes; as many partitions as the topic it reads."""
COMMIT_S: Final = 1.0
"""As often as our worker commits."""
WITHIN_S: Final = 170.0


def counted(mode: str, bootstrap: str, topic: str, count: int, core: str) -> dict[str, float]:
    """Count in a process of its own; return messages a second (`rate`) and a second of CPU time (`cpu_rate`)."""
    command = [sys.executable, "-m", "loadtests.bench.rivals.counting", mode, bootstrap, topic, str(count), core]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=WITHIN_S)
    rates: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return rates


async def bare(bootstrap: str, topic: str, meter: Meter) -> None:
    """Count with a plain loop."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=f"rival-{uuid.uuid4().hex}",
        enable_auto_commit=False,
    )  # fmt: skip
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, max_batch_size=512 * 1024, max_request_size=1 << 21
    )
    await consumer.start()
    await producer.start()
    counts: dict[bytes, int] = {}
    while not meter.ended.is_set():
        for tp, records in (await consumer.getmany(timeout_ms=1_000)).items():
            meter.begin()
            changed = set()
            for record in records:
                counts[record.key] = counts.get(record.key, 0) + 1
                changed.add(record.key)
            await _written(producer, tp.partition, counts, changed)
            meter.add(len(records))
        await consumer.commit()
    await producer.stop()
    await consumer.stop()


async def _written(producer: Any, partition: int, counts: dict[bytes, int], changed: set[bytes]) -> None:
    batch = producer.create_batch()
    for key in changed:
        batch.append(timestamp=None, key=key, value=counts[key].to_bytes(8, "big"))
    await (await producer.send_batch(batch, CHANGELOG, partition=partition))


async def stock(bootstrap: str, topic: str, partitions: int, meter: Meter) -> None:
    """Count in a Faust table."""
    app = make_app(bootstrap, faust.Stream)
    app.conf.topic_disable_leader = False
    source = app.topic(topic, key_type=bytes, value_type=bytes, value_serializer="raw")
    counts = app.Table("counts", default=int, partitions=partitions, key_type=bytes, value_type=int)

    async def reader(stream: Any) -> None:
        async for key, _ in stream.items():
            meter.begin()
            counts[key] += 1
            meter.add(1)

    app.agent(source, name="reader")(reader)
    await app.start()
    await meter.ended.wait()
    await app.stop()


def quix(bootstrap: str, topic: str, meter: Meter) -> None:
    """Count in Quix Streams' state."""
    from quixstreams import Application

    with tempfile.TemporaryDirectory(prefix="weirhouse-rival-") as folder:
        app = Application(
            broker_address=bootstrap, consumer_group=f"rival-{uuid.uuid4().hex}", auto_offset_reset="earliest",
            commit_interval=COMMIT_S, state_dir=folder, loglevel="ERROR",
        )  # fmt: skip

        def one(value: bytes, state: Any) -> None:
            meter.begin()
            state.set("n", state.get("n", 0) + 1)
            meter.add(1)

        source = app.topic(topic, value_deserializer="bytes")
        app.dataframe(source).update(one, stateful=True)
        app.run(count=meter.total, collect=False)


def main(mode: str, bootstrap: str, topic: str, count: int) -> dict[str, float]:
    """Count `count` messages of `topic`."""
    meter = Meter(count)
    if mode == "quix":
        with suppress(SystemExit):
            quix(bootstrap, topic, meter)
    else:
        uvloop.install()
        engine = bare if mode == "bare" else partial(stock, partitions=8)
        asyncio.run(_run(engine, bootstrap, topic, meter))
    return {"rate": meter.rate, "cpu_rate": meter.cpu_rate}


async def _run(engine: Any, bootstrap: str, topic: str, meter: Meter) -> None:
    await engine(bootstrap, topic, meter=meter)


if __name__ == "__main__":
    if sys.argv[5] != "-":
        os.sched_setaffinity(0, {int(sys.argv[5])})
    print(json.dumps(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))))
