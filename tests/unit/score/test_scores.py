# SPDX-License-Identifier: Apache-2.0
"""Do the scores count what they say, learn only from the past, and answer bad files with a sentence?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.score import boston311, passes, zh_messages
from loadtests.score.files import WrongFileError, events, truth_pairs
from loadtests.score.pairs import Groups, agreement, b_cubed, found
from tests.unit.score.records import LAMP, SOFA, city, letters
from weirhouse.domain.policy import NORMAL


def test_pairs_within_the_largest_cluster_are_counted_apart() -> None:
    true = {"a": "big", "b": "big", "c": "big", "d": "small", "e": "small", "f": "alone"}
    ours = {"a": "1", "b": "1", "c": "2", "d": "2", "e": "3", "f": "3"}
    rest, largest = agreement(ours, true, {frozenset(("e", "f"))})
    assert (rest.right, rest.decided, rest.true) == (0, 1, 1)
    assert (largest.right, largest.decided, largest.true) == (1, 1, 3)
    assert b_cubed(true, true) == pytest.approx(1.0)
    assert 0.0 < b_cubed(ours, true) < 1.0


def test_a_pair_is_found_through_others() -> None:
    groups = Groups()
    groups.tie("a", "b")
    groups.tie("b", "c")
    names = {name: groups.root(name) for name in "abcd"}
    assert found([("a", "c"), ("a", "d")], names) == 0.5


def test_only_strong_pairs_of_known_cases_count(tmp_path: Path) -> None:
    event_file, pair_file = city(tmp_path, days=3)
    keys = {case.key for case in events(event_file)}
    pairs = truth_pairs(pair_file, keys)
    assert pairs
    assert ("c00000", "c00002") not in pairs
    assert truth_pairs(pair_file, {"nobody"}) == []


def test_the_earlier_part_teaches_which_label_is_one_happening(tmp_path: Path) -> None:
    cases = events(city(tmp_path)[0])
    pairs = truth_pairs(tmp_path / "pairs.csv", {case.key for case in cases})
    split = boston311.middle(cases)
    early = boston311.part(cases, pairs, 0.0, split)
    policy = boston311.taught(cases, early, seed=1)
    labels = policy.habits.labels
    assert labels[LAMP.casefold()].odds > labels[SOFA.casefold()].odds
    again = boston311.taught(cases, early, seed=1)
    assert again.habits == policy.habits
    only_early = [case for case in cases if case.key in early.keys]
    assert boston311.taught(only_early, early, seed=1).habits == policy.habits


def test_a_share_is_reached_by_moving_the_bands(tmp_path: Path) -> None:
    cases = events(city(tmp_path)[0])
    pairs = truth_pairs(tmp_path / "pairs.csv", {case.key for case in cases})
    split = boston311.middle(cases)
    early, late = boston311.part(cases, pairs, 0.0, split), boston311.part(cases, pairs, split, float("inf"))
    policy = boston311.taught(cases, early, seed=1)
    first = passes.own(cases, policy)
    few, many = passes.reach(cases, policy, late.keys, (0.08, 0.3), first)
    assert few.share <= many.share
    assert found(late.pairs, many.found.incident) >= found(late.pairs, few.found.incident)
    assert found(late.pairs, many.found.incident) > 0.9


def test_messages_are_told_apart_by_their_words(tmp_path: Path) -> None:
    result = zh_messages.score(*letters(tmp_path), seed=1)
    assert result.figures["precision"] == 1.0
    assert result.figures["recall"] == 1.0
    line = json.loads(result.json())
    assert line["name"] == "score zh-messages"
    assert {bar["name"] for bar in line["bars"]} == {"f1", "precision"}


def test_moving_the_bands_up_joins_less() -> None:
    assert passes.shifted(NORMAL, 1.0).bands.join > NORMAL.bands.join > passes.shifted(NORMAL, -1.0).bands.join


def test_a_file_without_its_columns_is_refused_in_a_sentence(tmp_path: Path) -> None:
    wrong = tmp_path / "events.csv"
    wrong.write_text("id,when\n1,2\n", encoding="utf-8")
    with pytest.raises(WrongFileError, match=r"events.csv lacks the column\(s\) case_id"):
        events(wrong)
    command = [
        sys.executable,
        "-m",
        "loadtests.score",
        "boston311",
        "--events",
        str(wrong),
        "--truth-pairs",
        str(wrong),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "lacks the column" in done.stderr
    assert "Traceback" not in done.stderr
