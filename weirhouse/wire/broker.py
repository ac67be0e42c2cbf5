# SPDX-License-Identifier: Apache-2.0
"""The broker from outside, by kafka-python: topics made and checked, the cluster's id, ends, dead letters.

Blocking calls, for the command line and for threads; the services' own traffic never goes this way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import kafka
from kafka.admin import ConfigResource, KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from weirhouse.wire.topics import CATALOGUE, Topic

TIMEOUT_MS: Final = 15_000
"""A broker that has not answered within this is away; a rolling restart takes less."""

_log = logging.getLogger(__name__)


class BrokerAway(Exception):
    """The broker does not answer: check WEIRHOUSE_KAFKA_URL and that Kafka runs."""


class TopicsWrong(Exception):
    """Topics on the broker are not as the catalogue says; the message lists them and what to do."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One topic that differs from the catalogue."""

    topic: str
    what: str


@contextmanager
def admin(url: str) -> Iterator[KafkaAdminClient]:
    """Open an admin client on the bootstrap servers `url`.

    Raises
    ------
    BrokerAway
        On entry or inside, when the broker does not answer.
    """
    try:
        client = KafkaAdminClient(
            bootstrap_servers=url.split(","),
            client_id="weirhouse-admin",
            request_timeout_ms=TIMEOUT_MS,
            bootstrap_timeout_ms=TIMEOUT_MS,
        )
    except (KafkaError, OSError) as error:
        raise BrokerAway(
            f"Kafka at {url} does not answer ({error}): start it, or correct WEIRHOUSE_KAFKA_URL"
        ) from error
    try:
        yield client
    except (TopicsWrong, BrokerAway):
        raise
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"Kafka at {url} failed: {error}") from error
    finally:
        client.close()


def cluster_id(url: str) -> str:
    """Return the id that the broker's store was formatted with."""
    with admin(url) as client:
        return str(client.describe_cluster()["cluster_id"])


def settings_of(topic: Topic) -> dict[str, str]:
    """Return the topic's configuration as Kafka names it."""
    out = {"cleanup.policy": "delete"}
    if topic.compacted:
        out["cleanup.policy"] = "compact" if topic.retention_ms < 0 else "compact,delete"
    if topic.retention_ms >= 0 or not topic.compacted:
        out["retention.ms"] = str(topic.retention_ms)
    return out


def partitions_of(topic: Topic, house: int) -> int:
    """Return how many partitions the topic must have when the house has `house`."""
    return topic.partitions or house


def ensure(url: str, namespace: str, partitions: int, replication: int = -1) -> list[str]:
    """Make the topics that are missing and return their names; existing ones are left alone.

    Parameters
    ----------
    partitions
        The house's number of partitions.
    replication
        Copies; -1 takes the broker's default.
    """
    with admin(url) as client:
        there = set(client.list_topics())
        missing = [topic for topic in CATALOGUE if topic.full(namespace) not in there]
        made = []
        for topic in missing:
            new = NewTopic(
                topic.full(namespace),
                num_partitions=partitions_of(topic, partitions),
                replication_factor=replication,
                topic_configs=settings_of(topic),
            )
            # Two workers start at once: whoever is second finds it made.
            try:
                client.create_topics([new], timeout_ms=TIMEOUT_MS)
            except TopicAlreadyExistsError:
                continue
            made.append(new.name)
        if made:
            client.wait_for_topics(made)
        return made


def check(url: str, namespace: str, partitions: int) -> list[Wrong]:
    """Return the topics that are missing or differ in partitions, retention or compaction."""
    with admin(url) as client:
        described = {row["name"]: row for row in client.describe_topics() if not row.get("error_code")}
        wanted = {topic.full(namespace): topic for topic in CATALOGUE}
        wrong = [Wrong(name, "missing") for name in wanted if name not in described]
        there = [name for name in wanted if name in described]
        for name in there:
            count, must = len(described[name]["partitions"]), partitions_of(wanted[name], partitions)
            if count != must:
                wrong.append(Wrong(name, f"has {count} partitions, must have {must}"))
        for name, found in _configs(client, there).items():
            for key, value in settings_of(wanted[name]).items():
                if found.get(key) != value:
                    wrong.append(Wrong(name, f"{key} is {found.get(key)}, must be {value}"))
        return wrong


def _configs(client: KafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    asked = [ConfigResource("TOPIC", name) for name in names]
    answer: dict[str, Any] = client.describe_configs(asked, config_filter="all")
    rows = answer.get("TOPIC", answer.get("topic", answer))
    return {name: {key: _value(entry) for key, entry in dict(rows.get(name, {})).items()} for name in names}


def _value(entry: Any) -> str:
    return str(entry["value"] if isinstance(entry, dict) else entry)


def refuse_wrong(wrong: Iterable[Wrong]) -> None:
    """Raise with one sentence if anything is wrong.

    Raises
    ------
    TopicsWrong
        Naming every topic that differs.
    """
    lines = [f"{row.topic} {row.what}" for row in wrong]
    if lines:
        raise TopicsWrong(
            f"topics differ from the catalogue: {'; '.join(lines)}. Run `weirhouse topics` to see and mend."
        )


def ends(url: str, names: Iterable[str]) -> dict[tuple[str, int], int]:
    """Return the end offset of every partition of the topics that exist."""
    consumer = kafka.KafkaConsumer(
        bootstrap_servers=url.split(","), request_timeout_ms=TIMEOUT_MS, enable_auto_commit=False
    )
    try:
        parts = [
            kafka.TopicPartition(name, number)
            for name in names
            for number in (consumer.partitions_for_topic(name) or ())
        ]
        return {(tp.topic, tp.partition): int(end) for tp, end in consumer.end_offsets(parts).items()}
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"Kafka at {url} failed: {error}") from error
    finally:
        consumer.close()
