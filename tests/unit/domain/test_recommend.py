# SPDX-License-Identifier: Apache-2.0
"""Does a recommendation send whom it says, for the reasons it says, and name who came second by how much?"""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.domain.makers import T0, at_m, team
from weirhouse.domain.city import Zone
from weirhouse.domain.coverage import Post
from weirhouse.domain.incident import Burden, Incident, Team
from weirhouse.domain.plans import plan_for
from weirhouse.domain.recommend import Choice, recommend
from weirhouse.domain.travel import StraightLine
from weirhouse.domain.weighing import Scene, Wanted

ZONES = (
    Zone(id="z1", name_en="1", name_zh="一", neighbours=("z2",)),
    Zone(id="z2", name_en="2", name_zh="二", neighbours=("z1",)),
    Zone(id="z3", name_en="3", name_zh="三"),
)


def crew(name: str, east_m: float, skills: tuple[str, ...] = ("fire",), **changes: Any) -> Team:
    point = at_m(east_m, 0)
    given = {"lat": point.lat, "lon": point.lon, "position_at": T0, "zone": "z1", "kind": "engine", "skills": skills}
    return team(name, **{**given, **changes})


def incident(name: str = "i1", priority: int = 3, type_: str = "fire", east_m: float = 0.0, **changes: Any) -> Incident:
    point = at_m(east_m, 0)
    given = {"id": name, "zone": "z1", "type": type_, "priority": priority, "lat": point.lat, "lon": point.lon}
    return Incident(**{**given, "opened_at": T0, **changes})


def scene(*teams: Team, **changes: Any) -> Scene:
    return Scene(**{"now": T0, "teams": teams, "travel": StraightLine(), "zones": ZONES, **changes})


def wants(row: Incident) -> Wanted:
    return Wanted(row, tuple(need.skill for need in plan_for(row.type, row.priority) for _ in range(need.teams)))


def test_the_nearest_with_the_skill_goes_and_the_second_is_named_with_the_difference() -> None:
    far, near, cook = crew("far", 3000), crew("near", 1000), crew("cook", 10, ("cleaning",))
    found = recommend(wants(incident()), scene(far, near, cook))
    (pick,) = found.picks
    assert (pick.need, pick.team_id) == ("fire", "near")
    assert pick.runner_up is not None
    assert pick.runner_up.team_id == "far"
    assert [term.code for term in pick.runner_up.terms] == ["travel"]
    assert math.isclose(pick.runner_up.difference_s, pick.runner_up.terms[0].value, abs_tol=0.2)
    assert [candidate.team.id for candidate in found.candidates] == ["near", "far", "cook"]
    for candidate in found.candidates:
        assert math.isclose(sum(term.value for term in candidate.terms), candidate.cost_s, abs_tol=0.2)


def test_nearest_looks_at_nothing_but_the_way() -> None:
    found = recommend(wants(incident()), scene(crew("skilled", 900), crew("cook", 10, ("cleaning",))), Choice.NEAREST)
    assert found.picks[0].team_id == "cook"
    assert {term.code for candidate in found.candidates for term in candidate.terms} == {"travel"}


def test_who_cannot_go_is_said_with_the_reason() -> None:
    found = recommend(
        wants(incident()), scene(crew("out", 1, state="on_scene"), crew("drill", 1, exercise=True), crew("ok", 5000))
    )
    assert {(one.team_id, one.code) for one in found.excluded} == {("out", "state:on_scene"), ("drill", "exercise")}
    assert [candidate.team.id for candidate in found.candidates] == ["ok"]
    assert found.picks[0].runner_up is None


def test_a_need_that_nobody_free_brings_stays_open_and_says_so() -> None:
    found = recommend(wants(incident(type_="drowning", priority=1)), scene(crew("e", 10), crew("m", 10, ("medical",))))
    assert [(pick.need, pick.team_id) for pick in found.picks] == [
        ("water_rescue", ""),
        ("medical", "m"),
        ("fire", "e"),
    ]


def test_a_team_that_brings_two_skills_is_spared_for_the_need_only_it_can_meet() -> None:
    both, one = crew("both", 100, ("fire", "gas")), crew("one", 2000)
    found = recommend(Wanted(incident(), ("fire", "gas")), scene(both, one))
    assert [pick.team_id for pick in found.picks] == ["one", "both"]


def test_an_old_position_is_marked_and_doubted_and_a_base_too() -> None:
    found = recommend(
        wants(incident()),
        scene(crew("fresh", 1000), crew("old", 1000, position_at=T0 - 900), crew("base", 1000, position_at=0.0)),
    )
    rows = {candidate.team.id: candidate for candidate in found.candidates}
    assert (rows["fresh"].stale, rows["old"].stale, rows["base"].stale) == (False, True, True)
    assert (rows["fresh"].position_age_s, rows["old"].position_age_s, rows["base"].position_age_s) == (0.0, 900.0, None)
    assert rows["fresh"].cost_s < min(rows["old"].cost_s, rows["base"].cost_s)


def test_zone_rest_and_load_count_for_a_wish_and_not_for_a_life() -> None:
    own, other = crew("own", 1200), crew("other", 1000, zone="z3")
    burdens = {"own": Burden(team_id="own", sent=4, freed_at=T0)}
    calm = recommend(wants(incident(priority=4, type_="fire")), scene(own, other))
    assert calm.picks[0].team_id == "own"
    tired = recommend(wants(incident(priority=4)), scene(own, other, burdens=burdens))
    assert tired.picks[0].team_id == "other"
    spent = next(candidate for candidate in tired.candidates if candidate.team.id == "own")
    assert {term.code: term.value for term in spent.terms if term.code != "travel"} == {"rest": 120.0, "load": 60.0}
    life = recommend(Wanted(incident(priority=1), ("fire",)), scene(own, other, burdens=burdens))
    assert life.picks[0].team_id == "other"


def test_a_neighbours_team_costs_less_than_one_from_farther_away() -> None:
    found = recommend(wants(incident()), scene(crew("a", 500, zone="z2"), crew("b", 500, zone="z3"), crew("c", 500)))
    assert [candidate.team.id for candidate in found.candidates] == ["c", "a", "b"]


def test_coverage_keeps_the_last_one_of_a_district() -> None:
    lonely, pair_one, pair_two = crew("lonely", 1000), crew("p1", -1150), crew("p2", -1200)
    posts = (Post(at_m(3200, 0).lat, at_m(3200, 0).lon), Post(at_m(-3200, 0).lat, at_m(-3200, 0).lon))
    there = scene(lonely, pair_one, pair_two, posts=posts)
    assert recommend(wants(incident()), there, Choice.SKILLS_ETA).picks[0].team_id == "lonely"
    kept = recommend(wants(incident()), there, Choice.COVERAGE)
    assert kept.picks[0].team_id == "p1"
    losses = {candidate.team.id: candidate.coverage_loss for candidate in kept.candidates}
    assert losses["lonely"] > losses["p1"] > 0.0


def test_a_batch_gives_each_incident_what_helps_all_and_p1_never_waits() -> None:
    near, far = crew("near", 0), crew("far", 4000)
    here, there = incident("here", 3, east_m=1500), incident("there", 3, east_m=-1500)
    one = recommend(wants(here), scene(near, far), Choice.BATCH, [wants(there)])
    two = recommend(wants(there), scene(near, far), Choice.BATCH, [wants(here)])
    assert (one.picks[0].team_id, two.picks[0].team_id) == ("far", "near")
    assert one.batched == 2
    assert one.due_at == T0 + 30.0
    life = recommend(wants(incident("life", 1, "not_breathing")), scene(near), Choice.BATCH, [wants(here)])
    assert (life.batched, life.due_at) == (0, None)


def test_in_a_batch_the_graver_incident_is_served_when_teams_are_few() -> None:
    wish, grave = incident("wish", 5, east_m=10), incident("grave", 2, "smoke", east_m=6000)
    only = scene(crew("only", 0))
    assert recommend(wants(wish), only, Choice.BATCH, [wants(grave)]).picks[0].team_id == ""
    assert recommend(wants(grave), only, Choice.BATCH, [wants(wish)]).picks[0].team_id == "only"


def test_an_incident_without_a_place_and_a_team_without_one_still_get_an_answer() -> None:
    found = recommend(wants(incident(lat=None, lon=None)), scene(crew("a", 0), crew("b", 0, lat=None, lon=None)))
    assert [candidate.eta_s for candidate in found.candidates] == [None, None]
    assert found.picks[0].team_id in {"a", "b"}
    assert all(math.isfinite(candidate.cost_s) for candidate in found.candidates)


def test_nobody_there() -> None:
    found = recommend(wants(incident(priority=1)), scene())
    assert found.candidates == ()
    assert [pick.team_id for pick in found.picks] == [""] * 5


@pytest.mark.parametrize("choice", list(Choice))
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(-9000, 9000), st.integers(0, 3)), max_size=8), st.integers(1, 5), st.randoms())
def test_every_choice_sends_nobody_twice_and_no_order_matters(
    choice: Choice, places: list[tuple[int, int]], priority: int, chance: Any
) -> None:
    skills = (("fire",), ("medical",), ("fire", "medical"), ("police",))
    teams = [crew(f"t{n}", east, skills[kind]) for n, (east, kind) in enumerate(places)]
    row = wants(incident(priority=priority))
    others = [wants(incident(f"o{n}", 1 + n, east_m=700.0 * n)) for n in range(4)]
    found = recommend(row, scene(*teams), choice, others)
    sent = [pick.team_id for pick in found.picks if pick.team_id]
    assert len(sent) == len(set(sent))
    for pick in found.picks:
        if pick.runner_up is not None:
            assert pick.runner_up.team_id not in sent
    chance.shuffle(teams)
    again = recommend(row, scene(*teams), choice, others)
    assert [candidate.team.id for candidate in again.candidates] == [
        candidate.team.id for candidate in found.candidates
    ]
