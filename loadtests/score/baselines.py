# SPDX-License-Identifier: Apache-2.0
"""What is to beat: each case tied to the nearest earlier one of its type, and the same with a prior for each type."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from loadtests.score.files import Case
from loadtests.score.pairs import Groups, Pair, found
from weirhouse.domain.geo import DEGREE_M

Link = tuple[float, str, str]
"""Cost (lower is surer), the later case, the earlier one."""


def nearest(
    cases: Sequence[Case], radius_m: float, days: float, kind: Callable[[Case], str]
) -> dict[str, tuple[float, float, str]]:
    """Return for each case with a place (metres, seconds, earlier case) of the nearest earlier one of its kind."""
    middle = [case.report.location.point for case in cases if _placed(case)]
    cos = math.cos(math.radians(sum(p.lat for p in middle if p) / max(1, len(middle))))
    cells: dict[tuple[str, int, int], list[tuple[float, float, float, str]]] = defaultdict(list)
    links = {}
    for case in cases:
        point = case.report.location.point
        if point is None or not _placed(case):
            continue
        x, y, at, name = point.lon * DEGREE_M * cos, point.lat * DEGREE_M, case.report.event_time, kind(case)
        column, row = math.floor(x / radius_m), math.floor(y / radius_m)
        best: tuple[float, float, str] | None = None
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                for x2, y2, at2, key in cells.get((name, column + dx, row + dy), ()):
                    apart_m, gap_s = math.hypot(x - x2, y - y2), at - at2
                    if apart_m <= radius_m and gap_s <= days * 86_400.0:
                        best = min(best or (math.inf, 0.0, ""), (apart_m, gap_s, key))
        cells[name, column, row].append((x, y, at, case.key))
        if best is not None:
            links[case.key] = best
    return links


def _placed(case: Case) -> bool:
    return case.report.location.point is not None and not case.report.location.default


def plain(
    cases: Sequence[Case], pairs: Sequence[Pair], radius_m: float, days: float, by: Callable[[Case], str]
) -> tuple[float, float]:
    """Return (share of pairs found, share of cases tied) when every case with a neighbour is tied to it."""
    links = nearest(cases, radius_m, days, by)
    return _found([(0.0, key, link[2]) for key, link in links.items()], pairs), len(links) / len(cases)


def ranked(
    cases: Sequence[Case],
    pairs: Sequence[Pair],
    scored: set[str],
    shares: Sequence[float],
    prior: dict[str, float] | None = None,
) -> list[float]:
    """Return the share of `pairs` found when the nearest `shares` of the `scored` cases are tied.

    Nearness is metres in 60 plus days in 14; with `prior` (log-odds by type) its negative is added to that.
    """
    kinds = {case.key: case.type for case in cases}
    lowest = min(prior.values(), default=0.0) if prior else 0.0
    links = sorted(
        (apart_m / 60.0 + gap_s / (14.0 * 86_400.0) - (prior.get(kinds[key], lowest) if prior else 0.0), key, other)
        for key, (apart_m, gap_s, other) in nearest(cases, 60.0, 14.0, lambda case: case.type).items()
        if key in scored
    )
    return [_found(links[: int(share * len(scored))], pairs) for share in shares]


def type_priors(cases: Sequence[Case], pairs: Sequence[Pair]) -> dict[str, float]:
    """Return by type the log-odds that a case's nearest neighbour was recorded as the same happening."""
    groups = Groups()
    for one, two in pairs:
        groups.tie(one, two)
    tied: Counter[str] = Counter()
    one_happening: Counter[str] = Counter()
    kinds = {case.key: case.type for case in cases}
    for key, (_, _, other) in nearest(cases, 60.0, 14.0, lambda case: case.type).items():
        tied[kinds[key]] += 1
        one_happening[kinds[key]] += groups.root(key) == groups.root(other)
    # One imagined happening in forty neighbours keeps types with few neighbours from the extremes.
    return {name: math.log((one_happening[name] + 0.5) / (tied[name] - one_happening[name] + 19.5)) for name in tied}


def _found(links: Sequence[Link], pairs: Sequence[Pair]) -> float:
    groups = Groups()
    for _, one, two in links:
        groups.tie(one, two)
    return found(pairs, {name: groups.root(name) for pair in pairs for name in pair})
