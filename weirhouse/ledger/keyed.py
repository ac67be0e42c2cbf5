# SPDX-License-Identifier: Apache-2.0
"""The answer of an act, kept under its idempotency key in the act's own transaction."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from weirhouse.domain.decision import DeskWrite


class KeyMismatch(Exception):
    """The idempotency key was used before with another request."""


class KeyInFlight(Exception):
    """The first request with this key has not been answered yet."""


class Answer(msgspec.Struct, frozen=True):
    """What to keep under (`actor`, `key`): `build` makes the answer (JSON) of the rows as they were written.

    It runs inside the transaction, and again when that is run again: it must be quick and do nothing else.
    """

    actor: str
    key: str
    build: Callable[[DeskWrite], bytes]
    status: int = 200


def lost(answer: Answer) -> KeyInFlight:
    """Return why an act is undone whose key somebody else has taken over meanwhile, or has answered."""
    return KeyInFlight(f"the request with key {answer.key} was taken over; ask again for its answer")
