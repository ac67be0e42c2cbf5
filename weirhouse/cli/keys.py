# SPDX-License-Identifier: Apache-2.0
"""The sources' own keys that a house made for its demo, kept in the state folder, readable by its owner only."""

from __future__ import annotations

import secrets
from pathlib import Path

from weirhouse.embedded.folders import read_json, write_json


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
