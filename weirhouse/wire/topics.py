# SPDX-License-Identifier: Apache-2.0
"""The catalogue of topics: every name, its key, its lane and how long it keeps. Names are storage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic.

    `name` without the namespace's prefix; `key` what the record's key says; `retention_ms` -1 keeps
    for ever (callers' words must not stand there); `writer` who may write it (access lists are generated from this).
    """

    name: str
    key: Literal["zone", "source", "incident", "team", "subject", "origin"]
    lane: Literal["life", "ordinary", "bulk", "both"]
    writer: Literal["door", "device", "fold", "relay", "correlate", "guard"]
    retention_ms: int
    compacted: bool = False
    partitions: int = 0
    """0 = the house's number of partitions (a setting); all topics read by one agent agree."""

    def full(self, namespace: str) -> str:
        """Return the name on the broker: prefixed in a namespace, bare in the live house."""
        return f"{namespace}.{self.name}" if namespace else self.name


REPORTS_LIFE: Final = Topic("reports.life", "zone", "life", "door", 14 * DAY_MS)
REPORTS_ORDINARY: Final = Topic("reports.ordinary", "zone", "ordinary", "door", 14 * DAY_MS)
READINGS_LIFE: Final = Topic("readings.life", "source", "life", "device", 3 * DAY_MS)
READINGS_BULK: Final = Topic("readings.bulk", "source", "bulk", "device", DAY_MS)
SIGNALS_LIFE: Final = Topic("signals.life", "zone", "life", "fold", 7 * DAY_MS)
SIGNALS_ORDINARY: Final = Topic("signals.ordinary", "zone", "ordinary", "fold", 7 * DAY_MS)
FOLD_STATE: Final = Topic("fold.state", "source", "both", "fold", -1, compacted=True)
CROSSINGS: Final = Topic("crossings", "zone", "both", "relay", 7 * DAY_MS)
TOUCHED: Final = Topic("touched", "zone", "both", "relay", DAY_MS)
INCIDENTS: Final = Topic("incidents", "incident", "both", "relay", -1, compacted=True)
DISPATCHES: Final = Topic("dispatches", "team", "both", "relay", 30 * DAY_MS)
MESSAGES: Final = Topic("messages", "subject", "both", "relay", 30 * DAY_MS)
DEAD_LETTERS: Final = Topic("dead.letters", "origin", "both", "guard", 30 * DAY_MS, compacted=True)

CATALOGUE: Final = (
    REPORTS_LIFE,
    REPORTS_ORDINARY,
    READINGS_LIFE,
    READINGS_BULK,
    SIGNALS_LIFE,
    SIGNALS_ORDINARY,
    FOLD_STATE,
    CROSSINGS,
    TOUCHED,
    INCIDENTS,
    DISPATCHES,
    MESSAGES,
    DEAD_LETTERS,
)

FOLD_INPUTS: Final = (READINGS_LIFE, READINGS_BULK)
CORRELATE_INPUTS: Final = (REPORTS_LIFE, SIGNALS_LIFE, CROSSINGS, TOUCHED, REPORTS_ORDINARY, SIGNALS_ORDINARY)
"""In the order in which a slice takes them: life first."""

HEADER_TRACE: Final = "traceparent"
HEADER_SCHEMA: Final = "wh-schema"
HEADER_SEALED: Final = "wh-sealed"
"""Personal part sealed to the house's public key (only when the ledger was away at the door)."""
