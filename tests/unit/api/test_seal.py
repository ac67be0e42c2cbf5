# SPDX-License-Identifier: Apache-2.0
"""Is a personal part sealed so that only its subject's key opens it, and never twice with one nonce?"""

from __future__ import annotations

import pytest

from api.doors.seal import NOBODY, NONCES, Sealer
from weirhouse.wire.sealed import NONCE_BYTES, Unsealable, house_key, open_up

SECRET = b"a secret of the tests, 32 bytes.."


def test_a_part_opens_with_its_subjects_key_and_for_its_report_only() -> None:
    kept = Sealer(SECRET).seal("s1", "r1", b"Li Hua")
    key = open_up(house_key(SECRET), kept.subject_key, "s1")
    assert open_up(key, kept.part, "r1") == b"Li Hua"
    with pytest.raises(Unsealable):
        open_up(key, kept.part, "r2")


def test_no_nonce_comes_twice() -> None:
    sealer = Sealer(SECRET)
    nonces = {sealer.seal("s1", f"r{n}", b"x").part[:NONCE_BYTES] for n in range(2 * NONCES + 10)}
    assert len(nonces) == 2 * NONCES + 10


def test_nothing_is_sealed_where_nothing_was_said() -> None:
    assert Sealer(SECRET).seal("s1", "r1", b"") is NOBODY
