# SPDX-License-Identifier: Apache-2.0
"""Dead letters from outside (`weirhouse dead-letters list|show|redrive`): read, and produce again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import kafka
import msgspec
from kafka.errors import KafkaError

from weirhouse.wire import deadletters
from weirhouse.wire.broker import TIMEOUT_MS, BrokerAway
from weirhouse.wire.deadletters import DeadLetter
from weirhouse.wire.topics import DEAD_LETTERS


class NoSuchLetter(Exception):
    """No dead letter stands under this origin; `weirhouse dead-letters list` shows those that do."""


def standing(url: str, namespace: str = "") -> dict[str, DeadLetter]:
    """Return every letter that was not redriven, by origin, oldest first.

    Raises
    ------
    BrokerAway
        The broker does not answer.
    """
    letters: dict[str, DeadLetter] = {}
    for origin, value in _records(url, DEAD_LETTERS.full(namespace)):
        if value is None:
            letters.pop(origin, None)
            continue
        try:
            letters[origin] = deadletters.decode(value)
        except (msgspec.ValidationError, msgspec.DecodeError):
            continue
    return dict(sorted(letters.items(), key=lambda item: item[1].at))


def letter(url: str, origin: str, namespace: str = "") -> DeadLetter:
    """Return one letter.

    Raises
    ------
    NoSuchLetter
        If none stands under `origin`.
    """
    found = standing(url, namespace).get(origin)
    if found is None:
        raise NoSuchLetter(f"no dead letter {origin}; `weirhouse dead-letters list` shows those that stand")
    return found


def redrive(url: str, letters: Sequence[DeadLetter], namespace: str = "") -> int:
    """Produce the original bytes again to their topic, then strike the letters out; return how many.

    A crash between the two leaves the letter standing: it may be redriven twice, which the report's id
    or the source's episode makes harmless.
    """
    producer = kafka.KafkaProducer(bootstrap_servers=url.split(","), acks="all", request_timeout_ms=TIMEOUT_MS)
    try:
        sent = []
        for dead in letters:
            headers = [*dead.headers, (deadletters.HEADER_REDRIVEN, dead.origin.encode())]
            sent.append(
                producer.send(dead.topic, key=dead.key, value=dead.value, partition=dead.partition, headers=headers)
            )
        for future in sent:
            future.get(timeout=TIMEOUT_MS / 1000)
        struck = [producer.send(DEAD_LETTERS.full(namespace), key=dead.origin.encode()) for dead in letters]
        for future in struck:
            future.get(timeout=TIMEOUT_MS / 1000)
        return len(letters)
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"Kafka at {url} failed: {error}") from error
    finally:
        producer.close()


def _records(url: str, topic: str) -> Iterator[tuple[str, bytes | None]]:
    try:
        consumer = kafka.KafkaConsumer(
            bootstrap_servers=url.split(","), request_timeout_ms=TIMEOUT_MS, enable_auto_commit=False
        )
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"Kafka at {url} does not answer: {error}") from error
    try:
        parts = [kafka.TopicPartition(topic, number) for number in (consumer.partitions_for_topic(topic) or ())]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        goal = consumer.end_offsets(parts) if parts else {}
        while any(consumer.position(tp) < end for tp, end in goal.items()):
            for records in consumer.poll(timeout_ms=500).values():
                for record in records:
                    yield (record.key or b"").decode(errors="replace"), record.value
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"Kafka at {url} failed: {error}") from error
    finally:
        consumer.close()
