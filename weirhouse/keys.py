# SPDX-License-Identifier: Apache-2.0
"""The keys of a house in development: made once, kept in the state folder, the same for every process and every day.

In production nothing is made up: `Settings` refuses to exist without its keys. `weirhouse keys` prints a set to
put into a secret store.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from weirhouse.settings import PREFIX, Settings, plain
from weirhouse.wire.sealed import new_box_keys

FILE: Final = "keys.json"
LOCK: Final = "keys.lock"
SECRETS: Final = ("pseudonym_key", "session_key")
PAIR: Final = ("sealing_public_key", "sealing_private_key")


class KeysUnkept(Exception):
    """The state folder cannot keep the keys: make it writable, or set WEIRHOUSE_STATE_DIR to a folder of yours."""


def fresh() -> dict[str, str]:
    """Return a new set: name of the setting → key."""
    return {name: secrets.token_urlsafe(32) for name in SECRETS} | dict(zip(PAIR, new_box_keys(), strict=True))


def house_keys(settings: Settings) -> dict[str, str]:
    """Return, by variable name, the keys that the settings lack; none in production.

    Two processes that start at once get the same: the file is read, completed and replaced under a lock.

    Raises
    ------
    KeysUnkept
    """
    if settings.production:
        return {}
    missing = [name for name in (*SECRETS, *PAIR) if not plain(getattr(settings, name))]
    if len({*PAIR} & {*missing}) == 1:  # half a pair of one's own is not completed with half of another
        missing = [name for name in missing if name not in PAIR]
    if not missing:
        return {}
    kept = _kept(settings.state_dir)
    return {f"{PREFIX}{name.upper()}": kept[name] for name in missing}


def with_keys(settings: Settings) -> Settings:
    """Return the settings with every key; what every entry point of a process calls first.

    Raises
    ------
    KeysUnkept
    """
    found = {name.removeprefix(PREFIX).lower(): key for name, key in house_keys(settings).items()}
    return Settings.model_validate({**settings.model_dump(), **found}) if found else settings


def _kept(folder: Path) -> dict[str, str]:
    """Return the folder's set, made or completed when needed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(folder / LOCK):
            kept = _read(folder / FILE)
            whole = {**fresh(), **kept}
            if not all(kept.get(name) for name in PAIR):
                whole |= dict(zip(PAIR, new_box_keys(), strict=True))
            if whole != kept:
                _write(folder / FILE, whole)
            return whole
    except OSError as error:
        raise KeysUnkept(
            f"the state folder {folder} cannot keep the keys ({error.strerror}): make it writable, or set"
            f" {PREFIX}STATE_DIR to a folder of yours"
        ) from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the file's lock; the kernel lets go of it when the process dies, however it dies."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _read(path: Path) -> dict[str, str]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        # Written in one step, so a file that cannot be read was changed by hand: nobody may replace it unasked.
        raise KeysUnkept(
            f"{path} is not JSON ({error}): put the right one back, or remove it and lose what its keys open"
        ) from error
    return {name: str(key) for name, key in value.items() if key}


def _write(path: Path, value: dict[str, str]) -> None:
    new = path.with_suffix(".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
