# SPDX-License-Identifier: Apache-2.0
"""The broker as a fixture of this suite."""

from __future__ import annotations

import asyncio
import time

import pytest
import pytest_asyncio

from tests.contract.drain.support import Broker
from tests.support.services import Kafka


@pytest.fixture(scope="session")
def broker(kafka: Kafka) -> Broker:
    """The session's real broker."""
    return Broker(kafka.bootstrap)


@pytest_asyncio.fixture(scope="session")
async def compacted(broker: Broker) -> str:
    """A topic of 81 offsets, most of which the broker's cleaner has taken away (its round takes up to 15 s)."""
    config = {
        "cleanup.policy": "compact",
        "segment.ms": "50",
        "min.cleanable.dirty.ratio": "0.01",
        "max.compaction.lag.ms": "50",
    }
    topic = await broker.topic("gaps", config=config)
    for _ in range(4):
        await broker.write(topic, [b"old"] * 20, key=b"same")
        await asyncio.sleep(0.1)
    await broker.write(topic, [b"last"], key=b"other")
    deadline = time.monotonic() + 40
    while len(await broker.read(topic, 81, within_s=0.6)) >= 70:
        assert time.monotonic() < deadline, "the broker's cleaner has not compacted the topic"
    return topic
