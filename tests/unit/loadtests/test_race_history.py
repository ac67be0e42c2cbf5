# SPDX-License-Identifier: Apache-2.0
"""Does the race's judge see what must not be? A judge that finds nothing in bad books proves nothing."""

from __future__ import annotations

from typing import Any

from loadtests.race.history import (
    History,
    Told,
    answers_not_kept,
    illegal_paths,
    overlaps_as_seen,
    overlaps_in_ledger,
    overlaps_in_time,
    versions_not_rising,
)


def told(kind: str, entity: str, state: str, version: int = 1, **body: Any) -> Told:
    return Told(kind, entity, version, {"state": state, **body})


def test_two_active_assignments_of_one_team_are_found_and_one_after_the_other_is_fine() -> None:
    good = [
        told("assignment", "a", "notified", team_id="t"), told("assignment", "a", "stood_down", team_id="t"),
        told("assignment", "b", "notified", team_id="t"),
    ]  # fmt: skip
    assert overlaps_in_ledger(good) == []
    assert overlaps_in_ledger([good[0], good[2]]) == ["team t: b while a holds it"]


def test_overlaps_by_their_own_instants() -> None:
    one, two = [("notified", 1.0), ("cleared", 5.0)], [("notified", 4.0)]
    assert overlaps_in_time({"a": ("t", one), "b": ("u", two)}) == []
    assert overlaps_in_time({"a": ("t", one), "b": ("t", two)}) == ["team t: b begins before a ends"]


def test_two_promises_of_one_team_at_one_time() -> None:
    history = History()
    first = history.invoke("assign", "i", {"t": "a"})
    second = history.invoke("assign", "j", {"t": "b"})
    history.end(first, "ok")
    assert overlaps_as_seen(history) == []
    history.end(second, "ok")
    assert overlaps_as_seen(history) == ["team t: b answered while a was held"]
    given_back = History()
    first = given_back.invoke("assign", "i", {"t": "a"})
    given_back.end(first, "ok")
    given_back.invoke("clear", "i", {"t": "a"})
    second = given_back.invoke("assign", "j", {"t": "b"})
    given_back.end(second, "ok")
    assert overlaps_as_seen(given_back) == []


def test_paths_that_no_life_cycle_knows() -> None:
    legal = [
        told("team", "t", "available"), told("team", "t", "notified"), told("team", "t", "en_route"),
        told("incident", "i", "new"), told("incident", "i", "assigned"), told("incident", "i", "in_progress"),
        told("assignment", "a", "notified"), told("assignment", "a", "on_scene"),
    ]  # fmt: skip
    assert illegal_paths(legal) == []
    assert illegal_paths([told("assignment", "a", "cleared"), told("assignment", "a", "notified")]) == [
        "assignment a: cleared to notified"
    ]
    assert illegal_paths([told("incident", "i", "closed"), told("incident", "i", "assigned")]) == [
        "incident i: closed to assigned"
    ]


def test_versions_that_stand_still_or_jump() -> None:
    rows = [told("team", "t", "available", 1), told("team", "t", "notified", 2)]
    assert versions_not_rising(rows) == []
    assert len(versions_not_rising([rows[0], rows[0]])) == 1
    assert len(versions_not_rising([rows[0], told("team", "t", "notified", 3)])) == 1


def test_broken_promises_and_refusals() -> None:
    history = History()
    kept, refused, unknown = (history.invoke("assign", "i", {"t": name}) for name in "abc")
    history.end(kept, "ok")
    history.end(refused, "fail", "team-taken")
    history.end(unknown, "info", "lost")
    assert answers_not_kept(history, frozenset({"a", "c"})) == []
    assert len(answers_not_kept(history, frozenset())) == 1
    assert len(answers_not_kept(history, frozenset({"a", "b"}))) == 1
    assert (history.count("ok"), history.count("info")) == (1, 1)
