# SPDX-License-Identifier: Apache-2.0
"""The keys of a house on one machine: made once, kept in the state folder, readable by its owner only."""

from __future__ import annotations

import secrets
from pathlib import Path

from weirhouse.embedded.folders import read_json, write_json
from weirhouse.settings import PREFIX, Settings, plain
from weirhouse.wire.sealed import new_box_keys

_FILE = "keys.json"
_SECRETS = ("pseudonym_key", "session_key")


def house_keys(settings: Settings) -> dict[str, str]:
    """Return, by variable name, the keys that the environment does not give; made up when there are none yet.

    Every process of the house must use the same, and tomorrow's house the same as today's: pseudonyms and sealed
    parts would be lost otherwise.
    """
    path = settings.state_dir / _FILE
    kept = read_json(path)
    made = {name: kept.get(name) or secrets.token_urlsafe(32) for name in _SECRETS}
    if not kept.get("sealing_public_key"):
        made["sealing_public_key"], made["sealing_private_key"] = new_box_keys()
    else:
        made |= {name: kept[name] for name in ("sealing_public_key", "sealing_private_key")}
    if made != {name: kept.get(name) for name in made}:
        write_json(path, {**kept, **made})
    return {f"{PREFIX}{name.upper()}": value for name, value in made.items() if not plain(getattr(settings, name))}


def source_keys(folder: Path, name: str = "sources") -> dict[str, str]:
    """Return the sources' own keys that this house made for its demo: source → key."""
    return {key: str(value) for key, value in read_json(source_key_file(folder, name)).items()}


def source_key_file(folder: Path, name: str = "sources") -> Path:
    """Return where they are kept."""
    return folder / f"{name}.keys.json"


def keep_source_keys(folder: Path, keys: dict[str, str], name: str = "sources") -> Path:
    """Keep the sources' keys for tomorrow's demo and return the file."""
    path = source_key_file(folder, name)
    write_json(path, dict(keys))
    return path


def new_source_key() -> str:
    """Return a fresh key of a source: 256 random bits."""
    return secrets.token_urlsafe(32)
