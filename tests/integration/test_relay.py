# SPDX-License-Identifier: Apache-2.0
"""Does the outbox reach the real Kafka in order, at least once, and only the Kafka it belongs to?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from pydantic import SecretStr

from tests.support.services import Kafka
from weirhouse.clock import system_clock
from weirhouse.domain.ids import report_id
from weirhouse.domain.report import Lane, Report
from weirhouse.ledger.broker import BrokerExchanged
from weirhouse.ledger.days import keep_days
from weirhouse.ledger.leading import run_relay
from weirhouse.ledger.lease import Lease, LeaseLost
from weirhouse.ledger.migrate import migrate
from weirhouse.ledger.ports import Accept
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.ledger.reconcile import reconcile
from weirhouse.ledger.relay import KafkaAway, Relay
from weirhouse.ledger.reseed import reseed
from weirhouse.ledger.zoning import partition_of
from weirhouse.settings import Settings
from weirhouse.wire.envelope import REPORT

PUT = b"insert into outbox (topic, key, lane, value, trace, created_at) values (%s, %s, %s, %s, '00-trace', now())"
Read = list[tuple[str, str]]


@pytest.fixture
async def ledger(database: str) -> AsyncIterator[PostgresLedger]:
    """A migrated ledger."""
    await migrate(database)
    async with PostgresLedger(database) as opened:
        yield opened


@pytest.fixture
def namespace(kafka: Kafka) -> str:
    """A namespace with topics of its own on the session's broker, two partitions each."""
    name = f"t{uuid4().hex[:8]}"
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    topics = ("reports.life", "reports.ordinary", "incidents")
    admin.create_topics([NewTopic(f"{name}.{topic}", 2, 1) for topic in topics])
    admin.close()
    return name


@pytest.fixture
async def producer(kafka: Kafka) -> AsyncIterator[AIOKafkaProducer]:
    """A producer as the relay has one."""
    made = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, enable_idempotence=True, acks="all")
    await made.start()
    yield made
    await made.stop()


async def read(kafka: Kafka, topic: str, count: int) -> list[tuple[int, str, bytes]]:
    """Return (partition, key, value) of the first `count` records of a topic."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found: list[tuple[int, str, bytes]] = []
        async with asyncio.timeout(20):
            while len(found) < count:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [(r.partition, (r.key or b"").decode(), r.value or b"") for r in records]
        return found
    finally:
        await consumer.stop()


def relay(ledger: PostgresLedger, producer: AIOKafkaProducer) -> Relay:
    """Return a relay that does not lead yet."""
    return Relay(ledger.database, Lease(ledger.database, "relay"), producer)


async def test_life_first_a_key_in_its_order_and_gone_when_durable(
    ledger: PostgresLedger, kafka: Kafka, namespace: str, producer: AIOKafkaProducer
) -> None:
    topic = f"{namespace}.incidents"
    for key, lane, value in (
        ("a", "ordinary", b"1"),
        ("b", "ordinary", b"2"),
        ("b", "life", b"3"),
        ("c", "life", b"4"),
    ):
        await ledger.database.rows(PUT, (topic, key, lane, value))
    leader = relay(ledger, producer)
    assert await leader.lease.take()
    sent = await leader.step(limit=10)
    assert [row.value for row in await leader.step()] == []
    assert {row.value for row in sent} == {b"1", b"2", b"3", b"4"}
    assert await leader.waiting() == (0, 0)
    found = await read(kafka, topic, 4)
    assert {(partition, key) for partition, key, _ in found} == {(partition_of(k, 2), k) for k in "abc"}
    assert [value for _, key, value in found if key == "b"] == [b"2", b"3"]


async def test_life_takes_its_keys_history_with_it(
    ledger: PostgresLedger, namespace: str, producer: AIOKafkaProducer
) -> None:
    topic = f"{namespace}.incidents"
    for n in range(5):
        await ledger.database.rows(PUT, (topic, f"x{n}", "ordinary", b"x"))
    await ledger.database.rows(PUT, (topic, "k", "ordinary", b"1"))
    await ledger.database.rows(PUT, (topic, "k", "life", b"2"))
    leader = relay(ledger, producer)
    await leader.lease.take()
    assert {row.key for row in await leader.step(limit=2)} == {"k"}
    assert await leader.waiting() == (0, 5)


async def test_rows_stay_while_kafka_is_away(
    ledger: PostgresLedger, namespace: str, producer: AIOKafkaProducer
) -> None:
    await ledger.database.rows(PUT, (f"{namespace}.incidents", "a", "ordinary", b"1"))
    leader = relay(ledger, producer)
    await leader.lease.take()
    assert len(await leader.step()) == 1
    await producer.stop()
    await ledger.database.rows(PUT, (f"{namespace}.incidents", "a", "ordinary", b"2"))
    with pytest.raises(KafkaAway):
        await leader.step()
    assert await leader.waiting() == (0, 1)


async def test_a_leader_that_lost_its_lease_deletes_nothing(
    ledger: PostgresLedger, namespace: str, producer: AIOKafkaProducer
) -> None:
    await ledger.database.rows(PUT, (f"{namespace}.incidents", "a", "ordinary", b"1"))
    old = Relay(ledger.database, Lease(ledger.database, "relay", seconds=0.1), producer)
    await old.lease.take()
    await asyncio.sleep(0.2)
    new = relay(ledger, producer)
    assert await new.lease.take()
    with pytest.raises(LeaseLost):
        await old.step()
    assert await new.waiting() == (0, 1)
    assert len(await new.step()) == 1


def settings(database: str, kafka: Kafka) -> Settings:
    """Return the settings of a relay process."""
    return Settings.model_validate({"postgres_url": SecretStr(database), "kafka_url": kafka.bootstrap})


def accept(key: str, namespace: str) -> Accept:
    """Return a report that a door hands over."""
    one = Report(
        id=report_id("app", key),
        source="app",
        key=key,
        channel="app",
        zone="north",
        lane=Lane.ORDINARY,
        type="noise",
        event_time=1.0,
        received_at=2.0,
    )
    return Accept(report=one, body_sha256=b"s" * 32, topic=f"{namespace}.reports.ordinary")


async def test_the_process_relays_what_doors_accept_and_stops(
    ledger: PostgresLedger, database: str, kafka: Kafka, namespace: str
) -> None:
    stop, ready = asyncio.Event(), asyncio.Event()
    process = asyncio.create_task(run_relay(settings(database, kafka), stop, ready=ready))
    await asyncio.wait_for(ready.wait(), 20)
    await ledger.doors.accept([accept(f"{n}", namespace) for n in range(500)])
    found = await read(kafka, f"{namespace}.reports.ordinary", 500)
    assert {REPORT.decode(value).key for _, _, value in found} == {f"{n}" for n in range(500)}
    stop.set()
    await asyncio.wait_for(process, 20)
    assert await ledger.broker.known() == kafka.cluster_id
    rows = await ledger.database.rows(b"select count(*) from leases where expires_at > clock_timestamp()")
    assert rows == [(0,)]


async def test_another_broker_stops_the_relay_with_one_sentence(
    ledger: PostgresLedger, database: str, kafka: Kafka, namespace: str
) -> None:
    await ledger.broker.adopt("the-old-one")
    await ledger.doors.accept([accept("1", namespace), accept("2", namespace)])
    with pytest.raises(BrokerExchanged, match="weirhouse reseed"):
        await asyncio.wait_for(run_relay(settings(database, kafka), asyncio.Event()), 30)
    await ledger.database.rows(b"delete from outbox")
    before = await reconcile(ledger.database, drained=True)
    assert (before.accepted, before.in_flight, len(before.lost), before.holds) == (2, 2, 2, False)
    assert await reseed(ledger.database, kafka.cluster_id, f"{namespace}.") == 2
    assert await reseed(ledger.database, kafka.cluster_id, f"{namespace}.") == 0
    stop = asyncio.Event()
    process = asyncio.create_task(run_relay(settings(database, kafka), stop))
    assert len(await read(kafka, f"{namespace}.reports.ordinary", 2)) == 2
    stop.set()
    await asyncio.wait_for(process, 20)


async def test_days_are_made_ahead_and_a_missed_one_harms_nobody(ledger: PostgresLedger) -> None:
    now = system_clock()
    await ledger.database.rows(
        b"insert into reports (report_id, received_at, source, zone, lane, type, event_time, body)"
        b" values (gen_random_uuid(), %s, 's', 'z', 'life', 't', now(), '{}')",
        (now,),
    )
    made = await keep_days(ledger.database, now)
    assert len(made) == 3
    assert await keep_days(ledger.database, now) == []
