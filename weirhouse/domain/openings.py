# SPDX-License-Identifier: Apache-2.0
"""With which letters a pattern's matches begin, so that it is tried only where they stand.

The door judges every report by some hundred and forty patterns; trying each at every letter costs hundreds of
microseconds, looking up a word's first letters in a dictionary some fifty nanoseconds.
"""

from __future__ import annotations

import re
from typing import Final

_ATOM: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\(|\)|\||[?*+]\??|\{\d+(?:,\d*)?\}\??|.", re.DOTALL)
_QUANTIFIER: Final = re.compile(r"[?*+]\??|\{\d+(?:,\d*)?\}\??")
_LOOKS: Final = frozenset({"=", "!", "<"})
_BORDERS: Final = frozenset({r"\b", r"\B", r"\A", r"\Z", "^", "$"})

Starts = frozenset[tuple[str, bool]]
"""Beginnings so far; True where nothing but the beginning has been read, so that what follows may lengthen it."""

_NOTHING: Final[Starts] = frozenset({("", True)})
_ANYTHING: Final[Starts] = frozenset({("", False)})


def openings(pattern: str, length: int) -> frozenset[str]:
    """Return strings of at most `length` characters with one of which every match of `pattern` begins.

    Knows literals, classes, escapes, groups, alternation and repetition as the lexicon uses them. The empty string
    is among them when a match may begin with anything.
    """
    starts, _ = _alternation(_ATOM.findall(pattern), 0, length)
    found = {text for text, _ in starts}
    # A shorter beginning says all that the longer ones under it say.
    return frozenset(text for text in found if not any(text[:cut] in found for cut in range(len(text))))


def _then(one: Starts, two: Starts, length: int) -> Starts:
    found: set[tuple[str, bool]] = set()
    for text, growing in one:
        if not growing:
            found.add((text, False))
            continue
        for more, still in two:
            whole = text + more
            found.add((whole[:length], still and len(whole) < length))
    return frozenset(found)


def _alternation(atoms: list[str], at: int, length: int) -> tuple[Starts, int]:
    every: set[tuple[str, bool]] = set()
    while True:
        branch, at = _branch(atoms, at, length)
        every |= branch
        if at >= len(atoms) or atoms[at] != "|":
            return frozenset(every), at
        at += 1


def _branch(atoms: list[str], at: int, length: int) -> tuple[Starts, int]:
    read = _NOTHING
    while at < len(atoms) and atoms[at] not in ("|", ")"):
        piece, at = _piece(atoms, at, length)
        if at < len(atoms) and _QUANTIFIER.fullmatch(atoms[at]):
            piece = _repeated(piece, atoms[at], length)
            at += 1
        read = _then(read, piece, length)
    return read, at


def _piece(atoms: list[str], at: int, length: int) -> tuple[Starts, int]:
    atom = atoms[at]
    if atom == "(":
        return _group(atoms, at + 1, length)
    if atom in _BORDERS:
        return _NOTHING, at + 1
    if atom[0] == "[":
        return _class(atom), at + 1
    if (atom[0] == "\\" and atom[1].isalnum()) or atom == ".":
        return _ANYTHING, at + 1
    return frozenset({(atom[-1], True)}), at + 1


def _group(atoms: list[str], at: int, length: int) -> tuple[Starts, int]:
    looks = False
    if atoms[at] == "?":
        looks = atoms[at + 1] in _LOOKS
        at += 3 if atoms[at + 1] == "<" else 2
    inner, at = _alternation(atoms, at, length)
    return (_NOTHING if looks else inner), at + 1


def _class(atom: str) -> Starts:
    inside = atom[1:-1]
    if inside.startswith("^") or "-" in inside or "\\" in inside:
        return _ANYTHING
    return frozenset((letter, True) for letter in inside)


def _repeated(piece: Starts, quantifier: str, length: int) -> Starts:
    if quantifier[0] == "?":
        return piece | _NOTHING
    more = _then(piece, _ANYTHING, length)
    return more | _NOTHING if quantifier[0] == "*" or quantifier.startswith("{0") else more
