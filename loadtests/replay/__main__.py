# SPDX-License-Identifier: Apache-2.0
"""`python -m loadtests.replay boston311 --data DIR --city-out city.json` writes the city that the data needs;

`python -m loadtests.replay boston311 --data DIR --from 2011-08-27 --to 2011-08-31 --api URL --keys FILE --speed max`
sends the reports from the first day up to and without the last. `--speed N` replays N seconds a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from datetime import date
from itertools import groupby
from pathlib import Path

from loadtests.datasets import boston311
from loadtests.storm.plan import Call
from loadtests.storm.send import Doors, Outcome

# Lines of one batch at full speed: large enough to be quick, small enough that life-safety lines do not wait.
BATCH = 100

# A busy house at full speed takes a batch in far less; at N seconds a second a replay may last as long as it does.
DEADLINE_S = 3_600.0


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    out = argparse.ArgumentParser(prog="python -m loadtests.replay", description=__doc__)
    out.add_argument("dataset", choices=["boston311"])
    out.add_argument("--data", type=Path, required=True)
    out.add_argument("--city-out", type=Path, help="write the city file and send nothing")
    out.add_argument("--from", dest="first", type=date.fromisoformat)
    out.add_argument("--to", dest="before", type=date.fromisoformat)
    out.add_argument("--speed", default="max")
    out.add_argument("--api")
    out.add_argument("--keys", type=Path)
    out.add_argument("--out", type=Path, help="write the answer (JSON) to this file as well")
    out.add_argument("--json", action="store_true")
    return out


async def send(rows: list[boston311.Row], api: str, keys: dict[str, str], speed: float) -> Outcome:
    """Send the reports in order: alone at their pace, or in batches of one source as fast as it goes (`speed` 0)."""
    outcome = Outcome()
    doors = Doors(api, keys, outcome, time.monotonic() + DEADLINE_S)
    begun, first = time.monotonic(), rows[0].at
    try:
        if speed:
            async with asyncio.TaskGroup() as group:
                for row in rows:
                    due = begun + (row.at - first).total_seconds() / speed
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                    group.create_task(doors.one(_call(row), _line(row), due))
        else:
            for start in range(0, len(rows), BATCH):
                part = sorted(rows[start : start + BATCH], key=lambda row: row.source)
                async with asyncio.TaskGroup() as group:
                    for _, mine in groupby(part, key=lambda row: row.source):
                        same = list(mine)
                        calls, lines = [_call(row) for row in same], [_line(row) for row in same]
                        group.create_task(doors.many(calls, lines, time.monotonic()))
    finally:
        await doors.close()
    return outcome


def _call(row: boston311.Row) -> Call:
    return Call(0.0, 0.0, row.source, row.body["id"], row.body, batch=True)


def _line(row: boston311.Row) -> bytes:
    return json.dumps(row.body, ensure_ascii=False).encode()


def main() -> int:
    """Run the command; 0 when every report was answered and none refused."""
    arguments = parser().parse_args()
    if arguments.city_out:
        text = json.dumps(boston311.city(arguments.data), ensure_ascii=False)
        arguments.city_out.write_text(text, encoding="utf-8")
        return 0
    if not (arguments.first and arguments.before and arguments.api and arguments.keys):
        parser().error("--from, --to, --api and --keys are needed to send")
    rows = boston311.requests(arguments.data, arguments.first, arguments.before)
    if not rows:
        parser().error(f"no request between {arguments.first} and {arguments.before}")
    keys: dict[str, str] = json.loads(arguments.keys.read_text(encoding="utf-8"))
    speed = 0.0 if arguments.speed == "max" else float(arguments.speed)
    begun = time.monotonic()
    outcome = asyncio.run(send(rows, arguments.api, keys, speed))
    result = {
        "dataset": arguments.dataset,
        "from": str(arguments.first),
        "to": str(arguments.before),
        "reports": len(rows),
        "elapsed_s": round(time.monotonic() - begun, 2),
        **outcome.summary(),
    }
    if arguments.out:
        arguments.out.write_text(json.dumps(result), encoding="utf-8")
    print(json.dumps(result) if arguments.json else json.dumps(result, indent=2))
    return 0 if not outcome.refused and not outcome.unanswered else 1


if __name__ == "__main__":
    sys.exit(main())
