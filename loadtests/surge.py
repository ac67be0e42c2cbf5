# SPDX-License-Identifier: Apache-2.0
"""`python -m loadtests.surge PROFILE --scale N --seed S [--json]`: a surge through a whole house, and its judgement.

A house of its own in a folder that is thrown away; the storm goes through the public doors and the devices' topics;
when it has drained, conservation is proved and the outcome compared with the truth. Exit code 0: every floor met; 1:
one missed; 2: it could not be run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.judge import of_run
from loadtests.storm import profile as profiles
from weirhouse.cli.once import once_through
from weirhouse.cli.rooms import Room
from weirhouse.cli.talk import Stop, Talk
from weirhouse.embedded.errors import EmbeddedError
from weirhouse.ledger.ports import LedgerAway, LedgerRefuses
from weirhouse.settings import Settings
from weirhouse.wire.broker import BrokerAway

# A surge is kept to minutes: at their own pace the longest profile lasts twenty.
DRAIN_WITHIN_S = 600.0


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    out = argparse.ArgumentParser(prog="python -m loadtests.surge", description=__doc__)
    out.add_argument("profile", help=f"one of {', '.join(profiles.names())}, or a .toml file")
    out.add_argument("--scale", type=float, default=1.0)
    out.add_argument("--seed", type=int, default=1)
    out.add_argument("--speed", default="1", help="1 = the profile's own pace; N times as fast; max")
    out.add_argument("--json", action="store_true")
    return out


def bars(found: Mapping[str, Any], scored: Mapping[str, float]) -> list[Bar]:
    """Return what a surge is held to. Latencies from the door's stamp, whatever the load."""
    broken = sum(not line["holds"] for line in found["conservation"])
    refused = sum(found["sent"]["refused"].values()) + found["sent"]["unanswered"]
    return [
        Bar("conservation_lines_broken", 0, 0, broken, lower_is_better=True),
        Bar("reports_refused_or_unanswered", 0, 0, refused, lower_is_better=True),
        Bar("feed_gaps", 0, 0, found["subscriber"]["gaps"], lower_is_better=True),
        Bar("danger_below_p2", 0, 0, scored["danger_lowered"], lower_is_better=True),
        Bar("twin_share", 0.25, 0.10, scored["twin_share"], lower_is_better=True),
        Bar("false_join_share", 0.10, 0.03, scored["false_join_share"], lower_is_better=True),
    ]


def surge(arguments: argparse.Namespace) -> Result:
    """Run one surge.

    Raises
    ------
    Stop, EmbeddedError
        The house could not be started, or did not drain.
    """
    scored: dict[str, float] = {}

    def look(room: Room, folder: Path) -> dict[str, Any]:
        scored.update(of_run(room.settings, folder / "truth.jsonl").figures())
        return {}

    storm = [arguments.profile, "--scale", str(arguments.scale), "--seed", str(arguments.seed)]
    storm += ["--speed", arguments.speed]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="weirhouse-surge-") as folder:
        settings = Settings(state_dir=Path(folder))
        ran = once_through(
            settings, Talk(as_json=True), storm, arguments.profile, drain_within_s=DRAIN_WITHIN_S, look=look
        )
    found = ran.answer
    figures = {
        f"{way}_{name}": found[way][name] for way in ("door_ledger_ms", "door_feed_ms") for name in ("p50", "p99")
    }
    figures |= {"door_answer_ms_p99": found["sent"]["door_ms"]["p99"], "drained_s": found["drained_s"]}
    figures |= {"readings": found["sent"]["readings"], "signals": sum(found["signals"].values())}
    figures |= {"elapsed_s": round(time.monotonic() - begun, 1), **scored}
    kept = {name: float(value) for name, value in figures.items() if value is not None}
    return Result(f"surge {arguments.profile} x{arguments.scale:g}", kept, bars(found, scored))


def main() -> int:
    """Run the command."""
    arguments = parser().parse_args()
    try:
        result = surge(arguments)
    except (Stop, EmbeddedError, BrokerAway, LedgerAway, LedgerRefuses) as error:
        print(error, file=sys.stderr)
        return 2
    print(result.line(Arguments(seed=arguments.seed)) if arguments.json else result.table())
    return 0 if result.floors_met else 1


if __name__ == "__main__":
    sys.exit(main())
