# SPDX-License-Identifier: Apache-2.0
"""Characters that no store keeps and no screen shows: refused at the edge, by name, before they cost a 500."""

from __future__ import annotations

import re
from typing import Any, Final

from fastapi import Request

from api.problems import field

CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Control characters other than tab and line ends, which words may hold."""
DIGITS: Final = 18
"""Any number of so many digits fits a signed 64-bit column."""


def whole_number(text: str) -> int | None:
    """Return the number that ASCII digits spell, None for anything else: `²` is a digit, and no number."""
    return int(text) if len(text) <= DIGITS and text.isascii() and text.isdecimal() else None


async def no_control_characters(request: Request) -> None:
    """Refuse an address that holds a control character.

    Raises
    ------
    Problem
        `invalid-value`, with the name of what holds it.
    """
    if CONTROL.search(request.scope["path"]):
        raise field("path", "holds a control character", "control-character")
    for name, value in request.query_params.multi_items():
        if CONTROL.search(name) or CONTROL.search(value):
            raise field(CONTROL.sub("", name) or "query", "holds a control character", "control-character")


def refuse_control(value: Any, path: str = "") -> None:
    """Refuse a control character in any string of a decoded JSON value.

    Raises
    ------
    Problem
        `invalid-value`, with the path of what holds it.
    """
    match value:
        case str():
            if CONTROL.search(value):
                raise field(path or "$", "holds a control character", "control-character")
        case dict():
            for name, part in value.items():
                refuse_control(part, f"{path}.{name}".lstrip("."))
        case list():
            for index, part in enumerate(value):
                refuse_control(part, f"{path}.{index}".lstrip("."))
        case _:
            return
