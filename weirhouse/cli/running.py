# SPDX-License-Identifier: Apache-2.0
"""The house that runs now, as other commands find it: where its stores are, and who holds its folder."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from weirhouse.cli.talk import Stop
from weirhouse.embedded.errors import EmbeddedError
from weirhouse.embedded.folders import FolderLock, read_json, write_json
from weirhouse.settings import Settings

_FILE = "house.json"

# Kafka, PostgreSQL and three services stop in a few seconds; a loaded machine may take ten times that.
STOP_WITHIN_S = 60.0


def remember(folder: Path, environment: dict[str, str]) -> None:
    """Write down where the stores are, for other commands (owner only: the address holds a password)."""
    write_json(folder / _FILE, environment)


def forget(folder: Path) -> None:
    """Take the note away when the house ends."""
    (folder / _FILE).unlink(missing_ok=True)


def holder(folder: Path) -> int | None:
    """Return the process that holds the folder's lock, or None when no house runs from it."""
    if not (folder / "house.lock").exists():
        return None
    lock = FolderLock(folder)
    try:
        lock.take()
    except EmbeddedError:
        with suppress(OSError, ValueError):
            return int((folder / "house.lock").read_text(encoding="ascii").strip())
        return None
    lock.release()
    return None


def found(settings: Settings) -> bool:
    """Whether the stores are there: by their URLs, or because a house runs from the state folder."""
    return bool(settings.kafka_url and settings.database) or holder(settings.state_dir) is not None


def connected(settings: Settings) -> Settings:
    """Return settings that name Kafka and PostgreSQL: the environment's, else those of the house that runs.

    Raises
    ------
    Stop
        Neither is there; the sentence says how to get one.
    """
    if settings.kafka_url and settings.database:
        return settings
    there = read_json(settings.state_dir / _FILE) if holder(settings.state_dir) else {}
    kafka = settings.kafka_url or str(there.get("WEIRHOUSE_KAFKA_URL", ""))
    postgres = settings.database or str(there.get("WEIRHOUSE_POSTGRES_URL", ""))
    if not (kafka and postgres):
        raise Stop("no-house", folder=settings.state_dir)
    values = settings.model_dump()
    return Settings.model_validate({**values, "kafka_url": kafka, "postgres_url": postgres})


def end(folder: Path) -> int | None:
    """Ask the house of `folder` to stop, wait for it, and return the process that was asked (None: none ran).

    Raises
    ------
    Stop
        It did not end in time.
    """
    pid = holder(folder)
    if pid is None:
        return None
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN_S
    while holder(folder) == pid:
        if time.monotonic() > deadline:
            raise Stop("down-stuck", folder=folder, pid=pid, seconds=STOP_WITHIN_S)
        time.sleep(0.1)
    return pid
