# SPDX-License-Identifier: Apache-2.0
"""Is a cry taken from every state, told to everybody, and ended only by somebody who says why?"""

from __future__ import annotations

import pytest

from tests.unit.domain.makers import T0, team
from tests.unit.domain.test_desk import sent
from weirhouse.domain import desk
from weirhouse.domain.distress import distress, distress_over
from weirhouse.domain.errors import IllegalTransition, InvalidValue, TeamTaken
from weirhouse.domain.incident import Assignment, Team
from weirhouse.domain.lifecycle import TeamState


def in_state(state: str) -> Team:
    made = team("t1")
    made.state = state
    return made


def held(state: str) -> Assignment:
    return Assignment(id="a1", incident_id="i1", team_id="t1", state=state, by="ann", at=T0)


@pytest.mark.parametrize("state", [state for state in TeamState if state is not TeamState.DISTRESS])
def test_a_cry_is_taken_from_every_state(state: TeamState) -> None:
    before = in_state(state.value)
    cry = distress(before, "t1", T0, "man with a knife")
    assert cry is not None
    assert (cry.teams[0].state, cry.everybody, before.state) == ("distress", True, state.value)
    assert (cry.audit[0].action, cry.audit[0].actor, cry.audit[0].reason) == ("distress", "t1", "man with a knife")


def test_a_second_cry_changes_nothing() -> None:
    assert distress(in_state("distress"), "t1", T0) is None


def test_the_end_wants_a_reason_and_a_cry() -> None:
    with pytest.raises(InvalidValue, match="reason"):
        distress_over(in_state("distress"), "ann", T0, "")
    with pytest.raises(IllegalTransition, match="distress"):
        distress_over(in_state("on_scene"), "ann", T0, "spoken to")


def test_after_the_end_the_team_is_free_or_on_the_scene_again() -> None:
    free = distress_over(in_state("distress"), "ann", T0, "spoken to")
    assert (free.teams[0].state, free.everybody, free.audit[0].reason) == ("available", True, "spoken to")
    there = distress_over(in_state("distress"), "ann", T0, "spoken to", held("on_scene"))
    assert there.teams[0].state == "on_scene"


@pytest.mark.parametrize("state", ["notified", "accepted", "en_route"])
def test_a_team_still_sent_is_not_made_free_by_the_end(state: str) -> None:
    with pytest.raises(TeamTaken, match="t1"):
        distress_over(in_state("distress"), "ann", T0, "spoken to", held(state))


def test_no_step_of_the_work_ends_a_distress() -> None:
    incident, assignments, teams = sent()
    cry = distress(teams[0], "t0", T0, "help")
    assert cry is not None
    for step, state in ((desk.en_route, "en_route"), (desk.arrive, "on_scene")):
        done = step(incident, assignments[0], cry.teams[0], "t0", T0 + 1)
        assert (done.assignments[0].state, done.teams) == (state, ())
    cleared = desk.clear(incident, done.assignments[0], cry.teams[0], "t0", T0 + 2, "done")
    assert cleared.teams[0].state == "distress"
