# SPDX-License-Identifier: Apache-2.0
"""One reader, one measurement: `python -m loadtests.bench.drain_worker MODE BOOTSTRAP COUNT CORE`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import faust
import msgspec
import uvloop
from aiokafka import AIOKafkaConsumer

from streams.drain import DrainStream, Emitter, Outgoing, RawRecord, install

TOPIC = "bench"


class Reading(msgspec.Struct):
    """The fields that folding looks at."""

    source: str
    kind: str
    value: float
    observed_at: str
    sequence: int


_decode_many = msgspec.json.Decoder(list[Reading]).decode
_decode = msgspec.json.Decoder(Reading).decode


def decode(values: Iterable[bytes | None]) -> list[Reading]:
    """Decode a chunk in one call."""
    return _decode_many(b"[" + b",".join(value for value in values if value) + b"]")


class Meter:
    """Counts up to `total`, and tells the rate from the first message on."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.count = 0
        self.began = 0.0
        self.began_cpu = 0.0
        self.rate = 0.0
        self.cpu_rate = 0.0
        self.ended = asyncio.Event()

    def begin(self) -> None:
        """Start the clock at the first message."""
        if not self.began:
            self.began = time.perf_counter()
            self.began_cpu = time.process_time()

    def add(self, count: int) -> None:
        """Count messages that are finished."""
        self.count += count
        if self.count >= self.total and not self.rate:
            self.rate = self.count / (time.perf_counter() - self.began)
            self.cpu_rate = self.count / (time.process_time() - self.began_cpu)
            self.ended.set()


async def bare(mode: str, bootstrap: str, meter: Meter) -> None:
    """A plain loop over aiokafka's getmany."""
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    while not meter.ended.is_set():
        for records in (await consumer.getmany(timeout_ms=1_000)).values():
            meter.begin()
            if mode == "bare-decode":
                decode(record.value for record in records)
            meter.add(len(records))
    await consumer.stop()


def make_app(bootstrap: str, stream: type[Any]) -> faust.App:
    """Return a fresh app with a group of its own."""
    name = f"bench-{uuid.uuid4().hex}"
    return faust.App(
        name,
        datadir=str(Path(tempfile.gettempdir()) / f"weirhouse-faust-{name}"),
        broker=f"kafka://{bootstrap}",
        Stream=stream,
        web_enabled=False,
        topic_disable_leader=True,
        producer_linger=0.02,
    )


async def drained(mode: str, bootstrap: str, meter: Meter) -> None:
    """A Faust agent that reads chunks."""
    app = make_app(bootstrap, DrainStream)
    install(app).intake(TOPIC)
    emitter = Emitter(bootstrap, client_id="bench")
    await emitter.start()

    async def forward(records: list[RawRecord]) -> asyncio.Future[None]:
        return await emitter.emit(f"{TOPIC}-out", [Outgoing(b"zone-7", record.value) for record in records])

    async def reader(stream: Any) -> None:
        async for chunk in stream.chunks():
            meter.begin()
            if mode == "drain-decode":
                decode(record.value for record in chunk.records)
            if mode == "drain-forward":
                durable = await forward(chunk.records)
                chunk.done_when(durable)
                durable.add_done_callback(partial(_count, meter, len(chunk)))
            else:
                chunk.done()
                meter.add(len(chunk))

    app.agent(app.topic(TOPIC), name="reader")(reader)
    await _until_ended(app, meter)
    await emitter.stop()


def _count(meter: Meter, count: int, _: asyncio.Future[None]) -> None:
    meter.add(count)


async def stock(mode: str, bootstrap: str, meter: Meter) -> None:
    """A Faust agent that reads messages."""
    app = make_app(bootstrap, faust.Stream)
    source = app.topic(TOPIC, key_type=bytes, value_type=bytes, value_serializer="raw")
    target = app.topic(f"{TOPIC}-out", key_type=bytes, value_type=bytes, value_serializer="raw")

    async def reader(stream: Any) -> None:
        async for value in stream:
            meter.begin()
            if mode == "stock-decode":
                _decode(value)
            if mode == "stock-forward":
                await target.send(key=b"zone-7", value=value)
            meter.add(1)

    app.agent(source, name="reader")(reader)
    await _until_ended(app, meter)


async def _until_ended(app: faust.App, meter: Meter) -> None:
    await app.start()
    await meter.ended.wait()
    await app.stop()


async def main(mode: str, bootstrap: str, count: int) -> dict[str, float]:
    """Measure `mode`; return messages a second, and a second of this process's CPU time."""
    meter = Meter(count)
    engine = {"bare": bare, "drain": drained, "stock": stock}[mode.partition("-")[0]]
    await engine(mode, bootstrap, meter)
    return {"rate": meter.rate, "cpu_rate": meter.cpu_rate}


if __name__ == "__main__":
    if sys.argv[4] != "-":
        os.sched_setaffinity(0, {int(sys.argv[4])})
    uvloop.install()
    print(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
