# SPDX-License-Identifier: Apache-2.0
"""Run one measure of the console. Exit code 0: all floors met; 1: a floor missed; 2: it could not be run."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from playwright.sync_api import Error

import loadtests.console
from loadtests.bench.frame import Arguments, Result
from weirhouse.cli.talk import Stop
from weirhouse.embedded.errors import EmbeddedError


def names() -> list[str]:
    """Return the names of all measures."""
    folder = Path(loadtests.console.__file__).parent
    return sorted(
        file.stem for file in folder.glob("*.py") if "\ndef run(args: Arguments) -> Result:" in file.read_text()
    )


def main() -> int:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.console", description=__doc__)
    parser.add_argument("name", choices=names())
    parser.add_argument("--json", action="store_true", help="one line of JSON as the last line")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0, help="about how long one measurement may last")
    options = parser.parse_args()
    args = Arguments(seed=options.seed, seconds=options.seconds)
    measure = importlib.import_module(f"loadtests.console.{options.name}")
    try:
        result: Result = measure.run(args)
    except (EmbeddedError, Stop, OSError, Error) as error:
        print(f"The measure could not be taken: {error}", file=sys.stderr)
        return 2
    print(result.line(args) if options.json else result.table())
    return 0 if result.floors_met else 1


if __name__ == "__main__":
    sys.exit(main())
