# SPDX-License-Identifier: Apache-2.0
"""What Faust promises, kept by Faust's own way and by chunks alike."""

from __future__ import annotations

import pytest
from faust.types import TP

from tests.contract.drain.support import Broker, fresh, read_with, running, until

pytestmark = pytest.mark.parametrize("engine", ["stock", "drain"])


async def test_order_within_each_partition(engine: str, broker: Broker) -> None:
    topic = await broker.topic("order", partitions=3)
    for partition in range(3):
        await broker.write(topic, (b"%d" % number for number in range(300)), partition)
    seen: dict[TP, list[int]] = {}

    async def handle(tp: TP, offset: int, value: bytes | None) -> None:
        assert value == b"%d" % offset
        seen.setdefault(tp, []).append(offset)

    async with running(read_with(engine, broker.bootstrap, fresh("order"), (topic,), handle)):
        await until(lambda: sum(map(len, seen.values())) >= 900)
    assert all(offsets == list(range(300)) for offsets in seen.values())
    assert len(seen) == 3


async def test_a_stop_commits_what_was_read_and_a_start_goes_on_from_there(engine: str, broker: Broker) -> None:
    topic = await broker.topic("stop")
    group = fresh("stop")
    first: list[int] = []
    second: list[int] = []

    async def handle(_: TP, offset: int, __: bytes | None) -> None:
        first.append(offset)

    async def handle_again(_: TP, offset: int, __: bytes | None) -> None:
        second.append(offset)

    await broker.write(topic, [b"x"] * 120)
    async with running(read_with(engine, broker.bootstrap, group, (topic,), handle)):
        await until(lambda: len(first) == 120)
    assert await broker.committed(group) == {TP(topic, 0): 120}
    await broker.write(topic, [b"y"] * 30)
    async with running(read_with(engine, broker.bootstrap, group, (topic,), handle_again)):
        await until(lambda: len(second) >= 30)
    assert second == list(range(120, 150))


async def test_an_empty_topic_beside_a_full_one(engine: str, broker: Broker) -> None:
    empty, full = await broker.topic("empty", partitions=2), await broker.topic("full")
    seen: list[TP] = []

    async def handle(tp: TP, _: int, __: bytes | None) -> None:
        seen.append(tp)

    async with running(read_with(engine, broker.bootstrap, fresh("empty"), (empty, full), handle)):
        await broker.write(full, [b"x"] * 10)
        await until(lambda: len(seen) == 10)
        await broker.write(empty, [b"late"], partition=1)
        await until(lambda: len(seen) == 11)
    assert seen[-1] == TP(empty, 1)


async def test_poison_and_tombstones_pass_through_as_bytes(engine: str, broker: Broker) -> None:
    topic = await broker.topic("poison")
    values = [b"\xff\xfe not utf-8", b"", None, b"{", b"\x00" * 1_000, b"good"]
    seen: list[bytes | None] = []

    async def handle(_: TP, __: int, value: bytes | None) -> None:
        seen.append(value)

    await broker.write(topic, values)
    async with running(read_with(engine, broker.bootstrap, fresh("poison"), (topic,), handle)):
        await until(lambda: len(seen) == len(values))
    assert seen == values


async def test_gaps_left_by_compaction(engine: str, broker: Broker, compacted: str) -> None:
    topic, group = compacted, fresh("gaps")
    seen: list[int] = []

    async def handle(_: TP, offset: int, __: bytes | None) -> None:
        seen.append(offset)

    async with running(read_with(engine, broker.bootstrap, group, (topic,), handle)):
        await until(lambda: 80 in seen)
    assert seen == sorted(set(seen))
    assert len(seen) < 70
    assert (await broker.committed(group))[TP(topic, 0)] == 81


async def test_markers_of_transactions_count_as_read(engine: str, broker: Broker) -> None:
    topic = await broker.topic("markers")
    group = fresh("markers")
    seen: list[bytes | None] = []

    async def handle(_: TP, __: int, value: bytes | None) -> None:
        seen.append(value)

    async with broker.producer(transactional_id=fresh("writer")) as producer:
        for value in (b"one", b"two"):
            async with producer.transaction():
                await producer.send_and_wait(topic, value, partition=0)
    async with running(read_with(engine, broker.bootstrap, group, (topic,), handle)):
        await until(lambda: len(seen) == 2)
    # Offset 1 is the first transaction's marker; the chunked read also steps over the last one, at offset 3.
    assert (await broker.committed(group))[TP(topic, 0)] == (4 if engine == "drain" else 3)
