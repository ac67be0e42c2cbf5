# SPDX-License-Identifier: Apache-2.0
"""The correlate agent among 100,000 open incidents, the whole way, beside Quix Streams' bare keyed count.

Reports in two languages, half of them about what stands open, 5 % about a danger to life, 2 % without a place: read
from both lanes, decided, and committed slice by slice in the ledger, whose server is on the other core. Quix Streams
only counts messages of the same bytes by key.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.bench.rivals.counting import counted
from loadtests.bench.stage import Rate, Record, Stage, Worker, staged
from loadtests.bench.town import Telling, Town, record, side_of, standing
from weirhouse.clock import system_clock
from weirhouse.domain.report import Lane, Report
from weirhouse.wire.topics import REPORTS_LIFE, REPORTS_ORDINARY

OPEN = 100_000
REPORTS_PER_S = 8_000
"""Reports for each second of `--seconds`: about what one core decides in that time."""
QUIX_PER_S = 40_000
RIVAL = "rival.reports"


def run(args: Arguments) -> Result:
    """Measure the agent, then Quix."""
    count, many = int(REPORTS_PER_S * args.seconds), int(QUIX_PER_S * args.seconds)
    chance = random.Random(args.seed)
    town = Town(side_of(OPEN))
    telling, about = Telling(town, chance, system_clock().timestamp()), list[Report]()
    with staged(town.city()) as stage:
        stage.stand(standing(telling, OPEN, about))
        told = list(telling.mixed("told", count, about))
        with stage.one_agent("correlate") as worker:
            rate, slices = decided(stage, worker, told)
        stage.topic(RIVAL)
        stage.fill(RIVAL, repeated(told, many))
        quix = counted("quix", stage.house.kafka_url, RIVAL, many, stage.core)
    figures = {
        "open incidents": float(OPEN),
        "reports": float(count),
        "life-safety reports": float(sum(report.lane is Lane.LIFE for report in told)),
        "reports a slice": count / max(1.0, slices),
        "correlate reports/s": rate.wall,
        "correlate reports/core second": rate.core,
        "quix keyed count, messages/s": quix["rate"],
        "quix keyed count, messages/core second": quix["cpu_rate"],
    }
    bars = [
        Bar("correlate, reports/s", 10_000, 30_000, rate.wall),
        # A goal without a floor.
        Bar("correlate, share of Quix's keyed count", 0.0, 0.5, rate.wall / quix["rate"]),
    ]
    return Result("correlate", figures, bars)


def decided(stage: Stage, worker: Worker, told: list[Report], lead: int = 0) -> tuple[Rate, float]:
    """Send reports to a worker whose memory is loaded; return its rate, and how many slices they took.

    Parameters
    ----------
    lead
        How many of them are sent and decided first, unmeasured, to warm the worker.
    """
    worker.wait_loaded()
    if lead:
        send(stage, told[:lead])
        worker.drained("correlate", lead)
    before = worker.total("weirhouse_slices_total", 'outcome="committed"')
    since = worker.finished("correlate")
    send(stage, told[lead:])
    rate = worker.drained("correlate", len(told) - lead, since)
    return rate, worker.total("weirhouse_slices_total", 'outcome="committed"') - before


def send(stage: Stage, told: list[Report]) -> None:
    """Write reports to the topics of their lanes, as the relay does."""
    for lane, topic in ((Lane.LIFE, REPORTS_LIFE), (Lane.ORDINARY, REPORTS_ORDINARY)):
        stage.fill(topic.name, [record(report) for report in told if report.lane is lane])


def repeated(told: list[Report], count: int) -> Iterator[Record]:
    """Yield `count` records of the reports, again and again."""
    return itertools.islice(itertools.cycle([record(report) for report in told]), count)
