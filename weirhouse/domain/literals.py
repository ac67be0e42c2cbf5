# SPDX-License-Identifier: Apache-2.0
"""Which plain strings a pattern cannot do without, so that most patterns need not be run at all.

Looking for a string costs some ten nanoseconds, trying a pattern of fifty phrases at every letter some microseconds;
the door judges every report by a hundred such patterns.
"""

from __future__ import annotations

import re
from typing import Final

_ATOM: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\(|\)|\||[?*+]\??|\{\d+(?:,\d*)?\}\??|.", re.DOTALL)
_OPTIONAL: Final = re.compile(r"[?*]|\{0")

Needed = frozenset[str]


def _best(one: Needed | None, two: Needed | None) -> Needed | None:
    if not one or not two:
        return one or two
    return max(one, two, key=lambda strings: (min(map(len, strings)), -len(strings)))


def needed(pattern: str) -> Needed | None:
    """Return strings of which every match of `pattern` holds at least one, or None when none can be named.

    Knows literals, classes, escapes, groups, alternation and repetition as the lexicon uses them; what it does not
    know (look-around, back references) counts as holding nothing.
    """
    atoms = _ATOM.findall(pattern)
    found, end = _alternation(atoms, 0)
    return found if end == len(atoms) else None


def _alternation(atoms: list[str], at: int) -> tuple[Needed | None, int]:
    every: set[str] | None = set()
    while True:
        branch, at = _branch(atoms, at)
        every = None if every is None or branch is None else every | branch
        if at < len(atoms) and atoms[at] == "|":
            at += 1
            continue
        return (frozenset(every) if every else None), at


def _branch(atoms: list[str], at: int) -> tuple[Needed | None, int]:
    best: Needed | None = None
    run = ""
    while at < len(atoms) and atoms[at] not in ("|", ")"):
        atom = atoms[at]
        inner: Needed | None = None
        if atom == "(":
            at += 1
            plain = True
            if at < len(atoms) and atoms[at] in ("?", "*?", "+?"):
                # `(?:` groups; anything else behind the question mark only looks.
                plain = at + 1 < len(atoms) and atoms[at + 1] == ":"
                at += 2
            inner, at = _alternation(atoms, at)
            inner = inner if plain else None
        literal = atom if len(atom) == 1 and atom not in "().^$" else ""
        at += 1
        follows = atoms[at] if at < len(atoms) else ""
        repeated = bool(follows) and (follows[0] in "?*+" or (follows[0] == "{" and len(follows) > 1))
        if repeated:
            at += 1
        optional = repeated and _OPTIONAL.match(follows) is not None
        if literal and not repeated:
            run += literal
            continue
        if literal and not optional:
            run += literal
        best = _best(best, frozenset({run}) if run else None)
        run = ""
        if inner is not None and not optional:
            best = _best(best, inner)
    return _best(best, frozenset({run}) if run else None), at
