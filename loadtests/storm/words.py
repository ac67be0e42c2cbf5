# SPDX-License-Identifier: Apache-2.0
"""What callers say: bilingual lines from `phrases.toml`, filled by chance."""

from __future__ import annotations

import random
import re
from pathlib import Path

import msgspec

_CHOICE = re.compile(r"\[([^\]]*)\]")


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One kind of happening: how callers put it, where it occurs, which devices notice.

    `life`: callers dial the emergency line; `single`: nobody else calls about it; `apart_m`: two happenings of the kind
    nearer than this would be one to any observer, so the plan never makes them.
    """

    label: str
    at: list[str]
    en: list[str]
    zh: list[str]
    danger_en: list[str] = []
    danger_zh: list[str] = []
    devices: list[str] = []
    life: bool = False
    single: bool = False
    apart_m: float = 300.0


def kinds() -> dict[str, Kind]:
    """Return every kind by name."""
    text = Path(__file__).with_name("phrases.toml").read_bytes()
    return msgspec.toml.decode(text, type=dict[str, Kind])


def say(kind: Kind, language: str, place: str, danger: bool, chance: random.Random) -> str:
    """Return one caller's words about a happening at `place`."""
    lines = kind.zh if language == "zh" else kind.en
    if danger:
        lines = (kind.danger_zh if language == "zh" else kind.danger_en) or lines
    line = chance.choice(lines)
    line = _CHOICE.sub(lambda found: chance.choice(found.group(1).split("|")), line)
    return line.replace("{p}", place)
