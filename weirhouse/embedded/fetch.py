# SPDX-License-Identifier: Apache-2.0
"""`python -m weirhouse.embedded.fetch`: bring Kafka's jars into the cache, with progress (for `make setup`)."""

from __future__ import annotations

import sys

from weirhouse.embedded.errors import EmbeddedError
from weirhouse.embedded.jars import class_path


def main() -> int:
    """Fetch what is missing and return the exit code."""
    live = sys.stderr.isatty()

    def progress(done: int, total: int) -> None:
        if live or done == total:
            sys.stderr.write(f"{chr(13) if live else ''}  kafka {done}/{total}{chr(10) if done == total else ''}")
            sys.stderr.flush()

    try:
        class_path(progress)
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
