# SPDX-License-Identifier: Apache-2.0
"""Are words comparable, bounded and safe, whatever comes?"""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirhouse.domain.text import SKETCH_SIZE, house_numbers, merge_sketches, normalise, script, similarity, sketch

WORDS = st.text(max_size=300)


@given(WORDS, WORDS)
def test_similarity_is_symmetric_and_bounded(one: str, two: str) -> None:
    a, b = sketch(one), sketch(two)
    assert similarity(a, b) == similarity(b, a)
    assert 0.0 <= similarity(a, b) <= 1.0
    assert similarity(a, b, frozenset(a)) == similarity(a, b)
    assert similarity(a, a) == (1.0 if a else 0.0)


@given(WORDS)
def test_a_sketch_is_short_sorted_32_bit_and_stable(words: str) -> None:
    made = sketch(words)
    assert len(made) <= SKETCH_SIZE
    assert list(made) == sorted(set(made))
    assert all(0 <= h < 2**32 for h in made)
    assert sketch(words) == made
    assert sketch(normalise(words)) == made


@given(st.lists(WORDS, max_size=4))
def test_merging_sketches_does_not_depend_on_order(texts: list[str]) -> None:
    forward: list[int] = []
    backward: list[int] = []
    for text in texts:
        forward = merge_sketches(forward, sketch(text))
    for text in reversed(texts):
        backward = merge_sketches(sketch(text), backward)
    assert forward == backward
    assert len(forward) <= SKETCH_SIZE


@pytest.mark.parametrize("words", ["x" * 100_000, "水" * 100_000, "🔥" * 50_000, "a\u200bb" * 30_000, "ab " * 33_000])
def test_huge_and_monotone_texts_stay_cheap(words: str) -> None:
    started = time.perf_counter()
    assert len(sketch(words)) <= SKETCH_SIZE
    assert time.perf_counter() - started < 1.0


def test_normalise_takes_out_what_cannot_be_seen() -> None:
    assert normalise("ＦＩＲＥ\u200b at\x00 ４２") == "fire at 42"
    assert normalise("着\u200b火\ufe0f了") == "着火了"


def test_like_texts_are_alike_and_others_are_not() -> None:
    assert similarity(sketch("下穿通道积水很深，车过不去"), sketch("通道积水很深车都过不去了")) > 0.5
    assert similarity(sketch("下穿通道积水很深，车过不去"), sketch("楼上邻居半夜装修太吵")) < 0.1
    assert similarity(sketch("tree down on Elm Street"), sketch("a tree is down in elm street")) > 0.5
    assert similarity(sketch("tree down on Elm Street"), sketch("loud music next door")) < 0.2


@pytest.mark.parametrize(
    ("words", "tongue"), [("积水很深", "zh"), ("deep water", "en"), ("K1路BRT站积水", "zh"), ("123 !?", ""), ("", "")]
)
def test_script(words: str, tongue: str) -> None:
    assert script(words) == tongue


def test_house_numbers_of_both_languages() -> None:
    assert house_numbers("12 Elm St") == {"12"}
    assert house_numbers("幸福路12号3栋") == {"12", "3"}
    assert house_numbers("Elm St") == frozenset()
