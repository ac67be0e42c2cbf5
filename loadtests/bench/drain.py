# SPDX-License-Identifier: Apache-2.0
"""Messages a second that one core reads, decodes and forwards: in chunks, beside a bare aiokafka loop and stock Faust.

The reader has a core of its own and the broker another (where the machine has two). Every reader is a fresh process on
the same topic and is timed from its first message to its last (for forwarding: until the last is durable). Bars are
held against messages a second of the reader's own CPU time, which neighbours on the machine do not change much.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from loadtests.bench.frame import Arguments, Bar, Result
from weirhouse.embedded.house import House
from weirhouse.settings import Settings

PARTITIONS = 4
SOURCES = 27_000
"""Devices of one district (targets.md)."""

RATE = 100_000
"""Messages written for each second of `--seconds`: a second of reading at a middling rate."""

MODES = ("bare", "bare-decode", "drain", "drain-decode", "drain-forward", "stock", "stock-decode", "stock-forward")
STOCK_SHARE = 12
"""Stock Faust reads this fraction, so that it takes about as long."""


def run(args: Arguments) -> Result:
    """Measure every mode once."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) > 1:
        os.sched_setaffinity(0, set(cores[1:]))
    count = max(20_000, int(RATE * args.seconds))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate(
            {"state_dir": Path(folder), "kafka_url": "", "postgres_url": "postgresql://none", "kafka_heap_mb": 512}
        )
        with House(settings) as house:
            asyncio.run(fill(house.kafka_url, "bench", count, args.seed))
            rates = {mode: measure(mode, house.kafka_url, count, cores) for mode in MODES}
    figures = {f"{mode} messages/s": rate["rate"] for mode, rate in rates.items()}
    core = {mode: rate["cpu_rate"] for mode, rate in rates.items()}
    figures |= {f"{mode} messages/core second": rate for mode, rate in core.items()}
    bars = [
        Bar("no-op, share of bare getmany", 0.7, 1.0, core["drain"] / core["bare"]),
        Bar("decode, share of bare getmany and decode", 0.7, 0.9, core["drain-decode"] / core["bare-decode"]),
        Bar("no-op, times stock Faust", 10, 30, core["drain"] / core["stock"]),
        Bar("forward, times stock Faust", 10, 30, core["drain-forward"] / core["stock-forward"]),
        Bar("forwarded as own batches, messages/core second", 100_000, 164_000, core["drain-forward"]),
    ]
    return Result("drain", figures, bars)


def measure(mode: str, bootstrap: str, count: int, cores: list[int]) -> dict[str, float]:
    """Run one reader in a process of its own; return its rates."""
    share = count // STOCK_SHARE if mode.startswith("stock") else count
    core = str(cores[0]) if len(cores) > 1 else "-"
    command = [sys.executable, "-m", "loadtests.bench.drain_worker", mode, bootstrap, str(share), core]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    rates: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return rates


async def fill(bootstrap: str, topic: str, count: int, seed: int) -> None:
    """Write readings of about 210 bytes, in batches."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in (topic, f"{topic}-out")])
    await admin.close()
    chance = random.Random(seed)
    values = [msgspec.json.encode(_reading(chance, number)) for number in range(5_000)]
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, max_batch_size=512 * 1024, max_request_size=2 * 1024 * 1024, acks=1
    )
    await producer.start()
    sent = []
    for first in range(0, count, 1_000):
        batch = producer.create_batch()
        for number in range(first, min(first + 1_000, count)):
            batch.append(timestamp=None, key=b"dev-%05d" % (number % SOURCES), value=values[number % len(values)])
        sent.append(await producer.send_batch(batch, topic, partition=first // 1_000 % PARTITIONS))
    await asyncio.gather(*sent)
    await producer.stop()


def _reading(chance: random.Random, number: int) -> dict[str, object]:
    return {
        "source": f"dev-{number % SOURCES:05d}",
        "kind": chance.choice(["water_level", "smoke", "vibration", "gas"]),
        "value": round(chance.uniform(0, 100), 3),
        "unit": "mm",
        "observed_at": f"2026-07-01T12:{number % 60:02d}:00Z",
        "sequence": number,
        "quality": "good",
        "battery_pct": chance.randrange(100),
        "note": "x" * 30,
    }
