# SPDX-License-Identifier: Apache-2.0
"""The fold agent in a device storm, the whole way, beside Kafka Streams' bare keyed count of the same messages.

27,000 sources, 95 % of the readings repeats, all times and values different: consumed, decoded, folded, signals and
states emitted and durable (acks=all), offsets moved. Kafka Streams counts them by key: once with every update logged
(its cache off), once with its cache, of which the second half is read, when its compiler is warm.
"""

from __future__ import annotations

import random

from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.bench.rivals import jvm
from loadtests.bench.stage import Rate, Stage, staged
from loadtests.bench.town import DEVICES, Town
from weirhouse.clock import system_clock
from weirhouse.wire.topics import READINGS_BULK

READINGS_PER_S = 200_000
"""Readings written for each second of `--seconds`: about what one core folds in that time."""
SIDE_M = 10_000.0


def run(args: Arguments) -> Result:
    """Measure fold, then Kafka Streams twice."""
    count = max(4 * DEVICES, int(READINGS_PER_S * args.seconds))
    town = Town(SIDE_M, DEVICES)
    with staged(town.city()) as stage:
        stage.fill(READINGS_BULK.name, town.readings(count, random.Random(args.seed), system_clock().timestamp()))
        ours, signals = folded(stage, count)
        logged = jvm.keyed_count(stage.house.kafka_url, READINGS_BULK.name, count, stage.core)
        cached = jvm.keyed_count(stage.house.kafka_url, READINGS_BULK.name, count, stage.core, jvm.CACHE)
    figures = {
        "readings": float(count),
        "share that became signals": signals / count,
        "fold readings/s": ours.wall,
        "fold readings/core second": ours.core,
    }
    if logged is not None and cached is not None:
        figures |= {
            "kafka streams, every update logged, messages/s": logged.whole,
            "kafka streams, every update logged, warm half, messages/s": logged.warm,
            "kafka streams, every update logged, messages/core second": logged.core,
            "kafka streams, cached, messages/s": cached.whole,
            "kafka streams, cached, warm half, messages/s": cached.warm,
        }
    return Result("fold", figures, bars(ours, logged, cached))


def folded(stage: Stage, count: int) -> tuple[Rate, float]:
    """Return the fold agent's rate over `count` readings that stand in the topic, and how many signals it made."""
    with stage.one_agent("fold") as worker:
        rate = worker.drained("fold", count)
        return rate, worker.total("weirhouse_fold_signals_total")


def bars(ours: Rate, logged: jvm.Counted | None, cached: jvm.Counted | None) -> list[Bar]:
    """Return the bars; those beside Kafka Streams are not judged where it could not run."""
    return [
        Bar("fold, readings/s", 150_000, 300_000, ours.wall),
        Bar(
            "fold, times Kafka Streams with every update logged", 1.0, 1.0, ours.wall / logged.whole if logged else None
        ),
        # A goal without a floor: to be ahead of it warm and cached.
        Bar("fold, times a warm Kafka Streams with its cache", 0.0, 1.0, ours.wall / cached.warm if cached else None),
    ]
