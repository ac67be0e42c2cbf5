# SPDX-License-Identifier: Apache-2.0
"""Run one score. Exit code 0: all floors met; 1: a floor missed; 2: it could not be run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import loadtests.score
from loadtests.score import boston311, sensors_nab, zh_messages
from loadtests.score.answer import Score
from loadtests.score.files import WrongFileError


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    out = argparse.ArgumentParser(
        prog="python -m loadtests.score",
        description=loadtests.score.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = out.add_subparsers(dest="name", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="one line of JSON as the last line")
    common.add_argument("--seed", type=int, default=1)
    common.add_argument("--explain", action="store_true", help="list wrong joins and what was missed")
    city = names.add_parser("boston311", parents=[common])
    city.add_argument("--events", type=Path, required=True)
    city.add_argument("--truth-pairs", type=Path, required=True)
    city.add_argument("--learn-until", default="", metavar="DATE", help="learn before, score after (else the middle)")
    city.add_argument("--quick", action="store_true", help="the judged points only, not the whole curve")
    said = names.add_parser("zh-messages", parents=[common])
    said.add_argument("--messages", type=Path, required=True)
    said.add_argument("--clusters", type=Path, required=True)
    said.add_argument("--uncertain", type=Path, required=True)
    device = names.add_parser("sensors-nab", parents=[common])
    device.add_argument("--series", type=Path, required=True)
    device.add_argument("--labels", type=Path, required=True)
    return out


def run(options: argparse.Namespace) -> Score:
    """Return the score that the options ask for."""
    if options.name == "boston311":
        return boston311.score(
            options.events, options.truth_pairs, options.seed, options.learn_until, not options.quick, options.explain
        )
    if options.name == "zh-messages":
        return zh_messages.score(options.messages, options.clusters, options.uncertain, options.seed, options.explain)
    return sensors_nab.score(options.series, options.labels, options.seed)


def main() -> int:
    """Parse the command line, run, print."""
    options = parser().parse_args()
    try:
        result = run(options)
    except (OSError, WrongFileError, UnicodeDecodeError) as error:
        print(f"The score could not be run: {error}", file=sys.stderr)
        return 2
    print(result.table())
    if options.json:
        print(result.json())
    return 0 if result.floors_met else 1


if __name__ == "__main__":
    sys.exit(main())
