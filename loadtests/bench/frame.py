# SPDX-License-Identifier: Apache-2.0
"""What every bench takes and answers."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = ("weirhouse", "faust-streaming", "mode-streaming", "aiokafka", "fastapi", "psycopg", "msgspec", "uvloop")


@dataclass(frozen=True)
class Arguments:
    """What the command line says.

    Attributes
    ----------
    seed
        Start of every random choice.
    seconds
        About how long the load of one measurement may last.
    """

    seed: int = 1
    seconds: float = 5.0


@dataclass(frozen=True)
class Bar:
    """A figure with a floor that must be met and a goal we want.

    Attributes
    ----------
    lower_is_better
        True for latencies.
    """

    name: str
    floor: float
    goal: float
    got: float
    lower_is_better: bool = False

    def met(self, wanted: float) -> bool:
        """Return True if the figure is as good as `wanted`."""
        return self.got <= wanted if self.lower_is_better else self.got >= wanted

    def row(self) -> dict[str, Any]:
        """Return the bar as the last line of `--json` has it."""
        return {
            "name": self.name,
            "floor": self.floor,
            "goal": self.goal,
            "got": self.got,
            "floor_met": self.met(self.floor),
            "goal_met": self.met(self.goal),
        }


@dataclass(frozen=True)
class Result:
    """Figures by name (units in the names), and the bars they are held to."""

    name: str
    figures: Mapping[str, float]
    bars: list[Bar] = field(default_factory=list)

    @property
    def floors_met(self) -> bool:
        """True if no figure lies below its floor."""
        return all(bar.met(bar.floor) for bar in self.bars)

    def line(self, args: Arguments) -> str:
        """Return the result as one line of JSON."""
        return json.dumps(
            {
                "name": self.name,
                "figures": dict(self.figures),
                "bars": [bar.row() for bar in self.bars],
                "versions": versions(),
                "machine": machine(),
                "seed": args.seed,
            }
        )

    def table(self) -> str:
        """Return the result for people."""
        lines = [f"{name:<44}{value:>16,.1f}" for name, value in self.figures.items()]
        for bar in self.bars:
            word = "goal met" if bar.met(bar.goal) else "floor met" if bar.met(bar.floor) else "BELOW THE FLOOR"
            lines.append(f"{bar.name}: {bar.got:,.2f} (floor {bar.floor:,.2f}, goal {bar.goal:,.2f}): {word}")
        return "\n".join(lines)


def versions() -> dict[str, str]:
    """Return the versions that matter."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    return {"system": platform.system(), "architecture": platform.machine(), "cores": os.cpu_count()}
