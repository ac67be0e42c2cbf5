# SPDX-License-Identifier: Apache-2.0
"""Does triage hear a cry, in both languages, and only where there is one? Does it ever lower?"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirhouse.domain.lexicon import CLAIM_WORDS, CLAIMS, COMPOSED
from weirhouse.domain.lexicon_types import TYPE_WORDS
from weirhouse.domain.report import Lane
from weirhouse.domain.taxonomy import TYPES
from weirhouse.domain.triage import listen, triage, vulnerability


@pytest.mark.parametrize(
    ("words", "claim", "priority"),
    [
        ("my father is not breathing", "not_breathing", 1),
        ("he stopped breathing, please hurry", "not_breathing", 1),
        ("我爸没有呼吸了", "not_breathing", 1),
        ("老人昏迷叫不醒", "unconscious", 1),
        ("the house is on fire and people are trapped", "fire_people", 1),
        ("三楼着火，里面有人出不来", "fire_people", 1),
        ("a boy fell into the river", "drowning", 1),
        ("有人落水了", "drowning", 1),
        ("man with a knife outside", "violence", 1),
        ("有人持刀砍人", "violence", 1),
        ("strong smell of gas in the stairwell", "gas", 1),
        ("楼道里闻到很浓的煤气", "gas", 1),
        ("car stuck in the flooded underpass, people trapped", "water_trapped", 1),
        ("隧道积水，有车被困", "water_trapped", 1),
        ("fire in a bin", "fire", 2),
        ("power lines down and sparking", "live_wire", 2),
        ("高压线掉在路上", "live_wire", 2),
        ("my daughter is missing", "missing_child", 2),
        ("孩子走失了", "missing_child", 2),
        ("two people injured", "injury", 2),
        ("追尾，有人受伤", "injury", 2),
        ("救命", "help", 2),
        ("no one came and he is bleeding", "bleeding", 2),
        ("不知道有没有人受伤", "injury", 2),
        ("I don't know if anyone is hurt", "injury", 2),
    ],
)
def test_a_cry_is_heard(words: str, claim: str, priority: int) -> None:
    heard = triage(words)
    assert claim in heard.claims
    assert heard.priority_hint == priority
    assert heard.lane is Lane.LIFE


@pytest.mark.parametrize(
    "words",
    [
        "no one is hurt",
        "nobody was injured, just a dent",
        "没有人受伤",
        "无人受伤，无人员被困",
        "there is no fire",
        "不是火灾",
        "fire hydrant is painted over",
        "car parked in the fire lane",
        "how do I apply for a permit",
        "路灯不亮",
        "the smoke detector is beeping",
        "请问怎么办理居住证",
        "",
        "🔥" * 10,
    ],
)
def test_no_cry_where_there_is_none(words: str) -> None:
    heard = triage(words)
    assert heard.lane is not Lane.LIFE
    assert heard.priority_hint in (0, 3, 4, 5)


@pytest.mark.parametrize("gap", ["\r", "\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\r\n"])
def test_a_cry_is_heard_whatever_ends_the_line(gap: str) -> None:
    plain = triage("a man is unconscious please come")
    assert plain.lane is Lane.LIFE
    assert triage(f"a man is unconscious{gap}please come") == plain
    assert triage(f"a man is uncon\x00sci\u200bous{gap}please come") == plain


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", "\u2028", "\x85"])
@pytest.mark.parametrize(
    ("denied", "cry", "claim"),
    [
        ("no injuries", "fire in the kitchen", "fire"),
        ("nobody is hurt", "my mother is not breathing", "not_breathing"),
        ("没有人受伤", "着火了", "fire"),
        ("there is no smoke", "有人受伤", "injury"),
    ],
)
def test_a_denial_ends_with_its_line(denied: str, cry: str, claim: str, end: str) -> None:
    heard = triage(denied + end + cry)
    assert claim in heard.claims
    assert heard.lane is Lane.LIFE


def test_a_cry_that_wraps_is_heard() -> None:
    assert "not_breathing" in triage("my mother is not\nbreathing").claims


def test_a_denied_line_alone_raises_nothing() -> None:
    assert triage("no injuries\nno one is hurt\n").claims == triage("no injuries. no one is hurt").claims


def test_a_denial_covers_its_own_clause_only() -> None:
    assert "not_breathing" in triage("nobody is hurt, but my mother is not breathing").claims
    assert "injury" in triage("没有人被困，但是有人受伤").claims
    assert "trapped" not in triage("没有人被困，但是有人受伤").claims


@pytest.mark.parametrize(
    ("words", "type_id"),
    [
        ("huge pothole on Main St", "pothole"),
        ("tree down across the road", "tree_down"),
        ("大树倒了压住车", "tree_down"),
        ("小区停电三个小时了", "power_cut"),
        ("basement flooded", "flooding_indoors"),
        ("桥下积水", "flooding_underpass"),
        ("广场舞太吵", "noise"),
        ("井盖破损", "pothole"),
        ("独居老人三天没见", "welfare"),
        ("lift stopped between floors, people stuck in the lift, calm", "lift"),
        ("xyzzy", "other"),
    ],
)
def test_the_type_is_guessed(words: str, type_id: str) -> None:
    assert triage(words).type == type_id


def test_an_entitled_claim_is_never_lowered_by_words() -> None:
    heard = triage("nobody is hurt, all fine", claimed_type="fire", claimed_priority=1, entitled=True)
    assert heard.lane is Lane.LIFE
    assert heard.priority_hint == 1
    assert heard.type == "fire"


def test_a_claim_without_the_right_leaves_the_words_alone_to_judge() -> None:
    empty = triage("pothole on Main St", claimed_type="not_breathing", claimed_priority=1)
    assert empty.lane is Lane.ORDINARY
    assert empty.type == "pothole"
    assert empty.claimed_type == "not_breathing"
    crying = triage("he is not breathing", claimed_type="pothole", claimed_priority=5)
    assert crying.lane is Lane.LIFE
    assert crying.type == "not_breathing"


@given(st.text(max_size=400), st.sampled_from(sorted(TYPES)), st.integers(0, 5), st.booleans())
def test_triage_raises_and_never_lowers(words: str, type_id: str, priority: int, entitled: bool) -> None:
    bare = triage(words)
    heard = triage(words, type_id, priority, entitled)
    assert heard.claims == bare.claims
    assert set(heard.claims) <= set(CLAIMS)
    if bare.priority_hint:
        assert 0 < heard.priority_hint <= bare.priority_hint
    if entitled and priority:
        assert 0 < heard.priority_hint <= priority
    if not entitled and bare.lane is not Lane.LIFE:
        assert heard.lane is not Lane.LIFE
    if entitled and TYPES[type_id].lane is Lane.LIFE:
        assert heard.lane is Lane.LIFE
    assert 0.0 <= heard.severity <= 1.0


@given(st.sets(st.sampled_from(sorted(CLAIMS))), st.sampled_from(sorted(CLAIMS)))
def test_vulnerability_is_bounded_and_grows(claims: set[str], more: str) -> None:
    assert 0.0 <= vulnerability(claims) <= vulnerability(claims | {more}) <= 1.0


_PIECES = {
    1: [p for row in (*CLAIM_WORDS, *TYPE_WORDS) for p in re.split(r"[^a-z ']+", row[1]) if p.strip()]
    + ["the", "at", "old", "car", "water", "80", ".", ","],
    2: [p for row in (*CLAIM_WORDS, *TYPE_WORDS) for p in re.split(r"[^\u3400-\u9fff]+", row[2]) if p]
    + ["的", "了", "在", "水", "，", "。"],
}
_UNTOUCHED = {"lift_trapped", "trapped", "illegal_burning", "fire"} | {code for code, _, _ in COMPOSED}


@pytest.mark.parametrize("column", [1, 2])
@given(data=st.data())
def test_nothing_is_overheard_for_the_sake_of_speed(column: int, data: st.DataObject) -> None:
    """Each pattern tried at every letter finds what the ear finds by first letters, where nothing is denied."""
    pieces = data.draw(st.lists(st.sampled_from(_PIECES[column]), max_size=12))
    words = (" " if column == 1 else "").join(pieces)
    if re.search(r"\b(?:no|not|can|haven|hasn|isn|won|n)|[没无未不并避防预以]", words):
        return
    claims, types = listen(words, "en" if column == 1 else "zh")
    border = r"\b" if column == 1 else ""
    for table, heard in ((CLAIM_WORDS, claims), (TYPE_WORDS, set(types))):
        plain = {row[0] for row in table if re.search(f"{border}(?:{row[column]}){border}", words)}
        assert plain - _UNTOUCHED == heard - _UNTOUCHED
