# SPDX-License-Identifier: Apache-2.0
"""What fell, and where the water stands: the sentence's subject decides, in both languages."""

from __future__ import annotations

import pytest

from weirhouse.domain.triage import triage


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("A large tree has fallen at Willow Shade Park, it blocks the road.", "tree_down"),
        ("The sign has fallen on the pavement", "roof_danger"),
        ("a wall has fallen into the lane", "roof_danger"),
        ("My grandmother has fallen and cannot get up", "fall"),
        ("two people have fallen on the ice", "fall"),
        ("大树倒了，路堵了", "tree_down"),
        ("老人在楼道里摔倒了", "fall"),
        ("water in the underpass", "flooding_underpass"),
        ("隧道水已经到膝盖了", "flooding_underpass"),
        ("隧道里全是水", "flooding_underpass"),
        ("路口的水快到膝盖了", "flooding"),
    ],
)
def test_the_subject_decides(words: str, expected: str) -> None:
    assert triage(words, "", 0, False).type == expected
