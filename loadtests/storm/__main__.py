# SPDX-License-Identifier: Apache-2.0
"""`python -m loadtests.storm demo --api http://… --kafka host:port --keys keys.json --truth truth.jsonl --json`.

`--keys` is a JSON object of source → key. `--speed 1` is the storm's own pace, `10` ten times as fast, `max` without
waiting. The answer (JSON with `--json`) counts what was sent and how it was answered; the truth goes to its own file,
never to the house.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from loadtests.storm import profile as profiles
from loadtests.storm.plan import Plan, device_truth, make, readings
from loadtests.storm.send import Doors, Outcome, Pace, devices, people
from loadtests.storm.town import Town

CITY = Path(__file__).parents[2] / "examples" / "city" / "demo.json"


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    out = argparse.ArgumentParser(prog="python -m loadtests.storm", description=__doc__)
    out.add_argument("profile", help=f"one of {', '.join(profiles.names())}, or a .toml file")
    out.add_argument("--api", required=True)
    out.add_argument("--kafka", required=True)
    out.add_argument("--prefix", default="", help="what stands before the topics' names")
    out.add_argument("--keys", type=Path, required=True)
    out.add_argument("--city", type=Path, default=CITY)
    out.add_argument("--truth", type=Path)
    out.add_argument("--scale", type=float, default=1.0)
    out.add_argument("--seed", type=int, default=1)
    out.add_argument("--speed", default="1")
    out.add_argument("--deadline", type=float, default=900.0, help="seconds after which nothing is tried again")
    out.add_argument("--out", type=Path, help="write the answer (JSON) to this file as well")
    out.add_argument("--json", action="store_true")
    return out


async def run(arguments: argparse.Namespace, plan: Plan, town: Town) -> Outcome:
    """Send the storm, people and devices side by side."""
    outcome = Outcome()
    speed = 0.0 if arguments.speed == "max" else float(arguments.speed)
    keys: dict[str, str] = json.loads(arguments.keys.read_text(encoding="utf-8"))
    doors = Doors(arguments.api, keys, outcome, time.monotonic() + arguments.deadline)
    pace = Pace(plan.profile.duration_s, speed)
    stream = readings(plan, town, arguments.seed)
    try:
        async with asyncio.timeout(arguments.deadline + 60), asyncio.TaskGroup() as group:
            group.create_task(people(plan.calls, doors, pace))
            group.create_task(devices(stream, arguments.kafka, arguments.prefix, pace, outcome))
    finally:
        await doors.close()
    return outcome


def main() -> int:
    """Run the command; 0 when every report was answered and none refused."""
    arguments = parser().parse_args()
    town = Town.read(arguments.city)
    plan = make(profiles.load(arguments.profile).scaled(arguments.scale), town, arguments.seed)
    if arguments.truth:
        rows: list[dict[str, Any]] = [*plan.truth, *device_truth(plan)]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        arguments.truth.write_text(text, encoding="utf-8")
    begun = time.monotonic()
    outcome = asyncio.run(run(arguments, plan, town))
    result = {
        "profile": plan.profile.name,
        "scale": arguments.scale,
        "seed": arguments.seed,
        "reports": len(plan.truth),
        "happenings": len(plan.happenings),
        "elapsed_s": round(time.monotonic() - begun, 2),
        **outcome.summary(),
    }
    if arguments.out:
        arguments.out.write_text(json.dumps(result), encoding="utf-8")
    print(json.dumps(result) if arguments.json else json.dumps(result, indent=2))
    return 0 if not outcome.refused and not outcome.unanswered and not outcome.readings_failed else 1


if __name__ == "__main__":
    sys.exit(main())
