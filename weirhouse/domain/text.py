# SPDX-License-Identifier: Apache-2.0
"""Words made comparable: normalised, bounded, cut into hashed character n-grams.

Chinese runs are cut into 2- and 3-grams, words in other scripts into 3- and 4-grams with their edges
marked. A sketch is the 128 smallest distinct hashes (a bottom-k sketch: Broder, 1997), so two sketches
compare as fairly as the texts do, whatever their length.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Sequence
from functools import lru_cache
from struct import Struct
from typing import Final, Literal
from zlib import crc32

SKETCH_SIZE: Final = 128
_PACKS: Final = tuple(Struct(f"<{size}I") for size in range(SKETCH_SIZE + 1))
MAX_CHARS: Final = 2000
"""Characters compared: about a minute of speech; longer texts count by their first and last half."""

_CONTROL: Final = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_WIDE: Final = tuple((wide, unicodedata.normalize("NFKC", wide)) for wide in "，！？：；（）")
_RUNS: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_LETTER: Final = re.compile(r"[^\W\d_\u3400-\u9fff\uf900-\ufaff]+")
_HOUSE: Final = re.compile(r"(\d{1,5})\s*(?:号|弄|幢|栋|单元|室)|(?:^|[\s,])#?(\d{1,5})[a-z]?\s+(?=[a-z])")

Script = Literal["zh", "en", "mixed", ""]


def bounded(words: str, limit: int = MAX_CHARS) -> str:
    """Return at most `limit` characters of `words`: its beginning and its end, where cries stand."""
    if len(words) <= limit:
        return words
    half = limit // 2
    return words[:half] + " " + words[-half:]


def normalise(words: str, limit: int = MAX_CHARS) -> str:
    """Return `words` bounded, NFKC, case-folded, without zero-width and control characters."""
    kept = bounded(words, 2 * limit)
    if kept.isascii():
        kept = kept.casefold()
        if not kept.isprintable():
            kept = _CONTROL.sub("", kept)
    else:
        kept = _CONTROL.sub("", _nfkc(kept).casefold())
    return bounded(" ".join(kept.split()), limit)


def _nfkc(words: str) -> str:
    # Most Chinese texts are in normal form but for their punctuation, and the check costs a thirtieth of the form.
    for wide, narrow in _WIDE:
        words = words.replace(wide, narrow)
    return words if unicodedata.is_normalized("NFKC", words) else unicodedata.normalize("NFKC", words)


def script(words: str) -> Script:
    """Return which script carries `words`: `zh`, `en` (any alphabet), `mixed`, or empty for neither."""
    if words.isascii():
        return "en" if _LETTER.search(words, 0, 400) else ""
    han = len("".join(_HAN.findall(words, 0, 400)))
    letters = len("".join(_LETTER.findall(words, 0, 400)))
    if not han:
        return "en" if letters else ""
    # A Chinese sentence with a brand or a road number in it is Chinese; one character stands for a word.
    return "zh" if han * 3 >= letters else ("mixed" if han * 12 >= letters else "en")


@lru_cache(maxsize=65536)
def _grams_of_word(word: str) -> tuple[int, ...]:
    if len(word) > 40:  # one repeated character, or no word at all
        word = word[:40]
    marked = f"<{word}>"
    if len(marked) <= 3:
        return (crc32(marked.encode()),)
    cuts = {marked[i : i + 3] for i in range(len(marked) - 2)}
    cuts.update(marked[i : i + 4] for i in range(len(marked) - 3))
    return tuple(crc32(cut.encode()) for cut in cuts)


def grams(normalised: str) -> set[int]:
    """Return the distinct hashed n-grams (32 bits) of a normalised text."""
    found: set[int] = set()
    for run in _RUNS.findall(normalised):
        if "\u3400" <= run[0] <= "\u9fff" or "\uf900" <= run[0] <= "\ufaff":
            wide = run.encode("utf-16-le")
            end = len(wide)
            found.update([crc32(wide[i : i + 4]) for i in range(0, max(2, end - 2), 2)])
            found.update([crc32(wide[i : i + 6]) for i in range(0, end - 4, 2)])
        else:
            found.update(_grams_of_word(run))
    return found


def sketch(words: str) -> tuple[int, ...]:
    """Return the sketch of `words`: at most 128 hashes, ascending."""
    return _sketch(bounded(words, 2 * MAX_CHARS)) if words else ()


@lru_cache(maxsize=256)
def _sketch(words: str) -> tuple[int, ...]:
    found = sorted(grams(normalise(words)))
    del found[SKETCH_SIZE:]
    return tuple(found)


def merge_sketches(one: Sequence[int], two: Sequence[int]) -> list[int]:
    """Return the sketch of both texts together; commutative, associative, idempotent."""
    merged = sorted({*one, *two})
    del merged[SKETCH_SIZE:]
    return merged


def packed(hashes: Sequence[int]) -> bytes:
    """Return a sketch as 4 bytes a hash, little end first: as a list of integers it would fill ten times as much."""
    kept = hashes[:SKETCH_SIZE]
    return _PACKS[len(kept)].pack(*kept)


def unpacked(data: bytes) -> tuple[int, ...]:
    """Return the sketch that `packed` made; of other bytes as many hashes as they hold, at most 128."""
    return _PACKS[min(len(data) // 4, SKETCH_SIZE)].unpack_from(data)


def similarity(one: Sequence[int], two: Sequence[int], one_set: Collection[int] | None = None) -> float:
    """Return the cosine (Ochiai) of two sketches' gram sets, 0..1, symmetric; 0 when either is empty.

    `one_set` may carry ``frozenset(one)`` to save time when one text is compared with many.
    """
    if not one or not two:
        return 0.0
    ours = one_set if isinstance(one_set, (set, frozenset)) else frozenset(one)
    shared = len(ours.intersection(two))
    if not shared:
        return 0.0
    n_one, n_two = len(one), len(two)
    if n_one == SKETCH_SIZE or n_two == SKETCH_SIZE:
        # A full sketch knows only hashes up to its largest: compare inside the common range.
        top = min(one[-1] if n_one == SKETCH_SIZE else 1 << 32, two[-1] if n_two == SKETCH_SIZE else 1 << 32)
        n_one, n_two = bisect_right(one, top) or 1, bisect_right(two, top) or 1
    return min(1.0, shared / math.sqrt(n_one * n_two))


@lru_cache(maxsize=65536)
def house_numbers(address: str) -> frozenset[str]:
    """Return the house numbers named in an address of either language (`12 Elm St`, `幸福路12号`)."""
    if not address:
        return frozenset()
    found = _HOUSE.findall(normalise(address, 200))
    return frozenset(han or latin for han, latin in found)


@lru_cache(maxsize=65536)
def address_key(address: str) -> str:
    """Return what two writings of one address share: its words in one order, without marks and case.

    A crossing is the same whichever street is named first.
    """
    return " ".join(sorted(_RUNS.findall(normalise(address, 200)))) if address else ""


def spot(address: str) -> str:
    """Return the name under which an incident without a point is filed by its address; empty without one."""
    key = address_key(address)
    return "at:" + key if key else ""


def token_hash(token: str) -> int:
    """Return 63 bits that stand for a reporter's or source's name in memory (stable across processes)."""
    raw = token.encode()
    return (crc32(raw) << 31) ^ crc32(raw[::-1], 0x9E3779B9)
