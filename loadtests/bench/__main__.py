# SPDX-License-Identifier: Apache-2.0
"""Run one bench. Exit code 0: all floors met; 1: a floor missed; 2: it could not be run or not all be judged."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from pathlib import Path

import loadtests.bench
from loadtests.bench.frame import Arguments, Result
from weirhouse.embedded.errors import EmbeddedError


def names() -> list[str]:
    """Return the names of all benches."""
    folder = Path(loadtests.bench.__file__).parent
    return sorted(
        file.stem for file in folder.glob("*.py") if "\ndef run(args: Arguments) -> Result:" in file.read_text()
    )


def main() -> int:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.bench", description=__doc__)
    parser.add_argument("name", choices=names())
    parser.add_argument("--json", action="store_true", help="one line of JSON as the last line")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0, help="about how long one measurement may last")
    options = parser.parse_args()
    args = Arguments(seed=options.seed, seconds=options.seconds)
    bench = importlib.import_module(f"loadtests.bench.{options.name}")
    try:
        result: Result = bench.run(args)
    except (EmbeddedError, OSError, subprocess.SubprocessError) as error:
        print(f"The bench could not be run: {error}", file=sys.stderr)
        return 2
    print(result.line(args) if options.json else result.table())
    return result.code


if __name__ == "__main__":
    sys.exit(main())
