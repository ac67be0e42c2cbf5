# SPDX-License-Identifier: Apache-2.0
"""`python -m loadtests.queueing --seed S [--case c,mean_s,load,mix] [--json]`: does the desk's queue obey theory?

Operators (c) take incidents in the product's own order (`priority_of` ranks, `queue_key` sorts), with Poisson
arrivals and exponential service in simulated time. First come first served is the same desk with one priority. The
mean waits are held to Erlang C and to Cobham's formula. Exit code 0: all within 5 %; 1: one is not.
"""

from __future__ import annotations

import argparse
import heapq
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadtests.bench.frame import Arguments, Bar, Result
from weirhouse.domain.incident import Incident
from weirhouse.domain.policy import NORMAL
from weirhouse.domain.priority import priority_of, queue_key

TYPE: Final = "enquiry"
"""The mildest type: what raises an incident to P1..P4 is then the floor alone, and severity differs for nobody."""
FLOOR_PCT, GOAL_PCT = 5.0, 2.0
FEWEST, MOST = 800_000, 3_000_000
RELATIVE_ERROR: Final = 0.016
BATCHES: Final = 60


@dataclass(frozen=True)
class Case:
    """c servers, mean service in seconds, load 0..1, shares of P1, P2, … in per cent."""

    servers: int
    mean_s: float
    load: float
    mix: tuple[float, ...]

    @property
    def customers(self) -> int:
        """How many make the means exact to about `RELATIVE_ERROR`: heavy-traffic variance 4 / (n (1 - load)^2),
        half of it explained by the load that chance really offered (see `steady`)."""
        wanted = 2.0 / ((1.0 - self.load) * RELATIVE_ERROR) ** 2
        return int(min(MOST, max(FEWEST, wanted)))


DEFAULT: Final = Case(10, 120.0, 0.95, (5.0, 15.0, 80.0))
"""The case of the design's targets: 198.1 s for all, or 10.4, 12.8 and 244.6 s by priority."""


def erlang_c(servers: int, load: float) -> float:
    """Return the probability that an arrival waits in M/M/c."""
    offered = servers * load
    term = total = 1.0
    for k in range(1, servers):
        term *= offered / k
        total += term
    last = term * offered / servers / (1.0 - load)
    return last / (total + last)


def expected(case: Case) -> tuple[float, list[float]]:
    """Return the mean waits in seconds: first come first served, and by priority (Cobham, non-preemptive)."""
    base = erlang_c(case.servers, case.load) * case.mean_s / case.servers
    waits, before = [], 0.0
    for share in case.mix:
        after = before + case.load * share / 100.0
        waits.append(base / ((1.0 - before) * (1.0 - after)))
        before = after
    return base / (1.0 - case.load), waits


Run = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]


def simulate(case: Case, seed: int, by_priority: bool) -> Run:
    """Run the desk; return the waits, the classes, and how far chance's load in each batch lay from the wanted one."""
    chance = np.random.default_rng(seed)
    n = case.customers
    gap_s = case.mean_s / (case.servers * case.load)
    gaps, works = chance.exponential(gap_s, n), chance.exponential(case.mean_s, n)
    classes = chance.choice(len(case.mix), size=n, p=np.array(case.mix) / sum(case.mix))
    per = n // BATCHES
    offered = works[: per * BATCHES].reshape(BATCHES, per).sum(1) / gaps[: per * BATCHES].reshape(BATCHES, per).sum(1)
    waits = serve(case.servers, np.cumsum(gaps).tolist(), works.tolist(), classes.tolist() if by_priority else None)
    return np.array(waits), classes, offered / case.servers - case.load


def serve(
    servers: int, arrivals: Sequence[float], works: Sequence[float], classes: Sequence[int] | None
) -> list[float]:
    """Return how long each waits when free operators always take the first of the product's queue.

    `classes`: 0 for P1, 1 for P2 …; None: all are P5.
    """
    waits = [0.0] * len(arrivals)
    busy: list[float] = []
    waiting: list[tuple[tuple[float, str], int]] = []
    row = Incident(id="", zone="z", type=TYPE)
    for number, at in enumerate(arrivals):
        while busy and busy[0] <= at:
            free_at = heapq.heappop(busy)
            if waiting:
                _, first = heapq.heappop(waiting)
                waits[first] = free_at - arrivals[first]
                heapq.heappush(busy, free_at + works[first])
        if len(busy) < servers:
            heapq.heappush(busy, at + works[number])
            continue
        floor = (classes[number] + 1 if classes is not None else 5, 0.0)
        row.priority, _, row.rank, _ = priority_of(TYPE, (), floor, 1, 1, at, NORMAL)
        row.id = f"{number:032x}"
        heapq.heappush(waiting, (queue_key(row), number))
    while waiting:
        free_at = heapq.heappop(busy)
        _, first = heapq.heappop(waiting)
        waits[first] = free_at - arrivals[first]
        heapq.heappush(busy, free_at + works[first])
    return waits


def steady(waits: NDArray[np.float64], mine: NDArray[np.bool_], excess: NDArray[np.float64]) -> float:
    """Return the mean wait of those who are `mine`, at the wanted load.

    Chance never offers exactly the wanted load, and at 95 % a per mille more is two per cent of waiting. The known
    mean of the excess (zero) is used as a control variate: the line through the batches is read off at zero.
    """
    per = len(waits) // BATCHES
    cut = per * BATCHES
    there = mine[:cut].reshape(BATCHES, per)
    sums, counts = np.where(there, waits[:cut].reshape(BATCHES, per), 0.0).sum(1), there.sum(1)
    mean = float(sums.sum() / counts.sum())
    means = sums / np.maximum(counts, 1)
    slope = float(np.cov(means, excess)[0, 1] / excess.var(ddof=1))
    return mean - slope * float(excess.mean())


def measure(case: Case, seed: int) -> tuple[dict[str, float], list[Bar]]:
    """Return measured and expected mean waits, and the bars on their difference."""
    all_s, by_s = expected(case)
    waits, _, excess = simulate(case, seed, by_priority=False)
    rows = [("fcfs", steady(waits, np.ones(len(waits), dtype=np.bool_), excess), all_s)]
    waits, classes, excess = simulate(case, seed, by_priority=True)
    rows += [(f"p{k + 1}", steady(waits, classes == k, excess), wanted) for k, wanted in enumerate(by_s)]
    figures: dict[str, float] = {"customers": float(case.customers)}
    bars = []
    for name, got, wanted in rows:
        error = round(100.0 * abs(got / wanted - 1.0), 2)
        figures |= {f"{name}_wait_s": round(got, 2), f"{name}_expected_s": round(wanted, 2), f"{name}_error_pct": error}
        bars.append(Bar(f"{name}_error_pct", FLOOR_PCT, GOAL_PCT, error, lower_is_better=True))
    return figures, bars


def case_of(text: str) -> Case:
    """Return the case of `c,mean_s,load,mix`, the mix as in `5/15/80`.

    Raises
    ------
    argparse.ArgumentTypeError
    """
    try:
        servers, mean_s, load, mix = text.split(",")
        case = Case(int(servers), float(mean_s), float(load), tuple(float(part) for part in mix.split("/")))
    except ValueError:
        raise argparse.ArgumentTypeError("must be c,mean_s,load,mix as in 10,120,0.95,5/15/80") from None
    if not (1 <= case.servers <= 1000 and 0 < case.mean_s < 86_400 and 0 < case.load <= 0.97):
        raise argparse.ArgumentTypeError("1..1000 servers, a mean under a day, a load above 0 and up to 0.97")
    if len(case.mix) > 5 or min(case.mix) < 1 or not math.isclose(sum(case.mix), 100.0, abs_tol=0.01):
        raise argparse.ArgumentTypeError("the mix is one to five shares of at least 1, together 100")
    return case


def main() -> int:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.queueing", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", type=case_of, default=DEFAULT, help="c,mean_s,load,mix as in 10,120,0.95,5/15/80")
    parser.add_argument("--json", action="store_true", help="one line of JSON as the last line")
    options = parser.parse_args()
    figures, bars = measure(options.case, options.seed)
    result = Result("queueing", figures, bars)
    print(result.line(Arguments(seed=options.seed)) if options.json else result.table())
    return 0 if result.floors_met else 1


if __name__ == "__main__":
    sys.exit(main())
