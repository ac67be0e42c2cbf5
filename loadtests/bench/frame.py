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
    got
        None: not judged, because what it is compared with is not on this machine.
    lower_is_better
        True for latencies.
    """

    name: str
    floor: float
    goal: float
    got: float | None
    lower_is_better: bool = False

    def met(self, wanted: float) -> bool:
        """Return True if the figure is as good as `wanted`; never for one that was not judged."""
        if self.got is None:
            return False
        return self.got <= wanted if self.lower_is_better else self.got >= wanted

    @property
    def word(self) -> str:
        """How it stands, for people."""
        if self.got is None:
            return "not judged"
        return "goal met" if self.met(self.goal) else "floor met" if self.met(self.floor) else "BELOW THE FLOOR"

    def row(self) -> dict[str, Any]:
        """Return the bar as the last line of `--json` has it."""
        return {
            "name": self.name,
            "floor": self.floor,
            "goal": self.goal,
            "got": self.got,
            "judged": self.got is not None,
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
        """True if every figure was judged and none lies below its floor."""
        return all(bar.met(bar.floor) for bar in self.bars)

    @property
    def code(self) -> int:
        """The exit code: 0 all floors met, 1 a floor missed, 2 something could not be judged here."""
        if any(bar.got is None for bar in self.bars):
            return 2
        return 0 if self.floors_met else 1

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
            got = "-" if bar.got is None else f"{bar.got:,.2f}"
            lines.append(f"{bar.name}: {got} (floor {bar.floor:,.2f}, goal {bar.goal:,.2f}): {bar.word}")
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
