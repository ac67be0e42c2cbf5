# SPDX-License-Identifier: Apache-2.0
"""Do people's acts follow the life cycles, name what is in the way, and leave an audit?"""

from __future__ import annotations

import pytest

from tests.unit.domain.makers import T0, Room, at_m, report, team
from weirhouse.domain import desk
from weirhouse.domain.errors import (
    ClaimedByOther,
    IllegalTransition,
    InvalidValue,
    StaleFence,
    TeamTaken,
    VersionConflict,
)
from weirhouse.domain.incident import Assignment, Incident, Team
from weirhouse.domain.lifecycle import IncidentState


def incident(exercise: bool = False, type_: str = "fire") -> Incident:
    made = Room().take(report("a", type_, at_m(0, 0), exercise=exercise)).incident
    assert made is not None
    return made


def sent(count: int = 1) -> tuple[Incident, list[Assignment], list[Team]]:
    act = desk.assign(incident(), [team(f"t{i}", skills=("fire",)) for i in range(count)], "ann", T0, "k")
    assert act.incident is not None
    return act.incident, list(act.assignments), list(act.teams)


def test_a_claim_is_a_lease() -> None:
    first = desk.claim(incident(), "ann", T0, 300.0).incident
    assert first is not None
    assert (first.owner, first.claim_until, first.state) == ("ann", T0 + 300, IncidentState.TRIAGED)
    with pytest.raises(ClaimedByOther, match="ann"):
        desk.claim(first, "bob", T0 + 299, 300.0)
    later = desk.claim(first, "bob", T0 + 301, 300.0).incident
    assert later is not None
    assert later.owner == "bob"
    renewed = desk.claim(first, "ann", T0 + 10, 300.0).incident
    assert renewed is not None
    assert renewed.decision_version == first.decision_version
    assert first.owner == "ann"


def test_a_claim_is_given_back_by_its_holder_or_taken_with_a_reason() -> None:
    held = desk.claim(incident(), "ann", T0, 300.0).incident
    assert held is not None
    with pytest.raises(ClaimedByOther):
        desk.release(held, "bob", T0 + 1)
    with pytest.raises(InvalidValue, match="reason"):
        desk.release(held, "bob", T0 + 1, force=True)
    forced = desk.release(held, "bob", T0 + 1, force=True, reason="shift over")
    assert forced.incident is not None
    assert forced.incident.owner == ""
    assert forced.audit[0].reason == "shift over"


def test_several_teams_go_and_the_incident_resolves_with_the_last() -> None:
    row, assignments, teams = sent(2)
    assert (row.state, row.teams) == (IncidentState.ASSIGNED, 2)
    assert [a.state for a in assignments] == ["notified", "notified"]
    assert [t.state for t in teams] == ["notified", "notified"]
    way = desk.en_route(row, assignments[0], teams[0], "t0", T0 + 1, fence=1)
    assert way.incident is not None
    assert way.incident.state is IncidentState.IN_PROGRESS
    assert [step[0] for step in way.assignments[0].history] == ["reserved", "notified", "accepted", "en_route"]
    there = desk.arrive(way.incident, way.assignments[0], way.teams[0], "t0", T0 + 2)
    assert there.incident is not None
    done = desk.clear(there.incident, there.assignments[0], there.teams[0], "t0", T0 + 3, "done")
    assert done.incident is not None
    assert (done.incident.state, done.incident.teams) == (IncidentState.IN_PROGRESS, 1)
    assert done.teams[0].state == "returning"
    other = desk.arrive(done.incident, assignments[1], teams[1], "t1", T0 + 4)
    assert other.incident is not None
    last = desk.clear(other.incident, other.assignments[0], other.teams[0], "t1", T0 + 5, "done")
    assert last.incident is not None
    assert (last.incident.state, last.incident.teams) == (IncidentState.RESOLVED, 0)
    assert last.incident.closing_code == "done"
    assert desk.back(last.teams[0], "t1", T0 + 6).teams[0].state == "available"


def test_a_taken_team_is_refused_and_a_returning_one_goes() -> None:
    with pytest.raises(TeamTaken, match="t1"):
        desk.assign(incident(), [team("t1", state="on_scene")], "ann", T0, "k")
    assert desk.assign(incident(), [team("t1", state="returning")], "ann", T0, "k").teams[0].state == "notified"


@pytest.mark.parametrize(("drill", "on_exercise"), [(True, False), (False, True)])
def test_exercise_and_real_do_not_mix(drill: bool, on_exercise: bool) -> None:
    with pytest.raises(InvalidValue, match="exercise"):
        desk.assign(incident(exercise=drill), [team("t1", exercise=on_exercise)], "ann", T0, "k")


def test_assigning_nobody_or_one_twice_is_refused_and_missing_skills_are_noted() -> None:
    with pytest.raises(InvalidValue):
        desk.assign(incident(), [], "ann", T0, "k")
    with pytest.raises(InvalidValue):
        desk.assign(incident(), [team("t1"), team("t1")], "ann", T0, "k")
    act = desk.assign(incident(), [team("t1")], "ann", T0, "k", "nearest")
    assert act.assignments[0].reason == "nearest; skill_missing: fire"


def test_declining_needs_a_reason_and_puts_the_incident_back() -> None:
    row, assignments, teams = sent()
    with pytest.raises(InvalidValue, match="reason"):
        desk.decline(row, assignments[0], teams[0], "t0", T0 + 1, " ")
    act = desk.decline(row, assignments[0], teams[0], "t0", T0 + 1, "flat tyre")
    assert act.incident is not None
    assert (act.incident.state, act.incident.teams) == (IncidentState.TRIAGED, 0)
    assert act.teams[0].state == "available"
    assert act.assignments[0].state == "declined"


def test_a_late_command_with_an_old_token_changes_nothing() -> None:
    row, assignments, teams = sent()
    accepted = desk.accept(row, assignments[0], teams[0], "t0", T0 + 1, fence=1)
    assert accepted.incident is not None
    down = desk.stand_down(accepted.incident, accepted.assignments[0], teams[0], "ann", T0 + 2, "not needed")
    assert down.incident is not None
    with pytest.raises(StaleFence):
        desk.arrive(down.incident, down.assignments[0], down.teams[0], "t0", T0 + 3, fence=1)
    with pytest.raises(IllegalTransition):
        desk.arrive(down.incident, down.assignments[0], down.teams[0], "t0", T0 + 3)


def test_closing_is_refused_with_teams_out_and_reopening_raises_the_membership() -> None:
    row, assignments, _ = sent()
    with pytest.raises(TeamTaken, match="t0"):
        desk.close(row, "ann", T0 + 1, "done", active=assignments)
    with pytest.raises(TeamTaken):
        desk.close(row, "ann", T0 + 1, "done")
    fresh = incident()
    with pytest.raises(InvalidValue, match="closing_code"):
        desk.close(fresh, "ann", T0 + 1, "")
    closed = desk.close(fresh, "ann", T0 + 1, "false_alarm").incident
    assert closed is not None
    assert (closed.state, closed.closed_at, closed.closing_code) == (IncidentState.CLOSED, T0 + 1, "false_alarm")
    with pytest.raises(IllegalTransition, match="closed"):
        desk.claim(closed, "ann", T0, 1.0)
    with pytest.raises(IllegalTransition, match="closed"):
        desk.assign(closed, [team("t")], "ann", T0, "k")
    again = desk.reopen(closed, "ann", T0 + 2, "caller rang again")
    assert again.incident is not None
    assert again.incident.state is IncidentState.TRIAGED
    assert again.membership == ("z1",)
    assert again.audit[0].before == {"state": "closed"}
    with pytest.raises(IllegalTransition):
        desk.reopen(fresh, "ann", T0, "why")


def test_possible_acts_follow_the_state() -> None:
    fresh = incident()
    everything = ["assign", "claim", "close", "link", "merge", "prioritise", "release", "retype"]
    assert desk.possible_acts(fresh) == everything
    fresh.reports = 2
    assert set(desk.possible_acts(fresh)) - set(everything) == {"split"}
    row, _, _ = sent()
    assert "close" not in desk.possible_acts(row)
    closed = desk.close(fresh, "ann", T0, "done").incident
    assert closed is not None
    assert desk.possible_acts(closed) == ["reopen"]


def test_rows_that_do_not_belong_together_are_refused() -> None:
    row, assignments, teams = sent()
    with pytest.raises(InvalidValue):
        desk.accept(incident(type_="noise"), assignments[0], team("tx"), "t0", T0)
    with pytest.raises(InvalidValue):
        desk.accept(row, assignments[0], team("tx"), "t0", T0)
    assert desk.accept(row, assignments[0], teams[0], "t0", T0).assignments[0].state == "accepted"


def test_a_decision_on_an_old_state_is_refused() -> None:
    row = incident()
    desk.check_decision(row, row.decision_version)
    desk.check_decision(row, None)
    with pytest.raises(VersionConflict):
        desk.check_decision(row, row.decision_version - 1)


def test_nothing_given_is_changed_and_versions_stay_as_read() -> None:
    row, assignments, teams = sent()
    act = desk.arrive(row, assignments[0], teams[0], "t0", T0 + 1)
    assert assignments[0].state == "notified"
    assert teams[0].state == "notified"
    assert row.state is IncidentState.ASSIGNED
    assert act.incident is not None
    assert act.incident.version == row.version
    assert act.teams[0].version == teams[0].version
    assert act.assignments[0].version == assignments[0].version
