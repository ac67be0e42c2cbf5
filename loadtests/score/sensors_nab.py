# SPDX-License-Identifier: Apache-2.0
"""Real sensor series with labelled anomaly windows: the signals of *fold* against the alerts of a bare threshold.

The threshold is the same for both: each series' outer 2.5 % on either side, as an operator would set it from the
history. A window counts as raised when a raw alert lies in it, or a signal is raised or standing in it.
"""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Final

from loadtests.score.answer import Score
from loadtests.score.files import WrongFileError, instant, rows
from weirhouse.domain.city import Source
from weirhouse.domain.fold import FoldState, plan_of, step
from weirhouse.domain.reading import Reading, Signal, SignalState, SourceRules

TAIL: Final = 0.025
CALM: Final = 288
"""Readings that a return must stand before it clears: a day for five-minute ones, as one shift hands to the next."""
REFRESH_S: Final = 7 * 86_400.0
"""A standing signal is repeated weekly here: the series are hours apart where devices are seconds."""

Series = list[tuple[float, float]]
Windows = list[tuple[float, float]]


def load(series_file: Path, label_file: Path) -> tuple[dict[str, Series], dict[str, Windows]]:
    """Return the readings (seconds, value) and the labelled windows of each series."""
    found: dict[str, Series] = defaultdict(list)
    for row in rows(series_file, "series", "timestamp", "value"):
        found[row["series"]].append((instant(row["timestamp"]), float(row["value"])))
    try:
        labels = json.loads(label_file.read_text(encoding="utf-8"))
        windows = {
            name: [(instant(start), instant(end)) for start, end in known["windows"]] for name, known in labels.items()
        }
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise WrongFileError(f"{label_file.name} is not a file of labelled windows: {error}") from error
    for readings in found.values():
        readings.sort()
    return dict(found), windows


def rules_of(readings: Series) -> SourceRules:
    """Return the limits of a series and how its signals calm down."""
    values = sorted(value for _, value in readings)
    low, high = values[int(TAIL * len(values))], values[-1 - int(TAIL * len(values))]
    every_s = statistics.median(b[0] - a[0] for a, b in pairwise(readings))
    return SourceRules(
        high=high,
        low=low,
        dead_band=0.3 * (high - low),
        off_delay_s=CALM * every_s,
        refresh_s=REFRESH_S,
        expire_s=REFRESH_S,
    )


def score(series_file: Path, label_file: Path, seed: int) -> Score:
    """Return the score of the data in the two files."""
    series, windows = load(series_file, label_file)
    result = Score("sensors-nab", seed)
    raw = told = hit = kept = total = 0
    result.lines.append(f"{'series':<52}{'raw alerts':>11}{'signals':>9}{'windows':>9}{'alerted':>9}{'raised':>8}")
    for name, readings in sorted(series.items()):
        rules = rules_of(readings)
        alerts = [at for at, value in readings if outside(value, rules)]
        signals = signals_of(name, readings, rules)
        spans = standing(signals, readings[-1][0])
        seen = [any(start <= at <= end for at in alerts) for start, end in windows.get(name, [])]
        held = [any(a <= end and b >= start for a, b in spans) for start, end in windows.get(name, [])]
        raw, told, total = raw + len(alerts), told + len(signals), total + len(seen)
        hit, kept = hit + sum(seen), kept + sum(one and two for one, two in zip(seen, held, strict=True))
        result.lines.append(f"{name:<52}{len(alerts):>11}{len(signals):>9}{len(seen):>9}{sum(seen):>9}{sum(held):>8}")
    result.figures.update(
        raw_alerts=raw, signals=told, windows=total, windows_alerted=hit, windows_still_raised=kept,
        fewer=1.0 - told / raw if raw else 0.0, raised_of_alerted=kept / hit if hit else 1.0,
    )  # fmt: skip
    result.bar("fewer", 0.95, 0.95)
    result.bar("raised_of_alerted", 1.0, 1.0)
    return result


def outside(value: float, rules: SourceRules) -> bool:
    """Return whether a bare threshold would alert."""
    return (rules.high is not None and value > rules.high) or (rules.low is not None and value < rules.low)


def signals_of(name: str, readings: Series, rules: SourceRules) -> list[Signal]:
    """Return what fold emits for one series, its readings taken one by one."""
    plan = plan_of(Source(id=name, name=name, sort="sensor", rules=rules))
    state: FoldState | None = None
    found: list[Signal] = []
    for offset, (at, value) in enumerate(readings):
        state, signal = step(state, Reading(source=name, at=at, value=value), plan, offset)
        if signal is not None:
            found.append(signal)
    return found


def standing(signals: list[Signal], end: float) -> Windows:
    """Return the spans in which a signal stood."""
    spans: Windows = []
    since: float | None = None
    for signal in signals:
        if signal.state is SignalState.CLEARED:
            if since is not None:
                spans.append((since, signal.at))
            since = None
        elif since is None:
            since = signal.since
    return [*spans, (since, end)] if since is not None else spans
