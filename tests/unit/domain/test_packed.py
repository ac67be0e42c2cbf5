# SPDX-License-Identifier: Apache-2.0
"""A sketch packed into bytes is the same sketch, in memory and in the ledger's rows."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from weirhouse.domain.incident import Gist
from weirhouse.domain.text import packed, unpacked

HASHES = st.lists(st.integers(0, 2**32 - 1), max_size=140, unique=True).map(sorted)


@given(HASHES)
def test_what_was_packed_is_unpacked(hashes: list[int]) -> None:
    assert unpacked(packed(hashes)) == tuple(hashes[:128])
    gist = Gist()
    gist.sketch = hashes
    assert list(gist.sketch) == hashes[:128]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(gist), type=Gist) == gist


@given(st.binary(max_size=600))
def test_any_bytes_are_some_sketch(data: bytes) -> None:
    assert len(unpacked(data)) == min(128, len(data) // 4)


def test_a_row_from_before_loses_its_words_and_nothing_else() -> None:
    row = msgspec.msgpack.encode({"sketch": [1, 2, 3], "claims": ["fire"], "weight": 0.5})
    gist = msgspec.msgpack.decode(row, type=Gist)
    assert (list(gist.sketch), list(gist.claims), gist.weight) == ([], ["fire"], 0.5)
