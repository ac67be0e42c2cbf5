# SPDX-License-Identifier: Apache-2.0
"""A pattern is left out only where it could not match."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirhouse.domain.lexicon import CLAIM_WORDS
from weirhouse.domain.lexicon_types import TYPE_WORDS
from weirhouse.domain.literals import needed

PATTERNS = [row[column] for table in (CLAIM_WORDS, TYPE_WORDS) for row in table for column in (1, 2)]


@pytest.mark.parametrize(
    ("pattern", "strings"),
    [
        ("fire|smok(?:e|ing)", {"fire", "smok"}),
        ("(?:foo|bar)?baz", {"baz"}),
        ("colou?r", {"colo"}),
        (r"a\.b\w+cde", {"cde"}),
        ("ab+c", {"ab"}),
        ("x{2}yz", {"yz"}),
        ("(?<!no )fire", {"fire"}),
    ],
)
def test_names_what_a_match_must_hold(pattern: str, strings: set[str]) -> None:
    assert set(needed(pattern) or ()) == strings


@pytest.mark.parametrize("pattern", ["[ab]+", "a?|b", ".*", "fire|[0-9]"])
def test_says_when_nothing_can_be_named(pattern: str) -> None:
    assert needed(pattern) is None


@given(st.data())
def test_every_match_of_the_lexicon_holds_one(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from([p for p in PATTERNS if p]))
    text = data.draw(st.from_regex(re.compile(pattern)))
    strings = needed(pattern)
    assert strings is None or any(string in text for string in strings)
