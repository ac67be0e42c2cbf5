# SPDX-License-Identifier: Apache-2.0
"""`python -m weirhouse.embedded.forget`: forget what the one-machine default has kept (for `make clean-data`)."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from weirhouse.embedded.errors import EmbeddedError
from weirhouse.embedded.folders import FolderLock
from weirhouse.embedded.supervisor import end_strays
from weirhouse.settings import Settings

# What a house makes in its state folder, and nothing else: the folder may have been chosen by hand.
_OURS = ("kafka", "postgres", "logs")
_FILES = ("state.json", "state.new", "keys.json", "keys.new", "keys.lock", "house.json", "house.lock")


def forget(folder: Path) -> bool:
    """Remove the data of a house that does not run; say whether there was any.

    Raises
    ------
    EmbeddedError
        A house runs from this folder, or something cannot be removed.
    """
    if not folder.is_dir():
        return False
    lock = FolderLock(folder)
    lock.take()
    try:
        end_strays(folder)
        found = any((folder / name).exists() for name in _OURS)
        for name in _OURS:
            if (folder / name).exists():
                shutil.rmtree(folder / name)
        for name in _FILES:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise EmbeddedError("cannot-forget", path=error.filename, why=error.strerror) from error
    finally:
        lock.release()
    return found


def main() -> int:
    """Forget, say so, and return the exit code."""
    folder = Settings().state_dir
    try:
        found = forget(folder)
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{'forgot the data in' if found else 'no data in'} {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
