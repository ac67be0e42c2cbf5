# SPDX-License-Identifier: Apache-2.0
"""After kill -9 of a worker with 1,000,000 open incidents: until a cry for help is decided, and until all is loaded.

The worker is the shipped one with a static name, as `weirhouse up` gives it, and is started again at once. While it is
away one life-safety report stands in each partition. A report is served when its disposition is committed.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from typing import Final

import psycopg

from loadtests.bench.correlate import send
from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.bench.stage import PARTITIONS, Stage, staged
from loadtests.bench.town import Telling, Town, side_of, standing
from weirhouse.clock import system_clock
from weirhouse.domain.report import Lane, Report
from weirhouse.ledger.zoning import partition_of
from weirhouse.settings import Settings

OPEN: Final = 1_000_000
LOADS_WITHIN_S: Final = 240.0
LOOK_S: Final = 0.02
INSTANCE: Final = {"WEIRHOUSE_WORKER_INSTANCE": "bench-1"}
DECIDED: Final = "select count(*) from dispositions where report_id = any(%s::uuid[]) and kind <> 'moving'"


def run(args: Arguments) -> Result:
    """Fill, load, kill, start again."""
    town = Town(side_of(OPEN))
    telling, about = Telling(town, random.Random(args.seed), system_clock().timestamp()), list[Report]()
    with staged(town.city()) as stage:
        stage.stand(standing(telling, OPEN, about))
        began = time.monotonic()
        with stage.worker("before", env=INSTANCE) as worker:
            worker.wait_loaded(LOADS_WITHIN_S)
            first_load = time.monotonic() - began
            os.kill(worker.process.pid, signal.SIGKILL)
            killed = time.monotonic()
            worker.process.wait(10)
        cries = list(one_each(telling))
        send(stage, cries)
        figures = again(stage, cries, killed)
    figures["first start, until all is loaded, s"] = first_load
    bars = [
        Bar("first life-safety report served, s", 10.0, 3.0, figures["first cry decided, s"], lower_is_better=True),
        Bar("all zones loaded, s", 60.0, 10.0, figures["all zones loaded, s"], lower_is_better=True),
    ]
    return Result("recovery", figures, bars)


def one_each(telling: Telling) -> Iterator[Report]:
    """Yield a life-safety report for every partition."""
    wanted = set(range(PARTITIONS))
    number = 0
    while wanted:
        for report in telling.fresh(f"cry{number}-", 1_000):
            partition = partition_of(report.zone, PARTITIONS)
            if report.lane is Lane.LIFE and partition in wanted:
                wanted.discard(partition)
                yield report
        number += 1


def again(stage: Stage, cries: list[Report], killed: float) -> dict[str, float]:
    """Start the worker again; return the seconds since the kill until cries are decided and zones loaded."""
    ids, figures = [report.id for report in cries], dict[str, float]()
    options = f"-c search_path={Settings().schema_name}"
    with (
        psycopg.connect(stage.house.postgres_url, autocommit=True, options=options) as ledger,
        stage.worker("after", env=INSTANCE) as worker,
    ):
        while len(figures) < 3:
            since = time.monotonic() - killed
            row = ledger.execute(DECIDED, (ids,)).fetchone()
            done = int(row[0]) if row is not None else 0
            if done:
                figures.setdefault("first cry decided, s", since)
            if done == len(ids):
                figures.setdefault("a cry of every partition decided, s", since)
            if worker.loaded() >= PARTITIONS:
                figures.setdefault("all zones loaded, s", since)
            if since > LOADS_WITHIN_S or worker.process.poll() is not None:
                raise OSError(f"the worker did not come back: {worker.tail()}")
            time.sleep(LOOK_S)
    return figures
