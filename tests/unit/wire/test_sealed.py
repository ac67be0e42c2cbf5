# SPDX-License-Identifier: Apache-2.0
"""What is sealed opens with its key only, for what it is about only."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirhouse.wire.sealed import Unsealable, box, derive, new_box_keys, open_up, pseudonym, shut, unbox


@given(st.binary(max_size=200), st.text(max_size=40))
def test_shut_opens_again(plain: bytes, about: str) -> None:
    key = os.urandom(32)
    assert open_up(key, shut(key, plain, about), about) == plain


def test_another_key_or_another_report_opens_nothing() -> None:
    key = os.urandom(32)
    sealed = shut(key, b"part", "r1")
    for wrong_key, about, raw in (
        (os.urandom(32), "r1", sealed),
        (key, "r2", sealed),
        (key, "r1", sealed[:-1]),
        (key, "r1", b""),
    ):
        with pytest.raises(Unsealable):
            open_up(wrong_key, raw, about)


def test_a_box_opens_with_the_private_half_only() -> None:
    public, private = new_box_keys()
    _, other = new_box_keys()
    sealed = box(public, b"part", "r1")
    assert unbox(private, sealed, "r1") == b"part"
    for key, about, raw in (
        (other, "r1", sealed),
        (private, "r2", sealed),
        (private, "r1", sealed[:40]),
        (private, "r1", b""),
    ):
        with pytest.raises(Unsealable):
            unbox(key, raw, about)


def test_pseudonyms_are_stable_keyed_and_apart() -> None:
    key = derive(b"secret", "pseudonyms")
    assert pseudonym(key, "app", "a") == pseudonym(key, "app", "a")
    found = {
        pseudonym(key, "app", "a"),
        pseudonym(key, "", "a"),
        pseudonym(key, "app", "b"),
        pseudonym(b"k" * 32, "app", "a"),
    }
    assert len(found) == 4
    assert all(len(name) == 32 for name in found)
