# SPDX-License-Identifier: Apache-2.0
"""Bilingual triage of a report's words: type, claims, lane. It raises; it never lowers.

Cheap on purpose (the door runs it before it chooses the lane): one pass of one pattern for each
script. A word counts unless its own clause denies it ("no one is hurt", "没有人受伤"); doubt ("I don't
know if anyone is hurt") is no denial.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

import msgspec

from weirhouse.domain.lexicon import CLAIM_WORDS, CLAIMS, COMPOSED, VULNERABLE
from weirhouse.domain.lexicon_types import TYPE_WORDS
from weirhouse.domain.openings import openings
from weirhouse.domain.report import Lane
from weirhouse.domain.taxonomy import OTHER, TYPES, resolve
from weirhouse.domain.text import Script, bounded, normalise, script

MAX_CHARS: Final = 4000
"""Characters judged; a longer text is judged by its first and last 2,000."""

_CLAUSE_EN: Final = re.compile(
    r"[.,;:!?\n()]|\b(?:but|however|yet|except|though|because|since|so)\b"
    r"|\band (?=(?:the|my|our|there|someone|people|i|we)\b)"
    r"|\b(?=(?:he|she|they)\b)"
)
_LINE_END: Final = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_CLAUSE_ZH: Final = re.compile(r"[。，；：！？、,.;:!?\s()]|但是?|不过|可是|然而|只是|除了")
_DENIAL_EN: Final = re.compile(
    r"\b(?:no|not|nobody|none|never|without|nothing|isn'?t|aren'?t|wasn'?t|weren'?t|don'?t|doesn'?t|didn'?t|cannot"
    r"|haven'?t|hasn'?t|neither|nor|no ?one|false|fake)\b"
)
_DOUBT_EN: Final = re.compile(
    r"\bif\b|\bwhether\b|\bnot only\b|\bnot sure\b|\bnot just\b|\bno idea\b|\bmight\b|\bmay be\b"
)
_DENIAL_ZH: Final = re.compile(
    r"(?<!有)没有?|(?<!有)没|无(?!法|人应)|未(?!知)|不是|并非|不用|不存在|避免|防止|预防|不会|以免"
)
_DOUBT_ZH: Final = re.compile(
    r"有没有|是否|不知道|不清楚|不确定|是不是|会不会|不仅|不止|不光|没有?人(?:管|来|处理|接|救|理)"
)
_WORDS_BACK: Final = 6
_CHARS_BACK: Final = 8
_LOOK_BACK_EN: Final = 80
_DENIAL_LETTERS_ZH: Final = frozenset("没无未不并避防预以")
"""One of these stands in every denial."""


class Triage(msgspec.Struct, frozen=True, kw_only=True):
    """What the door learned. `type` as resolved or guessed; `claims` sorted codes of `lexicon.CLAIMS`;
    `priority_hint` 1..5, or 0 when the words say nothing sure; `severity` in [0, 1]."""

    type: str
    claims: tuple[str, ...]
    lane: Lane
    priority_hint: int
    severity: float
    language: str
    claimed_type: str = ""


Rule = tuple[int, Callable[[str, int], re.Match[str] | None]]
"""Its place among the lexicon's rows (claims first, then types), and its pattern's `match`."""

_CODES: Final = [row[0] for row in (*CLAIM_WORDS, *TYPE_WORDS)]
_FIRST_TYPE: Final = len(CLAIM_WORDS)


class _Ear:
    """The patterns of one language, filed under the letters with which their matches begin."""

    __slots__ = ("denied", "maybe_denied", "places", "tables")

    def __init__(self, column: int, length: int) -> None:
        chinese = column == 2
        border = "" if chinese else r"\b"
        filed: dict[str, list[Rule]] = {}
        for place, row in enumerate((*CLAIM_WORDS, *TYPE_WORDS)):
            rule = (place, re.compile(f"{border}(?:{row[column]}){border}").match)
            for opening in openings(row[column], length):
                filed.setdefault(opening, []).append(rule)
        sizes = sorted({len(opening) for opening in filed})
        self.tables = [(size, {o: tuple(rules) for o, rules in filed.items() if len(o) == size}) for size in sizes]
        self.places = re.compile(_places_zh(filed) if chinese else _places_en(filed))
        self.denied: Callable[[str, int], bool] = _denied_zh if chinese else _denied_en
        self.maybe_denied: Callable[[str], bool] = _maybe_denied_zh if chinese else _maybe_denied_en

    def hear(self, words: str) -> list[int]:
        """Return the places of the rows that `words` speak of, ascending."""
        found: set[int] = set()
        past: dict[int, int] = {}
        doubtful: bool | None = None
        tables = self.tables
        for here in self.places.finditer(words):
            at = here.start()
            for size, table in tables:
                for place, match in table.get(words[at : at + size], ()):
                    if place in found or (past and at < past.get(place, 0)):
                        continue
                    hit = match(words, at)
                    if hit is None:
                        continue
                    if doubtful is None:
                        doubtful = self.maybe_denied(words)
                    if doubtful and self.denied(words, at):
                        past[place] = hit.end()
                    else:
                        found.add(place)
        return sorted(found)


def _places_en(filed: Iterable[str]) -> str:
    # Matches begin where a word begins; a branch for each first letter is left at the first glance.
    rests: dict[str, list[str]] = {}
    for opening in sorted(filed):
        rests.setdefault(opening[0], []).append(re.escape(opening[1:]))
    return r"\b(?:" + "|".join(f"{first}(?={'|'.join(rest)})" for first, rest in rests.items()) + ")"


def _places_zh(filed: Iterable[str]) -> str:
    # Anywhere, with thousands of letters: two classes are faster than the branches of a few hundred first letters.
    firsts, seconds = ("".join(sorted({o[at] for o in filed if len(o) > at})) for at in (0, 1))
    alone = "".join(sorted(o for o in filed if len(o) == 1))
    return f"[{firsts}](?:(?=[{seconds}])|(?<=[{alone}]))"


def _denied_en(words: str, start: int) -> bool:
    before = words[max(0, start - _LOOK_BACK_EN) : start]
    clause = _CLAUSE_EN.split(before)[-1]
    near = " ".join(clause.split()[-_WORDS_BACK:])
    return _DENIAL_EN.search(near) is not None and _DOUBT_EN.search(near) is None


def _maybe_denied_en(words: str) -> bool:
    # A long text is cut between letters, and half a word may read as a denial.
    return len(words) > _LOOK_BACK_EN or _DENIAL_EN.search(words) is not None


def _denied_zh(words: str, start: int) -> bool:
    clause = _CLAUSE_ZH.split(words[max(0, start - 2 * _CHARS_BACK) : start])[-1]
    near = clause[-_CHARS_BACK:]
    return _DENIAL_ZH.search(near) is not None and _DOUBT_ZH.search(clause) is None


def _maybe_denied_zh(words: str) -> bool:
    return not _DENIAL_LETTERS_ZH.isdisjoint(words)


_EN: Final = _Ear(1, 5)
_ZH: Final = _Ear(2, 2)


def listen(words: str, tongue: str = "") -> tuple[set[str], list[str]]:
    """Return (claims, types in the table's order) that normalised `words` speak of, denials left out.

    `tongue` is `text.script` of the words where the caller knows it.
    """
    claims: set[str] = set()
    types: list[str] = []
    tongue = tongue or script(words)
    if tongue in ("en", "mixed"):
        _sort(_EN.hear(words), claims, types)
    if tongue in ("zh", "mixed"):
        _sort(_ZH.hear(words), claims, types)
    if "lift_trapped" in claims:
        claims.discard("trapped")
    if "illegal_burning" in types and "fire_people" not in claims and "people_inside" not in claims:
        claims.discard("fire")
    heard = claims.union(types)
    for code, every, some in COMPOSED:
        if every <= heard and some & heard:
            claims.add(code)
    return claims, types


def _sort(places: list[int], claims: set[str], types: list[str]) -> None:
    for place in places:
        if place < _FIRST_TYPE:
            claims.add(_CODES[place])
        else:
            types.append(_CODES[place])


def severity_of(claims: Iterable[str]) -> tuple[float, int, str]:
    """Return (severity, priority or 0, code) of the gravest claim; (0, 0, "") without any."""
    best = (0.0, 0, "")
    for code in claims:
        severity, priority, _ = CLAIMS.get(code, (0.0, 0, ""))
        if priority and (severity, code) > (best[0], best[2]):
            best = (severity, priority, code)
    return best


def _guess(claims: set[str], types: list[str]) -> str:
    grave = severity_of(claims)
    if grave[1] and grave[1] <= 2:
        return CLAIMS[grave[2]][2] or OTHER
    if types:
        return types[0]
    return (CLAIMS[grave[2]][2] if grave[1] else "") or OTHER


@lru_cache(maxsize=1024)
def _labelled(label: str) -> str:
    # A source says the same few types all day.
    return _guess(*listen(normalise(label, 200)))


def _heard(words: str, said: str, tongue: Script) -> tuple[set[str], list[str]]:
    """Return what `listen` hears, with lines read both as one sentence and as one each.

    A denial of one line must not silence the next ("no injuries / fire in the kitchen"), and a phrase that wraps
    ("not / breathing") must be heard too, so whatever either reading says counts.
    """
    claims, types = listen(said, tongue)
    if words.isprintable():
        return claims, types
    lines = normalise(_LINE_END.sub(" ; ", bounded(words, 2 * MAX_CHARS)), MAX_CHARS)
    more, others = listen(lines, tongue)
    return claims | more, [*types, *(kind for kind in others if kind not in types)]


def triage(words: str, claimed_type: str = "", claimed_priority: int = 0, entitled: bool = False) -> Triage:
    """Judge `words` and the type and priority a source claims.

    `entitled` says whether the source registry lets the source claim life-safety. An entitled claim is
    never lowered by words. Without the right a claim of danger counts for nothing and the words alone
    are judged: they may still reach the life-safety lane, for a cry is a cry whoever brings it.
    """
    said = normalise(words, MAX_CHARS)
    tongue = script(said)
    claims, types = _heard(words, said, tongue)
    severity, spoken, _ = severity_of(claims)
    guess = _guess(claims, types)
    kind = TYPES[resolve(claimed_type)] if claimed_type else TYPES[OTHER]
    if kind.id == OTHER and claimed_type:
        kind = TYPES[_labelled(claimed_type)]
    grave_claim = kind.lane is Lane.LIFE
    life_words = spoken in (1, 2)
    if grave_claim and not entitled and not (life_words and guess == kind.id):
        # Judged by its words only; the claimed type stays on the report as an attribute.
        kind = TYPES[guess]
    elif kind.id == OTHER or (life_words and not grave_claim):
        kind = TYPES[guess]
    priority = spoken
    if entitled and 1 <= claimed_priority <= 5:
        priority = min(priority, claimed_priority) if priority else claimed_priority
    if entitled and grave_claim:
        priority = min(priority, kind.priority) if priority else kind.priority
        severity = max(severity, kind.severity)
    if not entitled and 3 <= claimed_priority <= 5:
        priority = min(priority, claimed_priority) if priority else claimed_priority
    lane = Lane.LIFE if priority in (1, 2) else (Lane.BULK if kind.lane is Lane.BULK else Lane.ORDINARY)
    return Triage(
        type=kind.id,
        claims=tuple(sorted(claims)),
        lane=lane,
        priority_hint=priority,
        severity=severity if lane is Lane.LIFE else max(severity, min(kind.severity, 0.6)),
        language="zh" if tongue in ("zh", "mixed") else tongue,
        claimed_type=claimed_type,
    )


def vulnerability(claims: Iterable[str]) -> float:
    """Return how vulnerable the people named are, 0..1: one minus the product of what each leaves."""
    left = 1.0
    for code in sorted(set(claims)):
        left *= 1.0 - VULNERABLE.get(code, 0.0)
    return 1.0 - left
