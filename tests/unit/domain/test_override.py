# SPDX-License-Identifier: Apache-2.0
"""Does a person's word hold, and does it give way to another cry for help?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.makers import T0, Room, at_m, report
from weirhouse.domain.errors import IllegalTransition, InvalidValue
from weirhouse.domain.gather import LOWERED
from weirhouse.domain.incident import Incident
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.override import prioritise, retype
from weirhouse.domain.policy import NORMAL
from weirhouse.domain.report import Disposition, Lane


def incident(type_: str = "noise", **changes: object) -> Incident:
    made = Room().take(report("a", type_, at_m(0, 0), **changes)).incident
    assert made is not None
    return made


def said(row: Incident, priority: int) -> Incident:
    fresh = prioritise(row, priority, "ann", T0, "seen on the camera", NORMAL).incident
    assert fresh is not None
    return fresh


def after(row: Incident, *joins: str, **changes: object) -> Incident:
    room = Room()
    room.index.put(row)
    for n, type_ in enumerate(joins):
        taken = room.take(report(f"more {n}", type_, at_m(5, 5), joins=row.id, **changes)).incident
        assert taken is not None
        row = taken
    return row


def test_a_lowered_priority_holds_for_more_of_the_same_and_not_for_another_cry() -> None:
    row = incident("flooding_indoors")
    low = said(row, 5)
    assert (low.priority, low.lane, low.state) == (5, row.lane, IncidentState.TRIAGED)
    assert low.rank < row.rank
    assert LOWERED in low.flags
    assert after(low, "flooding_indoors", "noise").priority == 5
    cried = after(low, "flooding_indoors", claims=("not_breathing",), lane=Lane.LIFE)
    assert cried.priority == 1
    assert LOWERED not in cried.flags
    fire = said(incident("fire"), 4)
    assert fire.lane is Lane.LIFE
    assert after(fire, "noise").priority == 4
    assert after(fire, "fire").priority == 2


@given(
    st.integers(1, 5), st.lists(st.sampled_from(("noise", "pothole", "flooding", "lift", "fire", "gas")), max_size=4)
)
def test_no_join_makes_milder_what_a_person_said(word: int, joins: list[str]) -> None:
    row = incident("flooding")
    if word == row.priority:
        return
    low = said(row, word)
    for n in range(len(joins) + 1):
        later = after(low, *joins[:n])
        assert later.priority <= word
        assert later.rank >= low.rank
        low_grades = [after(low, *joins[:m]).priority for m in range(n + 1)]
        assert low_grades == sorted(low_grades, reverse=True)


def test_a_raised_priority_stays() -> None:
    high = said(incident("noise"), 1)
    assert high.lane is Lane.LIFE
    assert after(high, "noise", "flooding").priority == 1
    assert said(high, 5).priority == 5
    assert LOWERED not in said(high, 5).flags


def test_another_type_raises_and_never_lowers_by_itself() -> None:
    row = incident("noise")
    act = retype(row, "fire", "ann", T0, "it burns", NORMAL)
    assert act.incident is not None
    assert (act.incident.type, act.incident.priority, act.incident.lane) == ("fire", 2, Lane.LIFE)
    assert act.membership == ("z1",)
    assert act.audit[0].after == {"state": "triaged", "priority": 2, "type": "fire"}
    milder = retype(incident("fire"), "noise", "ann", T0, "fireworks", NORMAL).incident
    assert milder is not None
    assert (milder.type, milder.priority) == ("noise", 2)
    lowered = retype(said(milder, 5), "gas", "ann", T0, "it smells", NORMAL).incident
    assert lowered is not None
    assert lowered.priority == 1


def test_a_retyped_incident_is_found_under_its_new_type() -> None:
    row = incident("noise")
    room = Room()
    room.index.put(row)
    typed = retype(row, "gas", "ann", T0, "it hisses", NORMAL).incident
    assert typed is not None
    room.index.put(typed)
    joined = room.take(report("b", "gas", at_m(3, 0))).incident
    assert joined is not None
    assert joined.id == row.id
    assert room.take(report("c", "noise", at_m(3, 0))).disposition is Disposition.OPENED


def test_what_is_no_word_is_refused() -> None:
    row = incident("noise")
    for priority, reason in ((row.priority, "same"), (0, "low"), (6, "high"), (1, "  ")):
        with pytest.raises(InvalidValue):
            prioritise(row, priority, "ann", T0, reason, NORMAL)
    for type_, reason in (("noise", "same"), ("nonsense", "what"), ("fire", "")):
        with pytest.raises(InvalidValue):
            retype(row, type_, "ann", T0, reason, NORMAL)
    row.state = IncidentState.CLOSED
    with pytest.raises(IllegalTransition):
        prioritise(row, 1, "ann", T0, "why", NORMAL)
