# SPDX-License-Identifier: Apache-2.0
"""The folders of the one-machine default, its lock and the small JSON files in it."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from weirhouse.embedded.errors import EmbeddedError


def cache_dir() -> Path:
    """Where downloads stay: `WEIRHOUSE_CACHE_DIR`, else the XDG cache folder."""
    if configured := os.environ.get("WEIRHOUSE_CACHE_DIR"):
        return Path(configured)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "weirhouse"


def prepare(folder: Path) -> Path:
    """Make `folder` (mode 0700 when new) and prove that we can write there.

    Raises
    ------
    EmbeddedError
        It cannot be made or written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise EmbeddedError("state-unwritable", folder=folder, why=error.strerror) from error
    return folder


class FolderLock:
    """One house a state folder. The kernel lets go of it when the holder dies, however it dies."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "house.lock"
        self._fd: int | None = None

    def take(self) -> None:
        """Take the lock.

        Raises
        ------
        EmbeddedError
            Another process holds it.
        """
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(fd, 32).decode(errors="replace").strip() or "unknown"
            os.close(fd)
            raise EmbeddedError("already-runs", holder=holder, folder=self._path.parent) from error
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())
        self._fd = fd

    def release(self) -> None:
        """Let go; harmless when not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def read_json(path: Path) -> dict[str, Any]:
    """Return what a small JSON file holds; nothing when it is missing or torn."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Replace a small JSON file in one step, readable by its owner only."""
    fresh = path.with_suffix(".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
