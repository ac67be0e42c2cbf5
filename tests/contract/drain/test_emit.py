# SPDX-License-Identifier: Apache-2.0
"""What an emission promises: whole, in order, in Kafka's own partition, durable when it says so."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiokafka.errors import MessageSizeTooLargeError

from streams.drain import Emitter, Outgoing, partition_of
from tests.contract.drain.support import Broker, fresh


@pytest_asyncio.fixture
async def emitter(broker: Broker) -> AsyncIterator[Emitter]:
    """An emitter whose batches are small."""
    emitter = Emitter(broker.bootstrap, client_id=fresh("emitter"), max_batch_bytes=4_096, in_flight=3)
    await emitter.start()
    yield emitter
    await emitter.stop()


async def test_a_batch_that_is_full_is_split_in_order(broker: Broker, emitter: Emitter) -> None:
    topic = await broker.topic("split")
    deliveries = [
        await emitter.emit(topic, [Outgoing(b"k", b"%d" % (100 * turn + i) + b" " * 90) for i in range(100)])
        for turn in range(10)
    ]
    for durable in deliveries:
        await durable
    records = await broker.read(topic, 1_000)
    assert [int(record.value) for record in records] == list(range(1_000))


# Kafka's Java client, Utils.toPositive(Utils.murmur2(key)) % 12, of its own test vectors.
@pytest.mark.parametrize(
    ("key", "murmur2"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_a_key_goes_where_the_java_client_puts_it(key: bytes, murmur2: int) -> None:
    assert partition_of(key, 12) == (murmur2 & 0x7FFFFFFF) % 12


async def test_headers_timestamps_tombstones_and_no_key(broker: Broker, emitter: Emitter) -> None:
    topic = await broker.topic("shapes", 3)
    messages = [
        Outgoing(b"k", None),
        Outgoing(None, b"anywhere"),
        Outgoing(b"k", b"own", headers=[("a", b"1")], timestamp_ms=1_750_000_000_000, partition=2),
    ]
    await (await emitter.emit(topic, messages, headers=[("trace", b"t")]))
    records = {record.value: record for record in await broker.read(topic, 3)}
    assert records[None].headers == (("trace", b"t"),)
    assert records[b"anywhere"].key is None
    assert records[b"own"].headers == (("a", b"1"),)
    assert (records[b"own"].partition, records[b"own"].timestamp) == (2, 1_750_000_000_000)


async def test_a_record_that_fits_no_batch_is_refused_before_anything_is_sent(broker: Broker, emitter: Emitter) -> None:
    topic = await broker.topic("large")
    with pytest.raises(MessageSizeTooLargeError):
        await emitter.emit(topic, [Outgoing(b"k", b"small"), Outgoing(b"k", b"x" * 5_000)])
    await (await emitter.emit(topic, [Outgoing(b"k", b"next")]))
    assert [record.value for record in await broker.read(topic, 1)] == [b"next"]


async def test_nothing_to_emit_is_durable_at_once(emitter: Emitter, broker: Broker) -> None:
    topic = await broker.topic("nothing")
    await (await emitter.emit(topic, []))
