# SPDX-License-Identifier: Apache-2.0
"""Is the table of types whole, and does every name find its type?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirhouse.domain.report import Lane
from weirhouse.domain.taxonomy import OTHER, RELATIONS, TYPES, kind_of, relation, resolve

NAMES = st.sampled_from(sorted(TYPES))


def test_every_row_is_plausible() -> None:
    assert len(TYPES) >= 40
    for kind in TYPES.values():
        assert 0.0 < kind.severity <= 1.0
        assert 1 <= kind.priority <= 5
        assert (kind.lane is Lane.LIFE) == (kind.priority <= 2)
        assert kind.radius_m > 0
        assert kind.reopen_s >= 3600
        assert kind.parent == "" or kind.parent in TYPES
        assert kind.en
        assert kind.zh


@given(NAMES, NAMES)
def test_relation_is_symmetric_and_bounded(one: str, two: str) -> None:
    assert relation(one, two) == relation(two, one)
    assert 0.0 <= relation(one, two) <= 1.0
    assert (relation(one, two) == 1.0) == (one == two)


def test_smoke_may_be_a_fire_and_noise_may_not() -> None:
    assert relation("smoke", "fire") > 0.8
    assert relation("noise", "fire") == 0.0
    assert OTHER in RELATIONS["fire"]


@pytest.mark.parametrize(
    ("label", "type_id"),
    [
        ("fire", "fire"),
        ("Fire", "fire"),
        ("火灾", "fire"),
        ("Power  Cut", "power_cut"),
        ("street-light", "street_light"),
        ("Street Light Outages", "street_light"),
        ("积水", "flooding"),
        ("a thing nobody knows", OTHER),
        ("", OTHER),
    ],
)
def test_labels_find_their_type(label: str, type_id: str) -> None:
    assert resolve(label) == type_id
    assert kind_of(label).id == type_id
