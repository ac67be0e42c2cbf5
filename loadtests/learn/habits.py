# SPDX-License-Identifier: Apache-2.0
"""A table of habits (`weirhouse.domain.habits`) from recorded reports and the pairs that people tied.

Every report stands for an incident of its own; the candidates are those that the product itself would look
at, its own log-odds are the offset, and what the records say beyond them is learned.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from loadtests.learn.ridge import Array, fit
from loadtests.score.files import Case
from loadtests.score.pairs import Groups, Pair
from weirhouse.domain.correlate import APART, weigh
from weirhouse.domain.gather import opened
from weirhouse.domain.geo import metres
from weirhouse.domain.habits import Habit, Habits, near_of, soon_of
from weirhouse.domain.incident import Incident
from weirhouse.domain.index import IncidentIndex
from weirhouse.domain.policy import Policy
from weirhouse.domain.probe import Probe
from weirhouse.domain.text import address_key, similarity

WIDER: Final = 2.0
"""Log-odds by which candidates are looked for more widely than the policy by itself would."""
WINDOW_S: Final = 45 * 86_400.0
"""Records know duplicates that came weeks later; the curve over time says how rarely."""
NEGATIVES: Final = 0.03
AT_ADDRESS: Final = 0.3
"""Shares of the pairs that were not one happening that are looked at, in general and at one address; each
stands for 1 / share."""
FEWEST: Final = 400
FEWEST_SAME: Final = 5
"""Pairs looked at, or recorded as one happening, below which a label has no habit of its own."""
RIDGE: Final = 3.0
"""Holds a label's numbers near the city's: three imagined observations' worth."""
CITY_RIDGE: Final = 0.05
SHAPE_RIDGE: Final = 3.0
"""Two curves over one distance are told apart only as far as the records force it."""
PER_LABEL: Final = 3
CITY: Final = 10


@dataclass(frozen=True)
class Sample:
    """A pair of a report and an incident of one report."""

    one: str
    two: str
    city: tuple[float, ...]
    offset: float
    same: bool
    weight: float


def samples(cases: Sequence[Case], pairs: Sequence[Pair], policy: Policy, by_type: bool, seed: int) -> list[Sample]:
    """Return the pairs that the product would weigh, as they come in the order of event time."""
    groups = Groups()
    for a, b in pairs:
        groups.tie(a, b)
    wide = Habits(labels={"": Habit()}, all=Habit(odds=WIDER), window_s=WINDOW_S)
    policy = msgspec.structs.replace(policy, habits=wide)
    memory = IncidentIndex(policy=policy)
    keys: dict[str, str] = {}
    found: list[Sample] = []
    chance = random.Random(seed)
    for case in cases:
        probe = Probe(case.report, policy.life_priority)
        for incident in memory.near(case.report):
            same = groups.root(case.key) == groups.root(keys[incident.id])
            at_address = bool(probe.address) and probe.address == address_key(incident.address)
            share = 1.0 if same else AT_ADDRESS if at_address else NEGATIVES
            if share < 1.0 and chance.random() > share:
                continue
            z = weigh(probe, incident, policy)
            if z > APART:
                found.append(_sample(probe, incident, z - WIDER, same, 1.0 / share, by_type))
        fresh = opened(probe, policy)
        keys[fresh.id] = case.key
        memory.put(fresh)
    return found


def _sample(probe: Probe, incident: Incident, z: float, same: bool, weight: float, by_type: bool) -> Sample:
    report = probe.report
    unit, square = soon_of(abs(report.event_time - incident.last_at))
    at_address = float(bool(probe.address) and probe.address == address_key(incident.address))
    log_m = root_m = 0.0
    nowhere, address_only = 1.0 - at_address, at_address
    if probe.lat is not None and probe.lon is not None and incident.lat is not None and incident.lon is not None:
        log_m, root_m = near_of(metres(probe.lat, probe.lon, incident.lat, incident.lon))
        nowhere = address_only = 0.0
    alike = similarity(probe.sketch, incident.gist.sketch, probe.sketch_set)
    one, two = (probe.kind.id, incident.type) if by_type else (probe.label, incident.gist.label or incident.type)
    city = (1.0, unit, at_address, square, log_m, root_m, nowhere, alike, float(one == two), address_only)
    return Sample(one, two, city, z, same, weight)


def learn(found: Sequence[Sample], version: str, marked: float = 1.0) -> Habits:
    """Return the table that the samples teach.

    Parameters
    ----------
    marked
        The share of true duplicates that people recorded as such, (0, 1]: scores then mean the chance of one
        happening, not the chance that somebody says so.
    """
    if not any(sample.same for sample in found):
        return Habits()
    seen: dict[str, float] = defaultdict(float)
    tied: Counter[str] = Counter()
    for sample in found:
        for label in {sample.one, sample.two}:
            seen[label] += sample.weight
            tied[label] += sample.same
    labels = sorted(label for label, n in seen.items() if n >= FEWEST or tied[label] >= FEWEST_SAME)
    column = {label: CITY + PER_LABEL * i for i, label in enumerate(labels)}
    x = np.zeros((len(found), CITY + PER_LABEL * len(labels)))
    for row, sample in enumerate(found):
        x[row, :CITY] = sample.city
        for label in (sample.one, sample.two):
            at = column.get(label)
            if at is not None:
                x[row, at : at + PER_LABEL] += (1.0, sample.city[1], sample.city[2])
    same = np.array([sample.same for sample in found], dtype=np.float64)
    offset = np.array([sample.offset for sample in found])
    weight = np.array([sample.weight for sample in found])
    ridge = np.full(x.shape[1], RIDGE)
    ridge[:CITY] = CITY_RIDGE
    ridge[4:6] = SHAPE_RIDGE
    return table(fit(x, same, offset, weight, ridge), labels, version, marked)


def table(b: Array, labels: Sequence[str], version: str, marked: float) -> Habits:
    """Return coefficients as the table that the policy carries."""

    def habit(at: int, more: float = 0.0) -> Habit:
        return Habit(*(round(float(value), 3) for value in (b[at] + more, b[at + 1], b[at + 2])))

    return Habits(
        version=version,
        labels={label: habit(CITY + PER_LABEL * i) for i, label in enumerate(labels)},
        all=habit(0, -math.log(marked)),
        late=round(float(b[3]), 3),
        near=round(float(b[4]), 3),
        far=round(float(b[5]), 3),
        nowhere=round(float(b[6]), 3),
        words=round(float(b[7]), 3),
        same=round(float(b[8]), 3),
        address_only=round(float(b[9]), 3),
        window_s=WINDOW_S,
    )
