# SPDX-License-Identifier: Apache-2.0
"""Standing data and hashes of sources' keys on disk: what the doors know when they start while the ledger is away."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from typing import Final

import msgspec

from weirhouse.domain.city import City, Place, Source, Zone

_log = logging.getLogger(__name__)


class Snapshot(msgspec.Struct, frozen=True):
    """One state of the standing data. `keys`: source ids by SHA-256 of their keys, in hex; the keys are nowhere."""

    zones: list[Zone]
    places: list[Place]
    sources: list[Source]
    head: City | None
    keys: dict[str, str]


_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode
_DECODE: Final = msgspec.json.Decoder(Snapshot).decode


def place_of(state_dir: Path, database: str, schema: str) -> Path:
    """Return where the snapshot of one ledger lies: another database's is never taken for it."""
    name = hashlib.sha256(f"{database}\n{schema}".encode()).hexdigest()[:16]
    return state_dir / f"standing-{name}.json"


class SnapshotFile:
    """Reads and replaces one snapshot, readable by its owner alone. Trouble with it is logged and harms nobody."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = b""

    def read(self) -> Snapshot | None:
        """Return what was kept, or None when nothing was, or nothing that can be read."""
        try:
            return _DECODE(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            _log.warning("the snapshot of standing data cannot be read", extra={"why": type(error).__name__})
            return None

    def write(self, snapshot: Snapshot) -> None:
        """Replace what is kept, in one step, if it is another."""
        raw = _ENCODE(snapshot)
        if raw == self._written:
            return
        fresh = self._path.with_suffix(f".{os.getpid()}.new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(raw)
            fresh.replace(self._path)
        except OSError as error:
            _log.warning("the snapshot of standing data cannot be kept", extra={"why": type(error).__name__})
            return
        self._written = raw
