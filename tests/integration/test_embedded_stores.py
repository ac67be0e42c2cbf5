# SPDX-License-Identifier: Apache-2.0
"""Do the embedded Kafka and PostgreSQL work, and survive what is done to them?"""

from __future__ import annotations

import stat
from pathlib import Path

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.support.services import FreeHouse, Kafka, Postgres
from weirhouse.embedded.folders import read_json
from weirhouse.embedded.ports import is_free
from weirhouse.embedded.probes import kafka_cluster


async def _make_topic(bootstrap: str, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def _produce(bootstrap: str, topic: str, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def _consume(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        return [(await consumer.getone()).value or b"" for _ in range(count)]
    finally:
        await consumer.stop()


async def test_kafka_carries_messages(kafka: Kafka) -> None:
    await _make_topic(kafka.bootstrap, "carried")
    await _produce(kafka.bootstrap, "carried", [b"one", b"two"])
    assert await _consume(kafka.bootstrap, "carried", 2) == [b"one", b"two"]


def test_kafka_tells_its_cluster_id(kafka: Kafka) -> None:
    port = int(kafka.bootstrap.rpartition(":")[2])
    assert kafka_cluster(port) == kafka.cluster_id
    assert len(kafka.cluster_id) == 22


def test_every_database_is_fresh(database: str, postgres: Postgres) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
        connection.execute("CREATE TABLE mark (n int)")
    other = postgres.create()
    with psycopg.connect(postgres.address(other)) as connection:
        assert connection.execute("SELECT to_regclass('mark')").fetchone() == (None,)
    postgres.drop(other)


def test_a_template_is_built_once_and_copied(postgres: Postgres) -> None:
    built = []

    def build(address: str) -> None:
        built.append(address)
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")

    for _ in range(2):
        name = postgres.create(postgres.template("with_kept", build))
        with psycopg.connect(postgres.address(name)) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
        postgres.drop(name)
    assert len(built) == 1


def test_postgres_wants_the_password(postgres: Postgres) -> None:
    wrong = postgres.dsn.replace(":", ":x", 2).replace(":x//", "://", 1)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


async def test_kill_minus_nine_loses_nothing_and_keeps_the_ports(free_house: FreeHouse) -> None:
    house = free_house()
    await _make_topic(house.kafka_url, "kept")
    await _produce(house.kafka_url, "kept", [b"before"])
    with psycopg.connect(house.postgres_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    for name in ("kafka", "postgres"):
        house.process(name).kill()
        assert house.process(name).pid is None
        house.process(name).restart()
    await _produce(house.kafka_url, "kept", [b"after"])
    assert await _consume(house.kafka_url, "kept", 2) == [b"before", b"after"]
    with psycopg.connect(house.postgres_url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)


async def test_a_second_start_keeps_yesterdays_data(free_house: FreeHouse, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    first = free_house(state_dir=folder)
    await _make_topic(first.kafka_url, "yesterday")
    await _produce(first.kafka_url, "yesterday", [b"said"])
    with psycopg.connect(first.postgres_url) as connection:
        connection.execute("CREATE TABLE yesterday AS SELECT 1 AS n")
    first.stop()
    ports = {name: fact["port"] for name, fact in read_json(folder / "state.json").items() if "port" in fact}
    assert all(is_free(port) for port in ports.values())

    second = free_house(state_dir=folder)
    assert (second.kafka_url, second.postgres_url, second.cluster_id) == (
        first.kafka_url,
        first.postgres_url,
        first.cluster_id,
    )
    assert await _consume(second.kafka_url, "yesterday", 1) == [b"said"]
    with psycopg.connect(second.postgres_url) as connection:
        assert connection.execute("SELECT n FROM yesterday").fetchone() == (1,)


def test_the_state_folder_is_nobody_elses(free_house: FreeHouse, tmp_path: Path) -> None:
    folder = tmp_path / "private"
    house = free_house(state_dir=folder, kafka_url="127.0.0.1:1")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "postgres" / "password").stat().st_mode) == 0o600
    assert house.postgres_url.split(":")[2].split("@")[0] not in (folder / "state.json").read_text(encoding="utf-8")


def test_given_services_start_nothing(free_house: FreeHouse) -> None:
    house = free_house(kafka_url="broker:9092", postgres_url="postgresql://u:p@db/x")
    assert house.kafka_url == "broker:9092"
    assert house.postgres_url == "postgresql://u:p@db/x"
    assert dict(house.processes) == {}
