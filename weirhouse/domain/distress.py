# SPDX-License-Identifier: Apache-2.0
"""A team in danger (遇险): a cry is taken from any state and told to everybody; a person ends it, with a reason.

Level-triggered, so that a device may cry until it is answered: neither a key nor a version is wanted of it.
What the team was sent to stays its own until the desk stands it down; `now` in seconds UTC.
"""

from __future__ import annotations

from copy import copy

from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.deskrows import audit, must_say
from weirhouse.domain.errors import IllegalTransition, TeamTaken
from weirhouse.domain.incident import Assignment, Team
from weirhouse.domain.lifecycle import TEAM, AssignmentState, TeamState, step


def distress(team: Team, actor: str, now: float, reason: str = "") -> DeskWrite | None:
    """Return the write that puts the team in distress, or None when it is already."""
    if TeamState(team.state) is TeamState.DISTRESS:
        return None
    row = copy(team)
    row.state = step("team", TEAM, TeamState(team.state), TeamState.DISTRESS).value
    line = audit(now, actor, "distress", team, team.state, row.state, reason)
    return DeskWrite(teams=(row,), audit=(line,), everybody=True)


def distress_over(team: Team, actor: str, now: float, reason: str, held: Assignment | None = None) -> DeskWrite:
    """Return the write that ends the distress: on the scene again when it was there, else available.

    Parameters
    ----------
    held
        The active assignment that holds the team, if any.

    Raises
    ------
    InvalidValue
        Without a reason.
    IllegalTransition
        When the team is not in distress.
    TeamTaken
        When it holds an assignment whose scene it has not reached: that one is stood down first.
    """
    must_say("reason", reason)
    if TeamState(team.state) is not TeamState.DISTRESS:
        raise IllegalTransition("team", team.state, "distress-over", ("distress",))
    if held is not None and AssignmentState(held.state) is not AssignmentState.ON_SCENE:
        raise TeamTaken(team.id, held.id, held.incident_id, held.by)
    row = copy(team)
    after = TeamState.AVAILABLE if held is None else TeamState.ON_SCENE
    row.state = step("team", TEAM, TeamState.DISTRESS, after).value
    line = audit(now, actor, "distress-over", team, team.state, row.state, reason)
    return DeskWrite(teams=(row,), audit=(line,), everybody=True)
