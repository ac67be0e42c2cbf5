# SPDX-License-Identifier: Apache-2.0
"""Requests of a city with the duplicates that its officers recorded (format `boston311`), scored by the later part.

The earlier part teaches the city's habits; a duplicate counts as found when child and parent end in one incident.
Officers mark only some duplicates, so the share found is sound and precision against them a lower bound.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from loadtests.learn.habits import learn, samples
from loadtests.score import baselines, passes
from loadtests.score.answer import Score
from loadtests.score.files import Case, events, instant, truth_pairs
from loadtests.score.pairs import Pair, found
from weirhouse.domain.policy import NORMAL, Policy

BARS: Final = ((0.05, 0.56, 0.70), (0.10, 0.78, 0.85), (0.153, 0.81, 0.90))
"""Share of cases joined, floor and goal of the share of recorded duplicates found."""
CURVE: Final = (0.02, 0.05, 0.10, 0.153, 0.20, 0.25)
DAY_S: Final = 86_400.0
EXPLAINED: Final = 40
MARKED: Final = 0.15
"""Share of true duplicates that officers mark as such, taken for the learned bias: they record 2 % of all
cases, while plain neighbours of one type within 30 m and a week are 15 %."""


@dataclass(frozen=True)
class Part:
    """A stretch of time: its cases by key, and the recorded pairs whose child lies in it."""

    keys: set[str]
    pairs: list[Pair]


def middle(cases: Sequence[Case]) -> float:
    """Return the midnight nearest the middle of the data."""
    first, last = cases[0].report.event_time, cases[-1].report.event_time
    return round((first + last) / 2.0 / DAY_S) * DAY_S


def part(cases: Sequence[Case], pairs: Sequence[Pair], first: float, before: float) -> Part:
    """Return the part of the data from `first` up to and without `before`."""
    keys = {case.key for case in cases if first <= case.report.event_time < before}
    return Part(keys, [pair for pair in pairs if pair[0] in keys])


def taught(cases: Sequence[Case], early: Part, seed: int, policy: Policy = NORMAL) -> Policy:
    """Return the policy with the habits that the earlier part alone teaches."""
    known = [pair for pair in early.pairs if pair[1] in early.keys]
    past = [case for case in cases if case.key in early.keys]
    habits = learn(samples(past, known, policy, by_type=False, seed=seed), "earlier part", MARKED)
    return msgspec.structs.replace(policy, habits=habits)


def score(
    event_file: Path, pair_file: Path, seed: int, until: str = "", curve: bool = True, explain: bool = False
) -> Score:
    """Return the score of the data in the two files."""
    cases = events(event_file)
    pairs = truth_pairs(pair_file, {case.key for case in cases})
    split = instant(until) if until else middle(cases)
    early, late = part(cases, pairs, 0.0, split), part(cases, pairs, split, float("inf"))
    result = Score("boston311", seed)
    result.lines.append(
        f"{len(cases):,} cases, {len(pairs):,} recorded pairs; learned before "
        f"{datetime.fromtimestamp(split, UTC).date()} ({len(early.keys):,} cases, {len(early.pairs)} pairs), "
        f"scored from there ({len(late.keys):,} cases, {len(late.pairs)} pairs)"
    )
    _note("learning the habits of the earlier part")
    policy = taught(cases, early, seed)
    _note("one pass at the product's own threshold")
    first = passes.own(cases, policy)
    for name, one in (("earlier", early), ("later", late)):
        result.figures[f"own_found_{name}"] = found(one.pairs, first.incident)
        result.figures[f"own_joined_{name}"] = first.share(one.keys)
    wanted = CURVE if curve else tuple(share for share, _, _ in BARS)
    reached = passes.reach(cases, policy, late.keys, wanted, first, _note)
    for one_pass in reached:
        name = f"{100 * one_pass.wanted:g}"
        result.figures[f"found_at_{name}"] = found(late.pairs, one_pass.found.incident)
        result.figures[f"joined_at_{name}"] = one_pass.share
        result.figures[f"earlier_found_at_{name}"] = found(early.pairs, one_pass.found.incident)
        result.figures[f"earlier_joined_at_{name}"] = one_pass.found.share(early.keys)
    _baselines(result, cases, pairs, early, late)
    for share, floor, goal in BARS:
        result.bar(f"found_at_{100 * share:g}", floor, goal)
    _lines(result, wanted)
    if explain:
        result.lines.extend(_explained(cases, late, policy))
    return result


def _baselines(result: Score, cases: Sequence[Case], pairs: Sequence[Pair], early: Part, late: Part) -> None:
    for name, radius_m, days, by in (
        ("type_30m_7d", 30.0, 7.0, lambda case: case.type),
        ("type_60m_14d", 60.0, 14.0, lambda case: case.type),
        ("reason_60m_14d", 60.0, 14.0, lambda case: case.reason),
    ):
        got, tied = baselines.plain(cases, pairs, radius_m, days, by)
        result.figures[f"baseline_{name}_found"], result.figures[f"baseline_{name}_joined"] = got, tied
    shares = [share for share, _, _ in BARS]
    prior = baselines.type_priors([case for case in cases if case.key in early.keys], early.pairs)
    plain = baselines.ranked(cases, late.pairs, late.keys, shares)
    with_prior = baselines.ranked(cases, late.pairs, late.keys, shares, prior)
    for share, one, two in zip(shares, plain, with_prior, strict=True):
        result.figures[f"baseline_nearest_at_{100 * share:g}"] = one
        result.figures[f"baseline_prior_at_{100 * share:g}"] = two


def _lines(result: Score, wanted: Sequence[float]) -> None:
    figures, lines = result.figures, result.lines
    lines += ["", "at the product's own threshold     found   joined"]
    for name in ("earlier", "later"):
        lines.append(f"  {name:<32}{figures[f'own_found_{name}']:>6.3f}{figures[f'own_joined_{name}']:>9.3f}")
    lines += ["", "wanted   later: found   joined   earlier (learned from): found   joined   nearest   with prior"]
    for share in wanted:
        name = f"{100 * share:g}"
        base = "".join(
            f"{figures[key]:>10.3f}" if (key := f"baseline_{kind}_at_{name}") in figures else " " * 10
            for kind in ("nearest", "prior")
        )
        lines.append(
            f"{name + ' %':<9}{figures[f'found_at_{name}']:>12.3f}{figures[f'joined_at_{name}']:>9.3f}"
            f"{figures[f'earlier_found_at_{name}']:>32.3f}{figures[f'earlier_joined_at_{name}']:>9.3f}{base}"
        )
    lines += ["", "baselines over all pairs: found, joined"]
    for name in ("type_30m_7d", "type_60m_14d", "reason_60m_14d"):
        got, tied = figures[f"baseline_{name}_found"], figures[f"baseline_{name}_joined"]
        lines.append(f"  {name:<24}{got:>6.3f}{tied:>9.3f}")


def _explained(cases: Sequence[Case], late: Part, policy: Policy) -> list[str]:
    """Return the terms of joins that no officer recorded, and of recorded pairs kept apart."""
    done, by_key = passes.run(cases, policy, keep=True), {case.key: case for case in cases}
    lines = ["", f"joins that nobody recorded (the first {EXPLAINED} of the later part; officers mark only some)"]
    said = {name for pair in late.pairs for name in pair}
    for key in [key for key in sorted(done.joined & late.keys) if key not in said][:EXPLAINED]:
        decided = done.decided[key]
        terms = ", ".join(f"{term.code} {term.value:+.1f}" for term in decided.terms)
        lines.append(f"  {key} {by_key[key].type}: {decided.score:.2f} ({terms})")
    lines += ["", f"recorded pairs kept apart (the first {EXPLAINED})"]
    missed = [pair for pair in late.pairs if done.incident[pair[0]] != done.incident.get(pair[1])]
    for child, parent in missed[:EXPLAINED]:
        one, two = by_key[child], by_key[parent]
        hours = (one.report.event_time - two.report.event_time) / 3600.0
        lines.append(f"  {child} {one.type} / {parent} {two.type}: {hours:+.1f} h")
    return lines


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
