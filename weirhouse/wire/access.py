# SPDX-License-Identifier: Apache-2.0
"""Kafka's access lists, made from the catalogue of topics: who may write what, and who may read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from weirhouse.wire.topics import (
    CATALOGUE,
    CORRELATE_INPUTS,
    DEAD_LETTERS,
    FOLD_INPUTS,
    FOLD_STATE,
    READINGS_LIFE,
    Topic,
)

Operation = Literal["Write", "Read", "Describe", "Create", "Alter", "DescribeConfigs"]

API: Final = "weirhouse-api"
RELAY: Final = "weirhouse-relay"
WORKER: Final = "weirhouse-streams"
DEVICES: Final = "weirhouse-devices"
DEVICES_LIFE: Final = "weirhouse-devices-life"
"""Devices whose readings are life-safety: no other may write that lane."""
PEOPLE: Final = "weirhouse-admin"
"""Whoever runs `weirhouse topics --make`, `dead-letters` and `reseed`."""

# A report that the ledger keeps goes to Kafka through the outbox, so the relay writes the doors' topics too.
_WRITERS: Final[dict[str, tuple[str, ...]]] = {
    "door": (API, RELAY),
    "device": (DEVICES,),
    "fold": (WORKER,),
    "correlate": (WORKER,),
    "guard": (WORKER,),
    "relay": (RELAY,),
}

CONSUMER_GROUP: Final = "weirhouse-streams"
"""The worker's group; in a namespace with its prefix. A test compares it with the Faust app's name."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a principal may do to one topic or group."""

    principal: str
    operations: tuple[Operation, ...]
    sort: Literal["topic", "group", "cluster"]
    name: str = ""

    def line(self) -> str:
        """Return the rule as arguments of Kafka's own `kafka-acls.sh`."""
        operations = " ".join(f"--operation {operation}" for operation in self.operations)
        resource = "--cluster" if self.sort == "cluster" else f"--{self.sort} {self.name}"
        return f"--add --allow-principal User:{self.principal} {operations} {resource}"


def writers(topic: Topic) -> tuple[str, ...]:
    """Return the principals that may write a topic."""
    return (DEVICES_LIFE,) if topic is READINGS_LIFE else _WRITERS[topic.writer]


def rules(namespace: str = "") -> list[Rule]:
    """Return every rule that the house needs; whatever is not here is refused by a broker that denies by default."""
    prefix = f"{namespace}." if namespace else ""
    out = [
        Rule(principal, ("Write", "Describe"), "topic", topic.full(namespace))
        for topic in CATALOGUE
        for principal in writers(topic)
    ]
    read = (*FOLD_INPUTS, *CORRELATE_INPUTS, FOLD_STATE)
    out += [Rule(WORKER, ("Read", "Describe"), "topic", topic.full(namespace)) for topic in read]
    out.append(Rule(WORKER, ("Read", "Describe"), "group", f"{prefix}{CONSUMER_GROUP}"))
    # The worker makes what is missing and refuses what differs; the relay and the commands ask who the broker is.
    out += [Rule(principal, ("Describe",), "cluster") for principal in (WORKER, RELAY)]
    out += [Rule(WORKER, ("Create", "DescribeConfigs"), "topic", topic.full(namespace)) for topic in CATALOGUE]
    out.append(Rule(PEOPLE, ("Describe", "Create"), "cluster"))
    out += [
        Rule(PEOPLE, ("Create", "Describe", "DescribeConfigs", "Alter"), "topic", topic.full(namespace))
        for topic in CATALOGUE
    ]
    # Redriving reads the letters, and writes each back to where it came from.
    out.append(Rule(PEOPLE, ("Read",), "topic", DEAD_LETTERS.full(namespace)))
    targets = (*FOLD_INPUTS, *CORRELATE_INPUTS, DEAD_LETTERS)
    out += [Rule(PEOPLE, ("Write",), "topic", topic.full(namespace)) for topic in targets]
    out.append(Rule(PEOPLE, ("Describe",), "group", f"{prefix}{CONSUMER_GROUP}"))
    return out
