# SPDX-License-Identifier: Apache-2.0
"""What a text tells: its rarest n-grams, weighted by how rarely they are heard where it is compared.

For reports without a place the words are nearly all there is. The beginning (a headline, the first
sentence) and the rest are weighed apart, for people say first what it is about. Weights are
term frequency times inverse document frequency (Spärck Jones, 1972) over the incidents in memory at
that moment, nothing learned from elsewhere and nothing seen ahead.
"""

from __future__ import annotations

import math
import re
import struct
from collections import Counter
from collections.abc import Iterable
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from weirhouse.domain.text import normalise

HEAD_CHARS: Final = 60
HEAD_KEPT: Final = 48
BODY_KEPT: Final = 128
BUCKETS: Final = 1 << 16
"""Counters for each of head and body (256 kB); two grams that share one make each other look commoner."""
PRIOR_TEXTS: Final = 200
"""Imagined texts that hold no gram: keeps the first texts of a quiet night from looking all alike."""
MAX_TOLD: Final = 8
"""Texts kept of an incident: the first seven and the newest."""
SCALE: Final = 255.0

_RUNS: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
_END: Final = re.compile(r"[\n。！？!?]|\. ")
_ITEM: Final = struct.Struct("<IB")


def parts(words: str) -> tuple[str, str]:
    """Return (head, body): up to the first line's or sentence's end, at most 60 characters, and the rest."""
    said = words.strip()
    found = _END.search(said, 0, HEAD_CHARS + 1)
    end = found.end() if found else HEAD_CHARS
    return said[:end], said[end:]


def counted(text: str) -> Counter[int]:
    """Return how often each hashed n-gram stands in `text`: Chinese 1 and 2, elsewhere words and their 3-grams."""
    found: Counter[int] = Counter()
    for run in _RUNS.findall(normalise(text)):
        if "\u3400" <= run[0] <= "\u9fff" or "\uf900" <= run[0] <= "\ufaff":
            wide = run.encode("utf-16-le")
            found.update([crc32(wide[i : i + 2]) for i in range(0, len(wide), 2)])
            found.update([crc32(wide[i : i + 4]) for i in range(0, len(wide) - 2, 2)])
        else:
            word = run[:40]
            found[crc32(word.encode())] += 1
            found.update([crc32(f"#{word[i : i + 3]}".encode()) for i in range(len(word) - 2)])
    return found


class Heard:
    """How many of the texts in memory hold a gram: counters of heads and of bodies, bounded."""

    __slots__ = ("counts", "parent", "texts")

    def __init__(self, parent: Heard | None = None) -> None:
        self.parent = parent
        self.texts = 0
        self.counts: list[dict[int, int] | NDArray[np.int32]] = (
            [np.zeros(BUCKETS, np.int32), np.zeros(BUCKETS, np.int32)] if parent is None else [{}, {}]
        )

    def add(self, words: str, sign: int = 1) -> None:
        """Count a text in (or out again, `sign` -1)."""
        self.texts += sign
        for part, text in enumerate(parts(words)):
            counts = self.counts[part]
            for gram in {gram % BUCKETS for gram in counted(text)}:
                if isinstance(counts, dict):
                    counts[gram] = counts.get(gram, 0) + sign
                else:
                    counts[gram] += sign

    def take(self, other: Heard) -> None:
        """Count in what an overlay has heard."""
        self.texts += other.texts
        for mine, theirs in zip(self.counts, other.counts, strict=True):
            if isinstance(theirs, dict):
                for gram, n in theirs.items():
                    if isinstance(mine, dict):
                        mine[gram] = mine.get(gram, 0) + n
                    else:
                        mine[gram] += n

    def rarity(self, part: int, grams: Iterable[int]) -> dict[int, float]:
        """Return the inverse document frequency of each gram: log of one in how many, plus 1."""
        texts, found = 0, dict.fromkeys(grams, 0)
        heard: Heard | None = self
        while heard is not None:
            texts += heard.texts
            counts = heard.counts[part]
            if isinstance(counts, dict):
                for gram in found:
                    found[gram] += counts.get(gram % BUCKETS, 0)
            else:
                for gram in found:
                    found[gram] += int(counts[gram % BUCKETS])
            heard = heard.parent
        every = texts + PRIOR_TEXTS + 1.0
        return {gram: max(0.1, math.log(every / (max(0, n) + 1.0)) + 1.0) for gram, n in found.items()}


NOBODY: Final = Heard()


class Told:
    """A text's weighted grams, head and body, each of length 1; `rarity` of the kept grams where it was told."""

    __slots__ = ("body", "head", "rarity")

    def __init__(
        self, head: dict[int, float], body: dict[int, float], rarity: tuple[dict[int, float], ...] = ({}, {})
    ) -> None:
        self.head, self.body, self.rarity = head, body, rarity

    def rarest_shared(self, other: Told) -> float:
        """Return the rarity (log of one in how many) of the rarest gram that `other` tells as well."""
        pairs = zip(self.rarity, (other.head, other.body), strict=True)
        return (
            max((rare for known, theirs in pairs for gram, rare in known.items() if gram in theirs), default=1.0) - 1.0
        )

    def rarest(self, head: int, body: int) -> list[tuple[int, float]]:
        """Return the heaviest grams of both parts; body grams are named apart from head grams."""
        return [*list(self.head.items())[:head], *((~gram, w) for gram, w in list(self.body.items())[:body])]


def tell(words: str, heard: Heard = NOBODY) -> Told:
    """Return what `words` tell where `heard` has been heard before."""
    head, body = parts(words)
    first, rare = _weighed(head, heard, 0, HEAD_KEPT)
    rest, rarer = _weighed(body, heard, 1, BODY_KEPT)
    return Told(first, rest, (rare, rarer))


def _weighed(text: str, heard: Heard, part: int, keep: int) -> tuple[dict[int, float], dict[int, float]]:
    often = counted(text)
    rarity = heard.rarity(part, often)
    weights = {gram: (1.0 + math.log(n)) * rarity[gram] for gram, n in often.items()}
    kept = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:keep]
    length = math.sqrt(sum(weight * weight for _, weight in kept)) or 1.0
    return {gram: weight / length for gram, weight in kept}, {gram: rarity[gram] for gram, _ in kept}


def alike(one: Told, two: Told) -> tuple[float, float]:
    """Return the cosines (head, body), 0..1 each; where one of the two has no body the heads speak for it."""
    head = _cosine(one.head, two.head)
    return head, _cosine(one.body, two.body) if one.body and two.body else head


def _cosine(one: dict[int, float], two: dict[int, float]) -> float:
    return min(1.0, sum([one[gram] * two[gram] for gram in one.keys() & two.keys()]))


def pack(told: Told) -> bytes:
    """Return 5 bytes a gram, the heads first behind their number: at most 881 bytes."""
    items = [*told.head.items(), *told.body.items()]
    return bytes((len(told.head),)) + b"".join(
        [_ITEM.pack(gram, min(255, round(weight * SCALE))) for gram, weight in items]
    )


def unpack(data: bytes) -> Told:
    """Return what `pack` made of a text; its weights are within 1/255."""
    if not data:
        return Told({}, {})
    items = [(gram, weight / SCALE) for gram, weight in _ITEM.iter_unpack(data[1:])]
    return Told(dict(items[: data[0]]), dict(items[data[0] :]))


def kept(told: tuple[bytes, ...], fresh: bytes) -> tuple[bytes, ...]:
    """Return the texts that stand for an incident after one more: the first seven and the newest."""
    return (*told, fresh) if len(told) < MAX_TOLD else (*told[: MAX_TOLD - 1], fresh)
