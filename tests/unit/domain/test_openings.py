# SPDX-License-Identifier: Apache-2.0
"""A pattern is left out only where it could not match."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirhouse.domain.lexicon import CLAIM_WORDS
from weirhouse.domain.lexicon_types import TYPE_WORDS
from weirhouse.domain.openings import openings

ROWS = (*CLAIM_WORDS, *TYPE_WORDS)
PATTERNS = [row[column] for row in ROWS for column in (1, 2)]


@pytest.mark.parametrize(
    ("pattern", "strings"),
    [
        ("fire|smok(?:e|ing)", {"fire", "smok"}),
        ("(?:foo|bar)?baz", {"foob", "barb", "baz"}),
        ("colou?r", {"colo"}),
        (r"a\.b\w+cde", {"a.b"}),
        ("ab+c", {"ab"}),
        ("ab*c", {"ab", "ac"}),
        ("x{2}yz", {"x"}),
        ("(?<!no )fire", {"fire"}),
        ("in(?!ch)side", {"insi"}),
        ("[78]0", {"70", "80"}),
        ("没有?电", {"没有电", "没电"}),
        ("a|abc", {"a"}),
    ],
)
def test_names_how_a_match_begins(pattern: str, strings: set[str]) -> None:
    assert openings(pattern, 4) == strings


@pytest.mark.parametrize("pattern", ["[a-z]+", "a?|b", ".*", "fire|[0-9]", r"\w+ fire", "[^a]b"])
def test_says_when_a_match_may_begin_with_anything(pattern: str) -> None:
    assert "" in openings(pattern, 4)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_of_the_lexicon_begins_with_a_letter_or_digit(pattern: str) -> None:
    assert all(opening[:1].isalnum() for opening in openings(pattern, 5))


@given(st.data())
def test_every_match_of_the_lexicon_begins_with_one(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from(PATTERNS))
    length = data.draw(st.integers(1, 6))
    text = data.draw(st.from_regex(re.compile(pattern)))
    hit = re.search(pattern, text)
    assert hit is not None
    assert any(text.startswith(opening, hit.start()) for opening in openings(pattern, length))
