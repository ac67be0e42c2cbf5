# SPDX-License-Identifier: Apache-2.0
"""The one error of the one-machine default."""

from __future__ import annotations


class EmbeddedError(Exception):
    """An embedded service cannot start or go on. The message is one sentence that says what to do."""


def one_line(text: str, limit: int = 300) -> str:
    """Return the last line of `text` that says something, cut to `limit` characters."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:limit] if lines else "it said nothing"
