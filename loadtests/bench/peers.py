# SPDX-License-Identifier: Apache-2.0
"""The same keyed job in one run: our fold agent beside Quix Streams, stock Faust, a bare aiokafka loop, Kafka Streams.

All read the device storm's readings, one after another, on the same core of the same machine. The others count by key
and make the counts durable; ours decodes each reading, folds it, and makes signals and states durable.
"""

from __future__ import annotations

import random

from loadtests.bench import fold
from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.bench.rivals import jvm
from loadtests.bench.rivals.counting import CHANGELOG, counted
from loadtests.bench.stage import staged
from loadtests.bench.town import DEVICES, Town
from weirhouse.clock import system_clock
from weirhouse.wire.topics import READINGS_BULK

READINGS_PER_S = 150_000
SHARES = {"quix": 3, "stock": 30, "bare": 1}
"""The slower ones read this fraction of the readings, so that each takes about as long."""


def run(args: Arguments) -> Result:
    """Measure ours, then the others."""
    count = max(4 * DEVICES, int(READINGS_PER_S * args.seconds))
    town, topic = Town(fold.SIDE_M, DEVICES), READINGS_BULK.name
    with staged(town.city()) as stage:
        url, core = stage.house.kafka_url, stage.core
        stage.fill(topic, town.readings(count, random.Random(args.seed), system_clock().timestamp()))
        ours, _ = fold.folded(stage, count)
        stage.topic(CHANGELOG)
        found = {mode: counted(mode, url, topic, count // share, core) for mode, share in SHARES.items()}
        logged = jvm.keyed_count(url, topic, count, core)
        cached = jvm.keyed_count(url, topic, count, core, jvm.CACHE)
    figures = {"weirhouse fold, readings/s": ours.wall, "weirhouse fold, readings/core second": ours.core}
    for mode, name in (("quix", "quix streams"), ("stock", "stock faust"), ("bare", "bare aiokafka")):
        figures[f"{name}, messages/s"] = found[mode]["rate"]
        figures[f"{name}, messages/core second"] = found[mode]["cpu_rate"]
    for name, one in (("every update logged", logged), ("cached", cached)):
        if one is not None:
            figures[f"kafka streams, {name}, messages/s"] = one.whole
            figures[f"kafka streams, {name}, warm half, messages/s"] = one.warm
            figures[f"kafka streams, {name}, messages/core second"] = one.core
    bars = [
        Bar("times Quix Streams", 1.0, 3.0, ours.wall / found["quix"]["rate"]),
        Bar("times stock Faust", 10.0, 30.0, ours.wall / found["stock"]["rate"]),
        # A goal without a floor: the bare loop folds nothing and checks nothing.
        Bar("share of a bare aiokafka loop", 0.0, 1.0, ours.wall / found["bare"]["rate"]),
        *fold.bars(ours, logged, cached)[1:],
    ]
    return Result("peers", figures, bars)
