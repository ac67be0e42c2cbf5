# SPDX-License-Identifier: Apache-2.0
"""What a score prints: a table for people, one line of JSON for machines."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from loadtests.bench.frame import Bar, machine, versions


@dataclass
class Score:
    """Figures by name, the bars they are held to, and lines for people that `--json` leaves out."""

    name: str
    seed: int
    figures: dict[str, float] = field(default_factory=dict)
    bars: list[Bar] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @property
    def floors_met(self) -> bool:
        """Whether no figure lies below its floor."""
        return all(bar.met(bar.floor) for bar in self.bars)

    def bar(self, name: str, floor: float, goal: float) -> None:
        """Hold the figure `name` to a floor and a goal."""
        self.bars.append(Bar(name, floor, goal, self.figures[name]))

    def json(self) -> str:
        """Return the result as one line of JSON."""
        return json.dumps(
            {
                "name": f"score {self.name}",
                "figures": {name: round(value, 5) for name, value in self.figures.items()},
                "bars": [bar.row() for bar in self.bars],
                "versions": versions(),
                "machine": machine(),
                "seed": self.seed,
            }
        )

    def table(self) -> str:
        """Return the result for people."""
        lines = [*self.lines, ""]
        for bar in self.bars:
            word = "goal met" if bar.met(bar.goal) else "floor met" if bar.met(bar.floor) else "BELOW THE FLOOR"
            lines.append(f"{bar.name:<44}{bar.got:>8.3f}  floor {bar.floor:.2f}, goal {bar.goal:.2f}: {word}")
        return "\n".join(lines)
