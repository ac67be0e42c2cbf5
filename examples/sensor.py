# SPDX-License-Identifier: Apache-2.0
"""A device gateway: writes a water gauge's readings straight to Kafka, no HTTP in between.

    python examples/sensor.py --kafka 127.0.0.1:9092 --source gauge-01 --values 0.05 0.12 0.31 0.45 0.44 0.10

A reading is one JSON object on `readings.bulk` (or `readings.life` for sources that the access list allows there). The
record's key is the source, so that one device's readings stay in order. `at` is the device's clock in seconds since
1970-01-01 UTC; `value` is in the unit that the source registry states; the house knows the limits and does the rest.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer


async def send(kafka: str, topic: str, source: str, values: Iterable[float], every_s: float) -> int:
    """Send one reading each `every_s` seconds and return how many Kafka acknowledged."""
    # acks="all" and idempotence: an acknowledged reading is on every in-sync broker, once, in order.
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    await producer.start()
    sent = 0
    try:
        for number, value in enumerate(values):
            reading = {"source": source, "at": round(time.time(), 3), "value": value, "seq": number}
            await producer.send_and_wait(
                topic, json.dumps(reading).encode(), key=source.encode(), headers=[("wh-schema", b"1")]
            )
            sent += 1
            await asyncio.sleep(every_s)
    finally:
        await producer.stop()
    return sent


def main() -> None:
    """Read the command line and send."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kafka", default="127.0.0.1:9092")
    parser.add_argument("--topic", default="readings.bulk")
    parser.add_argument("--source", default="gauge-01")
    parser.add_argument("--values", type=float, nargs="+", default=[0.05, 0.12, 0.31, 0.45, 0.44, 0.10])
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two readings")
    given = parser.parse_args()
    count = asyncio.run(send(given.kafka, given.topic, given.source, given.values, given.every))
    print(f"{count} readings of {given.source} are safe in Kafka")


if __name__ == "__main__":
    main()
