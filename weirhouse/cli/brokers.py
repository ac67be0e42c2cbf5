# SPDX-License-Identifier: Apache-2.0
"""What commands ask of Kafka beyond the catalogue: lag of every group and topic, and a namespace's end."""

from __future__ import annotations

from dataclasses import dataclass

from weirhouse.wire import broker
from weirhouse.wire.topics import CATALOGUE, FOLD_INPUTS


@dataclass(frozen=True)
class Lag:
    """How far one group is behind on one topic, in messages, all partitions together."""

    group: str
    topic: str
    messages: int


def lags(url: str, namespace: str) -> list[Lag]:
    """Return the lag of every group that committed offsets on our topics.

    A group that has read nothing of a topic does not show; commits lag behind work by a few seconds.

    Raises
    ------
    BrokerAway
    """
    ours = {topic.full(namespace) for topic in CATALOGUE}
    ends = broker.ends(url, ours)
    found: list[Lag] = []
    with broker.admin(url) as client:
        groups = sorted(row["group_id"] for row in client.list_groups())
        for group in groups:
            behind: dict[str, int] = {}
            for part, committed in client.list_group_offsets(group).get(group, {}).items():
                if part.topic in ours and committed.offset >= 0:
                    left = max(0, ends.get((part.topic, part.partition), 0) - committed.offset)
                    behind[part.topic] = behind.get(part.topic, 0) + left
            found += [Lag(group, topic, left) for topic, left in sorted(behind.items())]
    return found


def unread(url: str, namespace: str) -> int:
    """Return how many readings no group has committed yet: the devices' part of what is in flight."""
    inputs = {topic.full(namespace) for topic in FOLD_INPUTS}
    ends = broker.ends(url, inputs)
    done: dict[tuple[str, int], int] = {}
    with broker.admin(url) as client:
        for row in client.list_groups():
            group = row["group_id"]
            for part, committed in client.list_group_offsets(group).get(group, {}).items():
                if part.topic in inputs:
                    key = (part.topic, part.partition)
                    done[key] = max(done.get(key, 0), committed.offset)
    return sum(max(0, end - done.get(key, 0)) for key, end in ends.items())


def remove(url: str, namespace: str) -> None:
    """Delete the topics of a namespace that is done with; the live house's are never touched from here.

    Raises
    ------
    ValueError
        The namespace is the live house.
    """
    if not namespace:
        raise ValueError("the live house's topics are not deleted by a command")
    with broker.admin(url) as client:
        there = [name for name in client.list_topics() if name.startswith(f"{namespace}.")]
        if there:
            client.delete_topics(there)
