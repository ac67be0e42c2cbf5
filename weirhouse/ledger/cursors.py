# SPDX-License-Identifier: Apache-2.0
"""Opaque cursors of keyset pages: where the page before ended, as URL-safe text."""

from __future__ import annotations

import base64
import binascii

import msgspec

from weirhouse.domain.errors import InvalidValue


def cursor_of(position: float, row_id: str) -> str:
    """Return the cursor behind a row."""
    return base64.urlsafe_b64encode(msgspec.json.encode((position, row_id))).decode().rstrip("=")


def position_of(cursor: str) -> tuple[float, str] | None:
    """Return (position, row id) of a cursor, or None for the first page.

    Raises
    ------
    InvalidValue
        It is not a cursor of ours.
    """
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position, row_id = msgspec.json.decode(raw, type=tuple[float, str])
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise InvalidValue("cursor", "not a cursor of this list") from error
    if len(row_id) != 32 or not set(row_id) <= set("0123456789abcdef"):
        raise InvalidValue("cursor", "not a cursor of this list")
    return position, row_id
