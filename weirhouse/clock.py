# SPDX-License-Identifier: Apache-2.0
"""The only module that reads the machine's wall clock; everything else is handed a `Clock` or a value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""A function of no arguments that returns an aware UTC instant."""


def system_clock() -> datetime:
    """Return the machine's time as an aware UTC instant."""
    return datetime.now(UTC)


def fixed_clock(instant: datetime) -> Clock:
    """Return a clock that always answers `instant` (for tests and replays)."""
    if instant.tzinfo is None:
        raise ValueError("a clock needs an aware instant; got a naive one")
    return lambda: instant


class ReplayClock:
    """A clock that a replay moves by hand; it never goes back.

    Parameters
    ----------
    start
        First instant, aware.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def advance_to(self, instant: datetime) -> None:
        """Move forward to `instant`; an earlier instant is ignored."""
        self._now = max(self._now, instant)
