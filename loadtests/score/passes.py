# SPDX-License-Identifier: Apache-2.0
"""One pass of reports through the product's own decisions, and the search for a wanted share of joins."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from loadtests.score.files import Case
from weirhouse.domain.correlate import logistic
from weirhouse.domain.decide import decide
from weirhouse.domain.decision import Decided
from weirhouse.domain.index import IncidentIndex
from weirhouse.domain.policy import Bands, Policy
from weirhouse.domain.report import Disposition

SEARCHES = 3
"""Passes at most for one wanted share."""
CLOSE = 0.002
"""How near to the wanted share of joins is near enough."""
LOWEST = 0.01
"""Score down to which the best candidate of a report that opened is still noted."""


@dataclass
class Pass:
    """What one pass decided: the incident of every case, which cases joined, and the best score of each."""

    incident: dict[str, str] = field(default_factory=dict)
    joined: set[str] = field(default_factory=set)
    score: dict[str, float] = field(default_factory=dict)
    decided: dict[str, Decided] = field(default_factory=dict)

    def share(self, keys: set[str]) -> float:
        """Return the share of `keys` that joined or were folded."""
        return len(self.joined & keys) / max(1, len(keys))


def run(cases: Sequence[Case], policy: Policy, keep: bool = False, until: float = math.inf) -> Pass:
    """Return the decisions on `cases` (in the order of event time) up to `until`; `keep` the terms as well."""
    memory, done = IncidentIndex(policy=policy), Pass()
    for case in cases:
        report = case.report
        if report.event_time >= until:
            break
        decided = decide(report, memory, policy, report.received_at, may_move=False)
        incident = decided.incident
        assert incident is not None
        memory.put(incident)
        done.incident[case.key] = incident.id
        if decided.disposition in (Disposition.JOINED, Disposition.FOLDED):
            done.joined.add(case.key)
        done.score[case.key] = decided.score
        if keep:
            done.decided[case.key] = decided
    return done


def shifted(policy: Policy, odds: float) -> Policy:
    """Return the policy with every band that joins moved by `odds` (log-odds; below 0 joins more)."""

    def move(value: float) -> float:
        return logistic(odds_of(value) + odds)

    def bands(old: Bands) -> Bands:
        join, placeless = move(old.join), move(old.placeless_join)
        return msgspec.structs.replace(
            old,
            join=join,
            placeless_join=placeless,
            life_join=move(old.life_join),
            suggest=min(old.suggest, join),
            placeless_suggest=min(old.placeless_suggest, placeless),
        )

    return msgspec.structs.replace(
        policy,
        bands=bands(policy.bands),
        type_bands={name: bands(old) for name, old in policy.type_bands.items()},
    )


@dataclass(frozen=True)
class Reached:
    """A pass that joins about the wanted share; `odds`: how far the bands were moved."""

    wanted: float
    share: float
    odds: float
    found: Pass


def own(cases: Sequence[Case], policy: Policy) -> Pass:
    """Return the pass under the policy as it is, with the best score of every report noted down to `LOWEST`."""
    low = {"suggest": LOWEST, "placeless_suggest": LOWEST}
    noting = msgspec.structs.replace(
        policy,
        bands=msgspec.structs.replace(policy.bands, **low),
        type_bands={name: msgspec.structs.replace(old, **low) for name, old in policy.type_bands.items()},
    )
    return run(cases, noting)


def reach(
    cases: Sequence[Case],
    policy: Policy,
    keys: set[str],
    wanted: Sequence[float],
    first: Pass,
    note: Callable[[str], None] = lambda _: None,
) -> list[Reached]:
    """Return for each wanted share the pass nearest to it, bands moved as a whole.

    `first` (from `own`) says where to begin. A pass above the wanted share is never taken when one below is as near.
    """
    scores = sorted((first.score[key] for key in keys), reverse=True)
    base = odds_of(policy.bands.join)
    tried: dict[float, float] = {}
    passes: dict[float, Pass] = {}
    for share in wanted:
        odds = odds_of(scores[min(len(scores) - 1, int(share * len(scores)))]) - base
        for _ in range(SEARCHES):
            odds = round(odds, 2)
            if odds not in tried:
                passes[odds] = run(cases, shifted(policy, odds))
                tried[odds] = passes[odds].share(keys)
                note(f"bands moved by {odds:+.2f}: {100 * tried[odds]:.2f} % joined")
            below = max(((got, at) for at, got in tried.items() if got <= share), default=None)
            above = min(((got, at) for at, got in tried.items() if got > share), default=None)
            if below and share - below[0] <= CLOSE:
                break
            if below and above:
                odds = below[1] + (share - CLOSE / 2 - below[0]) / (above[0] - below[0]) * (above[1] - below[1])
            else:
                odds += -0.5 if below else 0.5
    return [_nearest(share, tried, passes) for share in wanted]


def _nearest(share: float, tried: dict[float, float], passes: dict[float, Pass]) -> Reached:
    best = min(tried, key=lambda at: (abs(tried[at] - share) + (tried[at] > share) * CLOSE, at))
    return Reached(share, tried[best], best, passes[best])


def odds_of(value: float) -> float:
    """Return the log-odds of a score."""
    value = min(max(value, 1e-6), 1.0 - 1e-6)
    return math.log(value / (1.0 - value))
