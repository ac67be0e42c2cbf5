# SPDX-License-Identifier: Apache-2.0
"""Does the score count twins, false joins and lowered dangers as its words say?"""

from __future__ import annotations

from loadtests.judge import Stood, score


def _told(key: str, happening: str, *, danger: bool = False) -> dict[str, object]:
    return {"report": key, "happening": happening, "danger": danger}


def test_a_perfect_house_has_no_twin_and_no_false_join() -> None:
    truth = [_told("a", "h1"), _told("b", "h1"), _told("c", "h2"), _told("d", "")]
    stood = [Stood("a", "i1", 3, "a"), Stood("b", "i1", 3, "a"), Stood("c", "i2", 3, "c"), Stood("d", "i3", 5, "d")]
    found = score(truth, stood)
    assert (found.twins, found.false_joins, found.happenings, found.incidents) == (0, 0, 3, 3)


def test_twins_and_false_joins_are_counted() -> None:
    truth = [_told("a", "h1"), _told("b", "h1"), _told("c", "h2"), _told("d", ""), _told("e", "")]
    stood = [
        Stood("a", "i1", 3, "a"),
        Stood("b", "i2", 3, "b"),
        Stood("c", "i1", 3, "a"),
        Stood("d", "i4", 5, "d"),
        Stood("e", "i4", 5, "d"),
    ]
    found = score(truth, stood)
    assert (found.twins, found.twin_share) == (1, 0.5)
    assert (found.false_joins, found.false_join_share, found.noise_gathered) == (1, 0.5, 1)


def test_a_danger_below_p2_is_lowered() -> None:
    truth = [_told("a", "h1", danger=True), _told("b", "h1", danger=True)]
    stood = [Stood("a", "i1", 2, "a"), Stood("b", "i2", 3, "b")]
    found = score(truth, stood)
    assert (found.danger, found.danger_lowered) == (2, 1)


def test_what_joins_a_device_is_no_false_join() -> None:
    found = score([_told("a", "h1"), {"device": "gauge-01", "happening": "h1"}], [Stood("a", "i1", 3, "")])
    assert (found.false_joins, found.reports) == (0, 1)
