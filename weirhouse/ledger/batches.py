# SPDX-License-Identifier: Apache-2.0
"""Outbox rows as Kafka record batches: one a partition and 256 KiB, in the rows' order."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiokafka.errors import KafkaError

from weirhouse.ledger.zoning import partition_of
from weirhouse.wire.topics import HEADER_TRACE


@dataclass(frozen=True, slots=True)
class Row:
    """One outbox row; `created_at` in seconds UTC."""

    id: int
    topic: str
    key: str
    lane: str
    value: bytes | None
    trace: str
    created_at: float


class Producer(Protocol):
    """What the relay asks of aiokafka's producer."""

    async def partitions_for(self, topic: str) -> set[int]: ...

    def create_batch(self) -> Any: ...

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Future[Any]: ...


@dataclass(slots=True)
class _Batch:
    topic: str
    partition: int
    builder: Any
    rows: list[Row] = field(default_factory=list)


async def produce(producer: Producer, rows: Sequence[Row]) -> tuple[list[Row], KafkaError | None]:
    """Send `rows` and wait until they are durable.

    A row counts only when every batch of its partition before it is durable too: what is sent again then keeps its
    order, and the last word of a compacted key stays the last.

    Returns
    -------
    The durable rows, and what went wrong with the others.
    """
    batches, failure = await _fill(producer, rows)
    waits: list[tuple[_Batch, Awaitable[Any] | None]] = []
    for batch in batches:
        batch.builder.close()
        try:
            waits.append((batch, await producer.send_batch(batch.builder, batch.topic, partition=batch.partition)))
        except KafkaError as error:
            failure = error
            waits.append((batch, None))
    done: list[Row] = []
    broken: set[tuple[str, int]] = set()
    for batch, wait in waits:
        place = (batch.topic, batch.partition)
        try:
            if wait is None:
                broken.add(place)
                continue
            await wait
        except KafkaError as error:
            failure = error
            broken.add(place)
            continue
        if place not in broken:
            done += batch.rows
    return done, failure


async def _fill(producer: Producer, rows: Sequence[Row]) -> tuple[list[_Batch], KafkaError | None]:
    open_batches: dict[tuple[str, int], _Batch] = {}
    counts: dict[str, int] = {}
    full: list[_Batch] = []
    failure: KafkaError | None = None
    for row in rows:
        if row.topic not in counts:
            try:
                counts[row.topic] = len(await producer.partitions_for(row.topic))
            except KafkaError as error:
                counts[row.topic] = 0
                failure = error
        if not counts[row.topic]:
            continue
        place = (row.topic, partition_of(row.key, counts[row.topic]))
        batch = open_batches.get(place)
        if batch is None or not _append(batch, row):
            batch = open_batches[place] = _Batch(*place, producer.create_batch())
            full.append(batch)
            _append(batch, row)
    return full, failure


def _append(batch: _Batch, row: Row) -> bool:
    """Put `row` into the batch; False when it is full (the first row of a batch always fits)."""
    headers = [(HEADER_TRACE, row.trace.encode())] if row.trace else []
    stamp = round(row.created_at * 1000)
    placed = batch.builder.append(timestamp=stamp, key=row.key.encode(), value=row.value, headers=headers)
    if placed is None:
        return False
    batch.rows.append(row)
    return True
