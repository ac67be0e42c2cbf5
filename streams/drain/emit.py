# SPDX-License-Identifier: Apache-2.0
"""A chunk's output as one record batch a partition, and a future that says when all of it is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.partitioner import murmur2

Headers = Sequence[tuple[str, bytes]]

RECORD_OVERHEAD_BYTES = 128
"""More than what the record format (v2) and a batch's own header add to key, value and headers."""


class Outgoing(NamedTuple):
    """One record to write.

    Attributes
    ----------
    key
        Chooses the partition, as Kafka's default partitioner does; records without one go to any.
    value
        None writes a tombstone.
    headers
        Own headers; without any the emission's.
    timestamp_ms
        Milliseconds since 1970; None for the moment of writing.
    partition
        Overrides the key.
    """

    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp_ms: int | None = None
    partition: int | None = None


@lru_cache(maxsize=65_536)
def _hash(key: bytes) -> int:
    """Murmur2 as Kafka's Java client has it; cached, for it is pure Python and keys are few (zones)."""
    return cast("int", murmur2(key)) & 0x7FFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition that Kafka's default partitioner gives `key`."""
    return _hash(key) % partitions


class Emitter:
    """Writes whole batches with an idempotent producer of its own, in order, several at once.

    Parameters
    ----------
    bootstrap
        Broker addresses, `host:port`, separated by commas.
    client_id
        Shown in the broker's logs and metrics.
    in_flight
        Emissions under way at once; `emit` waits for a free place.
    max_batch_bytes
        A batch that would grow beyond this is sent and the next one begun.
    request_timeout_s
        After this long without the brokers' word an emission fails. It may be durable all the same: emit it again,
        readers expect repeats.
    compression
        None, `lz4`, `zstd`, `gzip` or `snappy`.
    security
        Further settings of `AIOKafkaProducer` (`security_protocol`, `ssl_context`, `sasl_…`).
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        client_id: str,
        in_flight: int = 4,
        max_batch_bytes: int = 512 * 1024,
        request_timeout_s: float = 30.0,
        compression: str | None = None,
        **security: Any,
    ) -> None:
        self._settings: dict[str, Any] = {
            "bootstrap_servers": bootstrap,
            "client_id": client_id,
            "enable_idempotence": True,
            "acks": "all",
            "linger_ms": 0,
            "max_batch_size": max_batch_bytes,
            "max_request_size": 2 * max_batch_bytes,
            "request_timeout_ms": int(request_timeout_s * 1000),
            "compression_type": compression,
            **security,
        }
        self._max_record_bytes = max_batch_bytes
        self._free = asyncio.Semaphore(in_flight)
        self._order = asyncio.Lock()
        self._turn = 0
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect.

        Raises
        ------
        aiokafka.errors.KafkaConnectionError
            If no broker answers.
        """
        producer = AIOKafkaProducer(**self._settings)
        await producer.start()
        self._producer = producer

    async def stop(self) -> None:
        """Send what is under way, then disconnect."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def emit(self, topic: str, messages: Iterable[Outgoing], headers: Headers = ()) -> asyncio.Future[None]:
        """Hand `messages` to the producer; return a future that completes when all are durable (acks=all).

        Records of one partition keep their order, within an emission and from one to the next.

        Raises
        ------
        aiokafka.errors.MessageSizeTooLargeError
            If a record fits no batch; then nothing was sent.
        aiokafka.errors.KafkaError
            If the broker cannot be reached; part may have been sent. The future fails with the same errors.
        """
        if self._producer is None:
            raise RuntimeError("the emitter is not started")
        async with self._order:
            await self._free.acquire()
            durable: asyncio.Future[None] | None = None
            try:
                durable = asyncio.ensure_future(_all(await self._send(self._producer, topic, messages, headers)))
            finally:
                # The place in flight is given back when all is durable, or at once when nothing left.
                if durable is None:
                    self._free.release()
        durable.add_done_callback(lambda _: self._free.release())
        return durable

    async def _send(
        self, producer: Any, topic: str, messages: Iterable[Outgoing], headers: Headers
    ) -> list[asyncio.Future[Any]]:
        partitions = len(await producer.partitions_for(topic))
        shared = list(headers)  # aiokafka's builder in C takes nothing but a list
        self._turn += 1
        batches: dict[int, list[Any]] = {}
        limit = self._max_record_bytes
        for key, value, own, timestamp, partition in messages:
            if len(key or b"") + len(value or b"") + RECORD_OVERHEAD_BYTES > limit:
                raise MessageSizeTooLargeError(f"a record for {topic} exceeds {limit} bytes")
            if partition is None:
                partition = self._turn % partitions if key is None else _hash(key) % partitions
            queue = batches.get(partition)
            if queue is None:
                queue = batches[partition] = [producer.create_batch()]
            carried = list(own) if own else shared
            if queue[-1].append(timestamp=timestamp, key=key, value=value, headers=carried) is None:
                queue.append(producer.create_batch())
                queue[-1].append(timestamp=timestamp, key=key, value=value, headers=carried)
        sent: list[asyncio.Future[Any]] = []
        for partition, queue in batches.items():
            for batch in queue:
                batch.close()
                sent.append(await producer.send_batch(batch, topic, partition=partition))
        return sent


async def _all(sent: list[asyncio.Future[Any]]) -> None:
    """Wait for every batch, then raise the first failure, so that nothing is still under way when it is seen."""
    if not sent:
        return
    results = await asyncio.gather(*sent, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
