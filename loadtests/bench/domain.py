# SPDX-License-Identifier: Apache-2.0
"""What the pure rules cost: triage, folding, deciding among many open incidents, and an incident's memory.

All times are this process's own CPU time. Beside each stands a bare loop of the same run, decoding the same reports or
readings from JSON with msgspec, so that a slow machine makes neither look bad alone.
"""

from __future__ import annotations

import gc
import math
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.storm.words import kinds, say
from weirhouse.domain.decide import decide
from weirhouse.domain.fold import FoldState, Registry, fold_chunk
from weirhouse.domain.gather import opened
from weirhouse.domain.ids import report_id
from weirhouse.domain.index import IncidentIndex
from weirhouse.domain.policy import NORMAL
from weirhouse.domain.probe import Probe
from weirhouse.domain.reading import Reading
from weirhouse.domain.report import Location, Point, Report
from weirhouse.domain.taxonomy import TYPES, kind_of
from weirhouse.domain.triage import triage

T0: Final = 1_700_000_000.0
PER_KM2: Final = 110.0
"""Open incidents a square kilometre: a city in the worst hour of a storm; ten times as many fill ten such cities."""
WINDOW_S: Final = 6 * 3600.0
SIZES: Final = (10_000, 100_000, 1_000_000)
PLACES: Final = {
    "en": ("Main St and 4th Ave", "Elm Gardens block 7", "12 River Road"),
    "zh": ("幸福路12号", "人民广场地铁站", "东方小区3栋"),
}
T = TypeVar("T")


def run(args: Arguments) -> Result:
    """Measure everything once; the largest index only when `--seconds` leaves time for it."""
    chance = random.Random(args.seed)
    figures: dict[str, float] = {}
    bars: list[Bar] = []
    for language, floor, goal in (("en", 60.0, 25.0), ("zh", 60.0, 25.0)):
        texts = words(language, chance, 2_000)
        figures[f"triage {language}, us a report (median)"] = median_us(triage, texts)
        bars.append(
            Bar(f"triage {language}, us", floor, goal, figures[f"triage {language}, us a report (median)"], True)
        )
    figures |= fold(chance)
    for size in SIZES if args.seconds >= 5.0 else SIZES[:2]:
        figures |= deciding(size, chance)
    figures["bytes an incident"] = memory(chance)
    bars.append(Bar("bytes an incident", 3_000, 1_500, figures["bytes an incident"], True))
    few, many = (figures[f"decide among {size:,}, reports/core second"] for size in SIZES[:2])
    bars.append(Bar("decide, share kept from 10,000 to 100,000", 0.5, 0.8, many / few))
    return Result("domain", figures, bars)


def words(language: str, chance: random.Random, count: int) -> list[str]:
    """Return what callers of a storm say."""
    every = list(kinds().values())
    return [
        say(chance.choice(every), language, chance.choice(PLACES[language]), chance.random() < 0.1, chance)
        for _ in range(count)
    ]


def reports(chance: random.Random, prefix: str, count: int, side_m: float) -> list[Report]:
    """Return reports of all types, half of them in each language, within a square."""
    texts = words("en", chance, 2_000) + words("zh", chance, 2_000)
    types, side = sorted(TYPES), side_m / 111_000.0
    made: list[Report] = []
    for number in range(count):
        kind, at = kind_of(chance.choice(types)), T0 - chance.random() * WINDOW_S
        point = Point(31.2 + chance.random() * side, 121.4 + chance.random() * side, chance.choice((10.0, 20.0, 50.0)))
        key = f"{prefix}{number}"
        made.append(
            Report(
                id=report_id("app", key),
                source=f"app{number % 50}",
                key=key,
                channel="phone",
                zone="z1",
                lane=kind.lane,
                type=kind.id,
                words=chance.choice(texts),
                location=Location(point=point),
                reporter=key if chance.random() < 0.7 else "",
                event_time=at,
                received_at=at,
            )
        )
    return made


def fold(chance: random.Random) -> dict[str, float]:
    """Return readings a core second of `fold_chunk` over 27,000 devices, beside bare decoding."""
    readings = [
        Reading(
            source=f"dev-{chance.randrange(27_000):05d}", at=T0 + number / 2_700.0, value=chance.uniform(0.0, 100.0)
        )
        for number in range(100_000)
    ]
    bodies = [msgspec.json.encode(reading) for reading in readings]
    decode = msgspec.json.Decoder(Reading).decode
    bare = best_s(lambda: [decode(body) for body in bodies])

    def whole() -> None:
        states: dict[str, FoldState] = {}
        registry = Registry()
        for first in range(0, len(readings), 5_000):
            chunk = readings[first : first + 5_000]
            fold_chunk(states, chunk, range(first, first + len(chunk)), registry)

    took = best_s(whole)
    return {"fold_chunk, readings/core second": len(readings) / took, "fold_chunk, times bare decode": took / bare}


def deciding(size: int, chance: random.Random) -> dict[str, float]:
    """Return reports a core second of `decide` among `size` open incidents, beside bare decoding."""
    side_m = math.sqrt(size / PER_KM2) * 1000.0
    index = IncidentIndex()
    for first in range(0, size, 50_000):
        for item in reports(chance, f"open{first}-", min(50_000, size - first), side_m):
            index.put(opened(Probe(item), NORMAL))
    told = reports(chance, "told", 3_000, side_m)
    bodies = [msgspec.json.encode(item) for item in told]
    decode = msgspec.json.Decoder(Report).decode
    bare = best_s(lambda: [decode(body) for body in bodies])
    took = best_s(lambda: [decide(item, index, NORMAL, T0) for item in told])
    name = f"decide among {size:,}"
    return {f"{name}, reports/core second": len(told) / took, f"{name}, times bare decode": took / bare}


def memory(chance: random.Random, count: int = 20_000) -> float:
    """Return bytes that an open incident of one report fills: the row, its gist and its places in the index."""
    told = reports(chance, "kept", count, math.sqrt(count / PER_KM2) * 1000.0)
    bodies = [msgspec.json.encode(item) for item in told]
    for item in told:
        Probe(item)
    del told
    decode = msgspec.json.Decoder(Report).decode
    tracemalloc.start()
    index = IncidentIndex()
    for body in bodies:
        index.put(opened(Probe(decode(body)), NORMAL))
    gc.collect()
    filled, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return filled / len(index)


def best_s(work: Callable[[], object], rounds: int = 3) -> float:
    """Return the least CPU seconds of a few rounds, the collector held off."""
    gc.collect()
    gc.disable()
    try:
        return min(_cpu_s(work) for _ in range(rounds))
    finally:
        gc.enable()


def _cpu_s(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def median_us(judge: Callable[[T], object], items: Sequence[T]) -> float:
    """Return the median over the items of each one's least CPU microseconds."""
    took: list[int] = []
    for item in items:
        least = 1 << 62
        for _ in range(3):
            start = time.thread_time_ns()
            judge(item)
            least = min(least, time.thread_time_ns() - start)
        took.append(least)
    return statistics.median(took) / 1e3
