# SPDX-License-Identifier: Apache-2.0
"""A dead letter as it stands on `dead.letters`: the original bytes, the reason, and where it came from.

The key is `topic/partition/offset` of the original, so a letter written twice is one letter after
compaction; an empty value (tombstone) says that it was redriven.
"""

from __future__ import annotations

from typing import Final

import msgspec


class DeadLetter(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One message nobody could handle. `at` in seconds UTC; `value` is base64 in the JSON.

    `reason` is one of `REASONS`; `detail` says more, without the message's own words; `agent` names
    who set it aside; `release` the version of the code that did.
    """

    topic: str
    partition: int
    offset: int
    reason: str
    detail: str = ""
    agent: str = ""
    release: str = ""
    at: float = 0.0
    timestamp_ms: int = 0
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def origin(self) -> str:
        """Return the record key `topic/partition/offset`."""
        return f"{self.topic}/{self.partition}/{self.offset}"


MALFORMED: Final = "malformed"
REFUSED: Final = "refused"
BROKEN_RULE: Final = "we-are-wrong"

REASONS: Final[dict[str, str]] = {
    MALFORMED: "The bytes do not decode as the topic's schema.",
    REFUSED: "The ledger can never store what follows from it.",
    BROKEN_RULE: "A rule of ours failed on it; someone has been paged.",
}
"""Stable reason codes → what each means."""

DETAIL_LIMIT: Final = 500
"""Characters of `detail` kept: enough for a decoder's sentence with its path, too few for a body."""

HEADER_REDRIVEN: Final = "wh-redriven"
"""Set on a message that was produced again: the origin it had."""

_DECODER: Final = msgspec.json.Decoder(DeadLetter)
_ENCODER: Final = msgspec.json.Encoder()


def encode(letter: DeadLetter) -> bytes:
    """Return the record's value."""
    return _ENCODER.encode(letter)


def decode(value: bytes) -> DeadLetter:
    """Return the letter in a record's value.

    Raises
    ------
    msgspec.ValidationError, msgspec.DecodeError
        If it is none.
    """
    return _DECODER.decode(value)
