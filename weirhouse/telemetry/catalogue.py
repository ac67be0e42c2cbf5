# SPDX-License-Identifier: Apache-2.0
"""The one catalogue of metrics: name, type, labels, what it counts, and what to do when it moves.

Dashboards, alert rules and the operations guide are checked against `CATALOGUE`. Counters are written
without the `_total` that Prometheus adds. Durations are seconds, ages are seconds, sizes are bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `act` tells the person on call what to do when it moves."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str
    act: str
    buckets: tuple[float, ...] = ()


FAST_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Buckets of what a person or a source waits for: from half a millisecond to five seconds."""
AGE_S: Final = (0.01, 0.03, 0.06, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 1800.0)
"""Buckets of the age of a message when something became of it: 30 and 60 ms are the idle bars."""
SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
"""Buckets of batch sizes."""

# doors
DOOR_REPORTS: Final = Metric(
    "weirhouse_door_reports", "counter", ("lane", "outcome"),
    "Reports at the doors by outcome: accepted, repeated, refused, not_safe.",
    "attempts = refused + repeated + accepted. Refused rises: a source sends rubbish (see door_refusals). "
    "not_safe rises: PostgreSQL is away; life-safety goes to Kafka meanwhile.",
)  # fmt: skip
DOOR_REFUSALS: Final = Metric(
    "weirhouse_door_refusals", "counter", ("code",),
    "Refusals at the doors by problem code.",
    "Find the source in the logs by code; tell its owner. `not-safe` pages: a store is away.",
)  # fmt: skip
DOOR_SECONDS: Final = Metric(
    "weirhouse_door_seconds", "histogram", ("lane",),
    "From the last byte of a report's body to its answer.",
    "p99 over 0.25 s: look at door_commit_seconds, then at PostgreSQL's disk.",
    FAST_S,
)  # fmt: skip
DOOR_COMMIT_SECONDS: Final = Metric(
    "weirhouse_door_commit_seconds", "histogram", ("lane",),
    "One group commit of the doors, from taking a connection to COMMIT.",
    "Rises with size: normal. Rises alone: PostgreSQL's disk or locks.",
    FAST_S,
)  # fmt: skip
DOOR_BATCH: Final = Metric(
    "weirhouse_door_batch_reports", "histogram", ("lane",),
    "Reports made safe together by one group commit.",
    "Grows under load by design; always 1 under load means the collector waits on nothing: look at the pool.",
    SIZES,
)  # fmt: skip
DOOR_FALLBACK: Final = Metric(
    "weirhouse_door_kafka_only", "counter", (),
    "Life-safety reports that only Kafka holds because PostgreSQL was away.",
    "Bring PostgreSQL back; the correlator puts them into the inbox by itself. Do not lose Kafka's disks now.",
)  # fmt: skip
DOOR_TRIAGE_RAISED: Final = Metric(
    "weirhouse_door_triage_raised", "counter", ("claim",),
    "Reports that the words' triage raised into the life-safety lane, by claim.",
    "A jump of one claim without a storm: a new phrase matches too much; review the word lists.",
)  # fmt: skip

# desk and feed
DESK_ACTS: Final = Metric(
    "weirhouse_desk_acts", "counter", ("act", "outcome"),
    "Acts of the desk by outcome: done, or the problem's code.",
    "team-taken and version-conflict rise in a storm; illegal-transition rising means a screen shows old states.",
)  # fmt: skip
HTTP_SECONDS: Final = Metric(
    "weirhouse_http_seconds", "histogram", ("route", "status"),
    "Answers of the desk and of reading routes by route and status class.",
    "Queue over 0.02 s at p50: run EXPLAIN on queue.sql; an index is missing or bloated.",
    FAST_S,
)  # fmt: skip
FEED_SUBSCRIBERS: Final = Metric(
    "weirhouse_feed_subscribers", "gauge", (), "Live subscribers of the feed in this process.",
    "Falls to 0 in a shift: consoles cannot reach us; look at the proxy.",
)  # fmt: skip
FEED_ITEMS: Final = Metric(
    "weirhouse_feed_items", "counter", ("lane",), "Items fanned out, once for each filter.",
    "Flat while changes rise: the hub stands; its readiness check names why.",
)  # fmt: skip
FEED_LAG_SECONDS: Final = Metric(
    "weirhouse_feed_lag_seconds", "histogram", ("lane",),
    "From a change's instant to its way out to subscribers.",
    "life over 1 s: sequencer or the feed's tail is slow.",
    AGE_S,
)  # fmt: skip
FEED_RESETS: Final = Metric(
    "weirhouse_feed_resets", "counter", ("reason",), "Subscribers told to fetch the snapshot again.",
    "slow: a screen or its network cannot follow; epoch: the ledger was restored.",
)  # fmt: skip

# streams
STREAM_MESSAGES: Final = Metric(
    "weirhouse_stream_messages", "counter", ("agent", "topic"), "Messages an agent has finished.",
    "Flat while lag rises: the agent stands; liveness restarts it, read its log first.",
)  # fmt: skip
STREAM_BATCH: Final = Metric(
    "weirhouse_stream_batch_messages", "histogram", ("agent",), "Messages a body was handed at once.",
    "Grows under load by design.", SIZES,
)  # fmt: skip
STREAM_BODY_SECONDS: Final = Metric(
    "weirhouse_stream_body_seconds", "histogram", ("agent",), "One body of an agent, until durable.",
    "Over 1 s: the ledger or the broker is slow.", FAST_S,
)  # fmt: skip
STREAM_LAG: Final = Metric(
    "weirhouse_stream_lag_messages", "gauge", ("topic", "partition"), "Messages behind the end of a partition.",
    "life over 100: add workers or look at the slice's time. bulk may lag in a storm.",
)  # fmt: skip
STREAM_AGE_SECONDS: Final = Metric(
    "weirhouse_stream_age_seconds", "gauge", ("topic",), "Age of the oldest message not yet done.",
    "The number that matters in a surge: life over 5 s pages.",
)  # fmt: skip
STREAM_PROGRESS_SECONDS: Final = Metric(
    "weirhouse_stream_progress_age_seconds", "gauge", ("agent",), "Since an agent last made progress or was idle.",
    "Over 30 s with lag: liveness fails, the process is started again.",
)  # fmt: skip
STREAM_PAUSED: Final = Metric(
    "weirhouse_stream_paused_partitions", "gauge", ("lane",), "Partitions paused because their buffer is full.",
    "life above 0 for 10 s: the slice is too slow.",
)  # fmt: skip
DEAD_LETTERS: Final = Metric(
    "weirhouse_dead_letters", "counter", ("topic", "reason"), "Messages set aside with their bytes and reason.",
    "`weirhouse dead-letters list`; many of one reason after a release: roll it back, then redrive.",
)  # fmt: skip
GUARD_HELD: Final = Metric(
    "weirhouse_guard_held", "counter", ("agent", "why"), "Times an agent held its place because the world was away.",
    "Bring back what `why` names; nothing is lost meanwhile.",
)  # fmt: skip
FOLD_READINGS: Final = Metric(
    "weirhouse_fold_readings", "counter", ("lane",), "Readings folded.", "Falls to 0: the devices' network is down.",
)  # fmt: skip
FOLD_WITHOUT_RIGHT: Final = Metric(
    "weirhouse_fold_without_right", "counter", (),
    "Readings on `readings.life` from sources that may not claim it; what they say travels in the ordinary lane.",
    "Rises: register the devices with the right, or take the topic's access from them.",
)  # fmt: skip
FOLD_SIGNALS: Final = Metric(
    "weirhouse_fold_signals", "counter", ("lane", "state"), "Signals emitted by fold: raised, changed, cleared.",
    "Signals nearly equal readings: a source chatters or a rule has no dead band.",
)  # fmt: skip
SLICES: Final = Metric(
    "weirhouse_slices", "counter", ("lane", "outcome"),
    "Slices by outcome: committed, repeated, stale, offsets_moved, not_owner.",
    "stale above 5 %: people and stream fight over hot incidents; harmless below. not_owner: a worker came back.",
)  # fmt: skip
SLICE_SECONDS: Final = Metric(
    "weirhouse_slice_seconds", "histogram", ("lane",), "One slice transaction, deciding included.",
    "p50 over 0.01 s idle: PostgreSQL's disk, locks, or slices too large.", FAST_S,
)  # fmt: skip
SLICE_REPORTS: Final = Metric(
    "weirhouse_slice_reports", "histogram", ("lane",), "Reports in one slice.", "Grows under load by design.", SIZES,
)  # fmt: skip
DISPOSITIONS: Final = Metric(
    "weirhouse_dispositions", "counter", ("lane", "kind"), "What became of reports.",
    "joined/opened jumps without a storm: correlation merges too much or too little; see the terms.",
)  # fmt: skip
DOOR_TO_LEDGER_SECONDS: Final = Metric(
    "weirhouse_door_to_ledger_seconds", "histogram", ("lane",), "From the door's stamp to the slice's commit.",
    "life p99 over 1 s pages.", AGE_S,
)  # fmt: skip
MEMORY_INCIDENTS: Final = Metric(
    "weirhouse_memory_incidents", "gauge", (), "Incidents cached by this worker.",
    "Grows for days: closed ones are not let go.",
)  # fmt: skip
OWNED_PARTITIONS: Final = Metric(
    "weirhouse_owned_partitions", "gauge", (), "Partitions this worker owns and has loaded.",
    "Sum over workers below the house's partitions: some zones stand; look at the takers' logs.",
)  # fmt: skip

# relay process
SEQUENCER_CHANGES: Final = Metric(
    "weirhouse_sequencer_changes", "counter", ("lane",), "Changes numbered.", "Flat while slices commit: no leader.",
)  # fmt: skip
SEQUENCER_WAITING: Final = Metric(
    "weirhouse_sequencer_waiting", "gauge", (), "Committed changes without a number.",
    "Over 1,000: the sequencer is behind or has no leader.",
)  # fmt: skip
RELAY_MESSAGES: Final = Metric(
    "weirhouse_relay_messages", "counter", ("topic",), "Outbox rows that Kafka acknowledged.",
    "Flat while the outbox grows: Kafka is away.",
)  # fmt: skip
RELAY_OUTBOX: Final = Metric(
    "weirhouse_relay_outbox_rows", "gauge", ("lane",), "Outbox rows waiting.",
    "life above 0 for 5 s: Kafka is away or the relay has no leader.",
)  # fmt: skip
RELAY_SECONDS: Final = Metric(
    "weirhouse_relay_seconds", "histogram", ("lane",), "From an outbox row's commit to Kafka's acknowledgement.",
    "p50 over 0.02 s idle: notifications do not arrive, the relay polls.", AGE_S,
)  # fmt: skip
LEASE_HELD: Final = Metric(
    "weirhouse_lease_held", "gauge", ("lease",), "1 when this process leads (sequencer, relay).",
    "Sum over processes other than 1 for 30 s: nobody leads, or clocks differ.",
)  # fmt: skip

RETENTION_ROWS: Final = Metric(
    "weirhouse_retention_rows", "counter", ("kind",), "Rows past their age that went (kind `days`: days of reports).",
    "Flat for a day in a busy house: the relay has no leader, or its log says why.",
)  # fmt: skip

# the house
LEDGER_ERRORS: Final = Metric(
    "weirhouse_ledger_errors", "counter", ("kind",), "Ledger calls that failed: away, refuses, retried.",
    "away: PostgreSQL. refuses: we are wrong, read the log. retried: deadlocks, harmless when rare.",
)  # fmt: skip
UP: Final = Metric(
    "weirhouse_ready", "gauge", ("part",), "1 when this process can use the part (postgres, kafka).",
    "0: bring the part back; decision 8 says what the doors do meanwhile.",
)  # fmt: skip
BUILD: Final = Metric(
    "weirhouse_build_info", "gauge", ("service", "version"), "Always 1; names the release.",
    "Two versions for long: a rollout stands.",
)  # fmt: skip

CATALOGUE: Final[tuple[Metric, ...]] = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
