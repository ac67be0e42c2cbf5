# SPDX-License-Identifier: Apache-2.0
"""Identifiers that are functions of what they name, so that a repeat never mints a new one.

All are 32 lower-case hexadecimal digits (128 bits of BLAKE2b), which PostgreSQL reads as `uuid`.
"""

from __future__ import annotations

import hashlib

_SEPARATOR = b"\x1f"
"""ASCII unit separator: refused in sources and keys at the door, so parts cannot run together."""


EPISODE_SEPARATOR = "|"
"""Stands between a device and the number of its episode, so no source may hold it."""


def names_a_source(text: str) -> bool:
    """Return whether `text` can be a source's id: not empty, printable, without the episode's separator."""
    return bool(text) and text.isprintable() and EPISODE_SEPARATOR not in text


def _digest(kind: bytes, *parts: str) -> str:
    hasher = hashlib.blake2b(digest_size=16, person=kind)
    hasher.update(_SEPARATOR.join(part.encode() for part in parts))
    return hasher.hexdigest()


def report_id(source: str, key: str) -> str:
    """Return the id of the report that `source` calls `key` (its own id or idempotency key)."""
    return _digest(b"wh-report", source, key)


def incident_id(opening_report: str) -> str:
    """Return the id of the incident that `opening_report` opens; re-deciding gives the same."""
    return _digest(b"wh-incident", opening_report)


def signal_report_id(source: str, episode: str) -> str:
    """Return the report id of a device's episode: its repeats count once (decision 7)."""
    return _digest(b"wh-signal", source, episode)


def assignment_id(incident: str, team: str, request_key: str) -> str:
    """Return the id of one decision to send `team` to `incident`."""
    return _digest(b"wh-assign", incident, team, request_key)
