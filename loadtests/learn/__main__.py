# SPDX-License-Identifier: Apache-2.0
"""Learn a table of habits from a city's own recorded duplicates and print it as policy data (JSON)."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from loadtests.learn.habits import learn, samples
from loadtests.score.files import WrongFileError, events, instant, truth_pairs
from weirhouse.domain.policy import NORMAL


def main() -> int:
    """Run the command; 0 with a table, 1 when the records hold no pair to learn from, 2 when they cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.learn", description=__doc__)
    parser.add_argument("--events", type=Path, required=True)
    parser.add_argument("--truth-pairs", type=Path, required=True)
    parser.add_argument("--until", default="", metavar="DATE", help="learn from what came before it only")
    parser.add_argument("--by-type", action="store_true", help="a row for each of our types, not for each label")
    parser.add_argument("--marked", type=float, default=1.0, help="share of true duplicates that people recorded")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    try:
        cases = events(options.events)
        if options.until:
            before = instant(options.until)
            cases = [case for case in cases if case.report.event_time < before]
        pairs = truth_pairs(options.truth_pairs, {case.key for case in cases})
    except (OSError, WrongFileError, UnicodeDecodeError) as error:
        print(f"The records could not be read: {error}", file=sys.stderr)
        return 2
    if not pairs:
        print("The records hold no recorded pair before that date: nothing can be learned.", file=sys.stderr)
        return 1
    first, last = (datetime.fromtimestamp(cases[at].report.event_time, UTC).date() for at in (0, -1))
    version = f"{options.events.name} {first} to {last}, {len(cases)} cases, {len(pairs)} pairs"
    found = samples(cases, pairs, NORMAL, options.by_type, options.seed)
    body = msgspec.json.format(msgspec.json.encode(learn(found, version, options.marked)), indent=1)
    if options.out:
        options.out.write_bytes(body + b"\n")
    else:
        print(body.decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
