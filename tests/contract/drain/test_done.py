# SPDX-License-Identifier: Apache-2.0
"""A chunk counts as read when the agent says so, and only then."""

from __future__ import annotations

import asyncio
from typing import Any

import faust
from faust.types import TP

from streams.drain import Chunk, DrainStream, Emitter, Outgoing, agent
from tests.contract.drain.support import Broker, drained_app, fresh, make_app, running, until


async def test_an_exception_loses_nothing(broker: Broker) -> None:
    topic, group = await broker.topic("raise"), fresh("raise")
    await broker.write(topic, [b"%d" % number for number in range(100)])
    app, drain = drained_app(broker.bootstrap, group)
    drain.intake(topic)
    handled: list[int] = []
    failures = 0

    async def reader(stream: DrainStream) -> None:
        nonlocal failures
        async for chunk in stream.chunks(max_records=10):
            if chunk.records[0].offset == 40 and failures < 1:
                failures += 1
                raise ValueError("the fourth chunk is too much")
            handled.extend(record.offset for record in chunk.records)
            chunk.done()

    agent(app, "reader", topic)(reader)
    async with running(app):
        await until(lambda: len(handled) == 100)
    assert failures == 1
    assert handled == list(range(100))
    assert await broker.committed(group) == {TP(topic, 0): 100}


async def test_faust_itself_commits_what_an_agent_failed_on(broker: Broker) -> None:
    # The danger this package is made for. Should Faust ever mend it, this test says so.
    topic, group = await broker.topic("stock-raise"), fresh("stock-raise")
    await broker.write(topic, [b"%d" % number for number in range(10)])
    app = make_app(broker.bootstrap, group, Stream=faust.Stream)
    handled: list[int] = []

    async def reader(stream: Any) -> None:
        async for event in stream.events():
            if event.message.offset == 4:
                raise ValueError("the fifth message is too much")
            handled.append(event.message.offset)

    app.agent(app.topic(topic, value_type=bytes, value_serializer="raw"), name="reader")(reader)
    async with running(app):
        await until(lambda: len(handled) == 9)
    assert 4 not in handled
    assert await broker.committed(group) == {TP(topic, 0): 10}


async def test_no_commit_jumps_an_unfinished_chunk(broker: Broker) -> None:
    topic, group = await broker.topic("jump"), fresh("jump")
    await broker.write(topic, [b"x"] * 50)
    app, drain = drained_app(broker.bootstrap, group, grace_s=0.2)
    drain.intake(topic)
    chunks: list[Chunk] = []

    async def reader(stream: DrainStream) -> None:
        async for chunk in stream.chunks(max_records=10, in_flight=4):
            chunks.append(chunk)

    agent(app, "reader", topic)(reader)
    async with running(app):
        await until(lambda: len(chunks) == 4)
        await asyncio.sleep(0.1)
        assert len(chunks) == 4, "no more than in_flight are out"
        assert chunks[0].done()
        assert chunks[2].done()
        assert chunks[3].done()
        await asyncio.sleep(0.4)
        assert (await broker.committed(group)) == {TP(topic, 0): 10}
        await until(lambda: len(chunks) == 5)
    # The stop waited for its grace, committed the prefix and abandoned the rest.
    assert await broker.committed(group) == {TP(topic, 0): 10}
    assert chunks[4].records[0].offset == 40


async def test_an_emission_that_fails_is_raised_and_the_chunk_comes_again(broker: Broker) -> None:
    topic, group = await broker.topic("again"), fresh("again")
    await broker.write(topic, [b"x"] * 30)
    app, drain = drained_app(broker.bootstrap, group)
    drain.intake(topic)
    handled: list[int] = []
    errors: list[BaseException] = []

    async def reader(stream: DrainStream) -> None:
        try:
            async for chunk in stream.chunks(max_records=10):
                durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                if chunk.records[0].offset == 10 and not errors:
                    durable.set_exception(ConnectionError("the broker went away"))
                else:
                    handled.extend(record.offset for record in chunk.records)
                    durable.set_result(None)
                chunk.done_when(durable)
        except ConnectionError as error:
            errors.append(error)
            raise

    agent(app, "reader", topic)(reader)
    async with running(app):
        await until(lambda: len(set(handled)) == 30)
    assert [type(error) for error in errors] == [ConnectionError]
    assert await broker.committed(group) == {TP(topic, 0): 30}


async def test_forwarded_in_order_and_committed_when_durable(broker: Broker) -> None:
    source, target = await broker.topic("forward"), await broker.topic("forwarded", partitions=2)
    group = fresh("forward")
    await broker.write(source, [b"%d" % number for number in range(2_000)])
    app, drain = drained_app(broker.bootstrap, group)
    drain.intake(source)
    emitter = Emitter(broker.bootstrap, client_id=group)

    async def reader(stream: DrainStream) -> None:
        async for chunk in stream.chunks(max_records=100, in_flight=4):
            outgoing = [Outgoing(b"%d" % (record.offset % 7), record.value) for record in chunk.records]
            chunk.done_when(await emitter.emit(target, outgoing, headers=[("traceparent", b"00-1")]))

    agent(app, "reader", source)(reader)
    await emitter.start()
    try:
        async with running(app):
            await until(lambda: all(part.done == 2_000 for part in drain.progress()) and bool(drain.progress()))
    finally:
        await emitter.stop()
    records = await broker.read(target, 2_000)
    for key in range(7):
        mine = [int(record.value) for record in records if record.key == b"%d" % key]
        assert mine == list(range(key, 2_000, 7))
        assert len({record.partition for record in records if record.key == b"%d" % key}) == 1
    assert all(record.headers == (("traceparent", b"00-1"),) for record in records)
    assert await broker.committed(group) == {TP(source, 0): 2_000}


async def test_a_chunk_of_an_older_generation_is_stale(broker: Broker) -> None:
    topic, group = await broker.topic("stale", partitions=2), fresh("stale")
    await broker.write(topic, [b"x"] * 10, 0)
    await broker.write(topic, [b"x"] * 10, 1)
    first, drain = drained_app(broker.bootstrap, group, grace_s=0.1)
    second, _ = drained_app(broker.bootstrap, group, grace_s=0.1)
    second.drain.intake(topic)  # type: ignore[attr-defined]
    drain.intake(topic)
    held: list[Chunk] = []
    others: list[Chunk] = []

    async def hold(stream: DrainStream) -> None:
        async for chunk in stream.chunks():
            held.append(chunk)

    async def work(stream: DrainStream) -> None:
        async for chunk in stream.chunks():
            others.append(chunk)
            chunk.done()

    agent(first, "reader", topic)(hold)
    agent(second, "reader", topic)(work)
    async with running(first):
        await until(lambda: len(held) == 2)
        async with running(second):
            await until(lambda: len(others) == 1 and len(held) == 3)
            assert held[0].stale
            assert held[1].stale
            assert not held[2].stale
            assert held[2].generation > held[0].generation
            assert held[0].done() is False
            assert held[1].done() is False
            await asyncio.sleep(0.3)
            commits = await broker.committed(group)
            assert commits.get(held[2].tp, 0) == 0
            assert held[2].done() is True
            await asyncio.sleep(0.3)
            assert await broker.committed(group) == {TP(topic, 0): 10, TP(topic, 1): 10}
