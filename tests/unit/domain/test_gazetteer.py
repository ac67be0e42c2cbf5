# SPDX-License-Identifier: Apache-2.0
"""Are places found while typing and inside words, in both languages, always in one order?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirhouse.domain.city import Place
from weirhouse.domain.gazetteer import Gazetteer


def place(name: str, en: str, zh: str, zone: str = "z1", aliases: tuple[str, ...] = ()) -> Place:
    return Place(id=name, name_en=en, name_zh=zh, kind="street", zone=zone, lat=1.0, lon=2.0, aliases=aliases)


BOOK = Gazetteer(
    [
        place("p1", "Harbour Road", "港湾路"),
        place("p2", "Harbour Bridge Underpass", "港湾桥下穿通道", "z2"),
        place("p3", "Old Harbour School", "老港湾小学"),
        place("p4", "Willow Street", "柳树街", aliases=("Willow St",)),
        place("p5", "Willow Street", "杨柳街", "z2"),
    ]
)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("harb", "p1"),
        ("Harbour Bridge", "p2"),
        ("港湾桥", "p2"),
        ("柳树", "p4"),
        ("harbor road", "p1"),
        ("wilow stret", "p4"),
        ("school", "p3"),
    ],
)
def test_typing_finds_the_place(typed: str, first: str) -> None:
    assert BOOK.search(typed)[0].place.id == first


def test_the_seats_own_zone_comes_first_among_equals() -> None:
    assert [found.place.id for found in BOOK.search("willow street", zone="z2")][:2] == ["p5", "p4"]
    assert [found.place.id for found in BOOK.search("willow street", zone="z1")][:2] == ["p4", "p5"]


def test_names_are_found_inside_words_longest_first() -> None:
    assert [f.place.id for f in BOOK.inside("港湾桥下穿通道积水，离港湾路不远")] == ["p2", "p1"]
    assert [f.place.id for f in BOOK.inside("flooded at Harbour Bridge Underpass now")] == ["p2"]
    assert [f.score for f in BOOK.inside("tree down on willow street")] == [0.5, 0.5]
    assert BOOK.inside("harbour roadside cafe") == []
    assert BOOK.inside("") == []


@given(st.text(max_size=60))
def test_any_typing_is_safe_bounded_and_repeatable(typed: str) -> None:
    found = BOOK.search(typed, limit=3)
    assert len(found) <= 3
    assert all(0.0 <= each.score <= 1.0 for each in found)
    assert found == BOOK.search(typed, limit=3)
    assert len(BOOK.inside(typed)) <= 5
