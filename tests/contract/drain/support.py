# SPDX-License-Identifier: Apache-2.0
"""Topics, records and Faust apps for the contract of chunked reads."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from faust.types import TP

from streams.drain import Drain, DrainStream, agent, install

_numbers = itertools.count(1)

Handle = Callable[[TP, int, bytes | None], Awaitable[None]]
"""Called with topic-partition, offset and value of each record."""


def fresh(name: str) -> str:
    """Return a name no other test uses."""
    return f"{name}-{next(_numbers)}"


class Broker:
    """The real broker, from a test's point of view.

    Parameters
    ----------
    bootstrap
        `host:port`.
    """

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    async def topic(self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> str:
        """Create a topic under a fresh name and return that."""
        topic = fresh(name)
        async with self._admin() as admin:
            await admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=dict(config or {}))])
        return topic

    async def trim(self, tp: TP, before: int) -> None:
        """Delete the records before an offset, as retention does."""
        async with self._admin() as admin:
            await admin.delete_records({TopicPartition(*tp): RecordsToDelete(before)})

    async def committed(self, group: str) -> dict[TP, int]:
        """Return the group's commits."""
        async with self._admin() as admin:
            offsets = await admin.list_consumer_group_offsets(group)
        return {TP(tp.topic, tp.partition): meta.offset for tp, meta in offsets.items() if meta.offset >= 0}

    @asynccontextmanager
    async def producer(self, **settings: Any) -> AsyncIterator[AIOKafkaProducer]:
        """Yield a started idempotent producer."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, enable_idempotence=True, **settings)
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    async def write(
        self, topic: str, values: Iterable[bytes | None], partition: int = 0, key: bytes | None = b"k"
    ) -> None:
        """Write values to a partition, in order, and wait until they are durable."""
        async with self.producer() as producer:
            sent = [await producer.send(topic, value, key=key, partition=partition) for value in values]
            await asyncio.gather(*sent)

    async def read(self, topic: str, count: int, within_s: float = 10.0) -> list[Any]:
        """Return the first `count` records of a topic, over all its partitions."""
        consumer = AIOKafkaConsumer(topic, bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        records: list[Any] = []
        try:
            deadline = time.monotonic() + within_s
            while len(records) < count and time.monotonic() < deadline:
                for found in (await consumer.getmany(timeout_ms=200)).values():
                    records.extend(found)
        finally:
            await consumer.stop()
        return records


def make_app(bootstrap: str, app_id: str, **settings: Any) -> faust.App:
    """Return a Faust app as the product makes one."""
    return faust.App(
        app_id,
        broker=f"kafka://{bootstrap}",
        **{
            "Stream": DrainStream,
            "web_enabled": False,
            "topic_disable_leader": True,
            "topic_allow_declare": False,
            "broker_commit_interval": 0.1,
            "broker_session_timeout": 6.0,
            "broker_heartbeat_interval": 1.0,
            "consumer_auto_offset_reset": "earliest",
            "datadir": str(Path(tempfile.gettempdir()) / f"weirhouse-faust-{app_id}"),
            **settings,
        },
    )


def drained_app(bootstrap: str, app_id: str, *, grace_s: float = 1.0, **settings: Any) -> tuple[faust.App, Drain]:
    """Return an app with a drain."""
    app = make_app(bootstrap, app_id, **settings)
    return app, install(app, grace_s=grace_s)


def read_with(engine: str, bootstrap: str, app_id: str, topics: tuple[str, ...], handle: Handle) -> faust.App:
    """Return an app whose one agent calls `handle` for each record: Faust's own way, or in chunks."""
    if engine == "stock":
        app = make_app(bootstrap, app_id, Stream=faust.Stream)

        async def one_by_one(stream: Any) -> None:
            async for event in stream.events():
                message = event.message
                await handle(message.tp, message.offset, message.value)

        app.agent(app.topic(*topics, key_type=bytes, value_type=bytes, value_serializer="raw"), name="reader")(
            one_by_one
        )
        return app
    app, drain = drained_app(bootstrap, app_id)
    drain.intake(*topics)

    async def in_chunks(stream: DrainStream) -> None:
        async for chunk in stream.chunks(max_records=50):
            for record in chunk.records:
                await handle(chunk.tp, record.offset, record.value)
            chunk.done()

    agent(app, "reader", *topics)(in_chunks)
    return app


@asynccontextmanager
async def running(app: faust.App) -> AsyncIterator[faust.App]:
    """Run an app for the duration of a block, and stop it as SIGTERM would."""
    await app.start()
    try:
        yield app
    finally:
        await app.stop()


async def until(met: Callable[[], bool], within_s: float = 15.0) -> None:
    """Wait until a condition holds.

    Raises
    ------
    TimeoutError
        If it does not within the time.
    """
    async with asyncio.timeout(within_s):
        while not met():  # noqa: ASYNC110 (conditions of tests have no event)
            await asyncio.sleep(0.01)
