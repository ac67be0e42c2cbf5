# SPDX-License-Identifier: Apache-2.0
"""The correlate agent among 10,000 and among 1,000,000 open incidents: its rate in both, and each incident's bytes.

As many stand on a square kilometre in both towns, so the second is a hundred times as wide. Rates are a second of the
worker's own CPU time; bytes are what the worker's memory grew by, from the small town's to the large one's.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from loadtests.bench.correlate import decided
from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.bench.stage import Rate, staged
from loadtests.bench.town import Telling, Town, side_of, standing
from weirhouse.clock import system_clock
from weirhouse.domain.report import Report

FEW, MANY = 10_000, 1_000_000
REPORTS_PER_S = 3_000
"""Reports for each second of `--seconds`; the first tenth warms the worker and is not measured."""
LOADS_WITHIN_S = 240.0


@dataclass(frozen=True)
class Measured:
    """What a worker did among `incidents` open ones; `resident` its bytes once they were loaded."""

    incidents: int
    rate: Rate
    resident: int


def run(args: Arguments) -> Result:
    """Measure both towns."""
    few, many = (measure(size, args) for size in (FEW, MANY))
    each = (many.resident - few.resident) / (many.incidents - few.incidents)
    figures = {
        f"correlate among {one.incidents:,}, reports/{what}": rate
        for one in (few, many)
        for what, rate in (("s", one.rate.wall), ("core second", one.rate.core))
    }
    figures |= {f"memory among {one.incidents:,}, MB": one.resident / 1e6 for one in (few, many)}
    bars = [
        Bar("rate kept from 10,000 to 1,000,000 open incidents", 0.6, 0.8, many.rate.core / few.rate.core),
        Bar("bytes an open incident", 3_000, 1_500, each, lower_is_better=True),
    ]
    return Result("growth", figures, bars)


def measure(size: int, args: Arguments) -> Measured:
    """Fill a town with `size` open incidents, load them, and decide."""
    count = int(REPORTS_PER_S * args.seconds)
    town = Town(side_of(size))
    telling, about = Telling(town, random.Random(args.seed), system_clock().timestamp()), list[Report]()
    with staged(town.city()) as stage:
        stage.stand(standing(telling, size, about))
        told = list(telling.mixed("told", count, about))
        with stage.one_agent("correlate") as worker:
            worker.wait_loaded(LOADS_WITHIN_S)
            resident = worker.resident()
            rate, _ = decided(stage, worker, told, lead=count // 10)
    return Measured(size, rate, resident)
