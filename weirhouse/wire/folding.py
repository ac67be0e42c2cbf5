# SPDX-License-Identifier: Apache-2.0
"""What stands on `fold.state`: the newest state of one source on one readings topic, for whoever reads it next."""

from __future__ import annotations

from typing import Final

import msgspec

from weirhouse.domain.fold import FoldState


class FoldRecord(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One source's state. `topic` without the namespace's prefix; `name` is the source, or `source|episode`.

    The record's key is `topic|name`; its partition is the readings' own. A tombstone: silent for long.
    """

    topic: str
    name: str
    state: FoldState


_DECODER: Final = msgspec.json.Decoder(FoldRecord)
_ENCODER: Final = msgspec.json.Encoder()


def key_of(topic: str, name: str) -> bytes:
    """Return the record's key."""
    return f"{topic}|{name}".encode()


def encode(topic: str, name: str, state: FoldState) -> bytes:
    """Return the record's value."""
    return _ENCODER.encode(FoldRecord(topic=topic, name=name, state=state))


def decode(value: bytes) -> FoldRecord:
    """Return the state in a record's value.

    Raises
    ------
    msgspec.ValidationError, msgspec.DecodeError
        Another release wrote it; the source starts anew.
    """
    return _DECODER.decode(value)
