# SPDX-License-Identifier: Apache-2.0
"""A short race for teams with processes killed under it: nothing is given twice, no promise is broken."""

from __future__ import annotations

from loadtests.bench.frame import Arguments
from loadtests.race.__main__ import run


def test_a_short_race_with_kills_gives_nothing_twice() -> None:
    result = run(Arguments(seed=3, seconds=10.0))
    wrong = [bar for bar in result.bars if bar.name not in ("assigned", "killed") and not bar.met(bar.floor)]
    assert wrong == []
    assert result.figures["assigned"] > 0
    assert sum(value for name, value in result.figures.items() if name.startswith("killed_")) >= 1
