# SPDX-License-Identifier: Apache-2.0
"""What becomes of a report: joined, folded, opened, moving; and is a cry ever made milder or hidden?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.domain.makers import LAT, LON, T0, Room, at_m, report
from weirhouse.domain.geo import metres
from weirhouse.domain.index import IncidentIndex
from weirhouse.domain.lexicon import CLAIMS
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.policy import NORMAL
from weirhouse.domain.report import Disposition, Lane, Report
from weirhouse.domain.taxonomy import kind_of

OPENED, JOINED, FOLDED, MOVING = Disposition.OPENED, Disposition.JOINED, Disposition.FOLDED, Disposition.MOVING


def test_ten_people_and_one_underpass_are_one_incident() -> None:
    room = Room()
    for i in range(10):
        room.take(
            report(f"r{i}", "flooding_underpass" if i % 2 else "flooding", at_m(9 * i, 5 * i, 30), reporter=f"p{i}")
        )
    (incident,) = room.incidents()
    assert incident.reports == 10
    assert incident.reporters == 10


def test_a_redial_is_folded_and_keeps_its_place_in_the_queue() -> None:
    room = Room()
    first = room.take(report("a", point=at_m(0, 0), reporter="tok"))
    again = room.take(report("b", point=at_m(30, 0), reporter="tok", event_time=T0 + 300, received_at=T0 + 300))
    assert again.disposition is FOLDED
    assert again.incident is not None
    assert first.incident is not None
    assert again.incident.id == first.incident.id
    assert again.incident.reporters == 1
    assert again.incident.rank >= first.incident.rank


def test_a_redial_without_a_place_still_finds_the_call() -> None:
    room = Room()
    room.take(report("a", point=at_m(0, 0), reporter="tok"))
    assert room.take(report("b", reporter="tok", event_time=T0 + 60)).disposition is FOLDED


def test_the_same_caller_about_something_else_is_not_folded() -> None:
    room = Room()
    room.take(report("a", "flooding", at_m(0, 0), reporter="tok"))
    assert room.take(report("b", "noise", at_m(0, 0), reporter="tok")).disposition is OPENED
    assert room.take(report("c", "flooding", at_m(5000, 0), reporter="tok")).disposition is OPENED
    later = report("d", "flooding", at_m(5000, 10), reporter="tok", event_time=T0 + 7200)
    assert room.take(later).disposition is JOINED


def test_a_new_grave_claim_gets_a_line_of_its_own() -> None:
    room = Room()
    room.take(report("a", "crash", at_m(0, 0), claims=("crash",), reporter="p1"))
    plain = room.take(report("b", "crash", at_m(5, 0), claims=("crash",), reporter="p2"))
    assert (plain.disposition, plain.own_line) == (JOINED, False)
    worse = room.take(report("c", "crash", at_m(5, 0), claims=("crash", "not_breathing"), reporter="p3"))
    assert worse.own_line
    assert worse.incident is not None
    assert worse.incident.priority == 1
    assert "distinct_cry" in worse.incident.flags
    assert {entry.action for entry in worse.audit} >= {"distinct_cry", "priority"}
    redial = room.take(report("d", "crash", at_m(5, 0), claims=("bleeding",), reporter="p1"))
    assert (redial.disposition, redial.own_line) == (FOLDED, True)
    other = room.take(report("e", "crash", at_m(5, 0), claims=("another_person",), reporter="p4"))
    assert other.own_line


def test_a_cry_near_an_ordinary_incident_is_not_swallowed() -> None:
    room = Room()
    room.take(report("a", "tree_down", at_m(0, 0)))
    cry = room.take(report("b", "live_wire", at_m(40, 0, 50), lane=Lane.LIFE, claims=("live_wire",)))
    assert cry.disposition is OPENED or cry.own_line
    assert cry.incident is not None
    assert cry.incident.lane is Lane.LIFE


def test_the_call_takers_choice_is_honoured_through_merges() -> None:
    room = Room()
    one = room.take(report("a", "noise", at_m(0, 0))).incident
    two = room.take(report("b", "noise", at_m(3000, 0))).incident
    assert one is not None
    assert two is not None
    one.state, one.merged_into = IncidentState.MERGED, two.id
    room.index.put(one)
    chosen = room.take(report("c", "parking", at_m(9000, 0), joins=one.id))
    assert chosen.disposition is JOINED
    assert chosen.incident is not None
    assert chosen.incident.id == two.id
    assert chosen.terms[0].code == "chosen"
    unknown = room.take(report("d", "parking", at_m(9000, 0), joins="0" * 32))
    assert unknown.disposition is OPENED
    assert unknown.incident is not None
    assert "choice_unknown" in unknown.incident.flags


def test_a_join_after_the_close_reopens_in_the_window_and_not_after() -> None:
    room = Room()
    incident = room.take(report("a", point=at_m(0, 0))).incident
    assert incident is not None
    incident.state, incident.closed_at, incident.closing_code = IncidentState.CLOSED, T0 + 100, "done"
    room.index.put(incident)
    soon = report("b", point=at_m(0, 0), event_time=T0 + 200, received_at=T0 + 200)
    decided = room.take(soon)
    assert decided.disposition is JOINED
    assert decided.incident is not None
    assert decided.incident.state is IncidentState.TRIAGED
    assert {"reopened", "joined_after_close"} <= set(decided.incident.flags)
    assert decided.incident.decision_version > incident.decision_version
    room.index.put(incident)
    late_s = T0 + 100 + kind_of("flooding").reopen_s + 1
    assert room.take(report("c", point=at_m(0, 0), event_time=late_s, received_at=late_s)).disposition is OPENED


def test_must_link_joins_and_cannot_link_keeps_apart() -> None:
    room = Room()
    incident = room.take(report("a", point=at_m(0, 0))).incident
    assert incident is not None
    tied, kept = report("b", "noise", at_m(0, 0)), report("c", point=at_m(0, 0))
    incident.type = "noise"
    incident.gist.must, incident.gist.cannot = [tied.id], [kept.id]
    room.index.put(incident)
    assert room.take(tied).disposition is JOINED
    assert room.take(kept).disposition is OPENED


def test_a_border_match_moves_and_life_safety_does_not() -> None:
    outline = Room().take(report("x", point=at_m(0, 0), zone="z2")).incident
    assert outline is not None
    room = Room()
    room.index.put_outline("z2", outline)
    moving = room.take(report("a", point=at_m(10, 0)))
    assert (moving.disposition, moving.forward_to, moving.forward_incident) == (MOVING, "z2", outline.id)
    assert moving.incident is None
    assert room.take(report("b", point=at_m(10, 0)), may_move=False).disposition is OPENED
    assert room.take(report("c", point=at_m(20, 0))).disposition is JOINED  # home fits as well: stays
    assert Room().take(report("d", point=at_m(10, 0), lane=Lane.LIFE)).disposition is OPENED
    other = Room()
    other.index.put_outline("z2", outline)
    assert other.take(report("e", point=at_m(10, 0), lane=Lane.LIFE, claims=("drowning",))).disposition is OPENED


def test_an_overlay_is_thrown_away_or_merged() -> None:
    room = Room()
    room.take(report("a", point=at_m(0, 0)))
    slice_ = Room()
    slice_.index = room.index.overlay()
    assert slice_.take(report("b", point=at_m(5, 0))).disposition is JOINED
    assert slice_.take(report("c", "noise", at_m(5, 0))).disposition is OPENED
    assert [incident.reports for incident in room.incidents()] == [1]
    assert len(slice_.index.near(report("d", point=at_m(5, 0)))) == 1
    slice_.index.merge()
    assert sorted(incident.reports for incident in room.incidents()) == [1, 2]


@st.composite
def storms(draw: st.DrawFn) -> list[Report]:
    count = draw(st.integers(1, 14))
    items = []
    for i in range(count):
        type_ = draw(st.sampled_from(["flooding", "crash", "injury", "fire", "smoke", "tree_down", "other"]))
        claims = tuple(sorted(draw(st.sets(st.sampled_from(sorted(CLAIMS)), max_size=2))))
        life = draw(st.booleans()) and bool(claims)
        point = at_m(draw(st.floats(-300, 300)), draw(st.floats(-300, 300)), draw(st.sampled_from([5.0, 50.0, 900.0])))
        items.append(
            report(
                f"s{i}",
                type_,
                point if draw(st.booleans()) else None,
                claims=claims,
                lane=Lane.LIFE if life else kind_of(type_).lane,
                reporter=draw(st.sampled_from(["", "p1", "p2", "p3"])),
                words=draw(
                    st.sampled_from(["", "deep water by the bridge", "路口撞车了有人受伤", "smoke from a window"])
                ),
                event_time=T0 + draw(st.floats(0, 4000)),
            )
        )
    return items


@settings(max_examples=150)
@given(storms())
def test_nothing_falls_nothing_hides_nothing_changes_in_place(items: Sequence[Report]) -> None:
    room = Room()
    for item in items:
        before = {
            incident.id: (incident, incident.priority, incident.rank, incident.reports) for incident in room.incidents()
        }
        alone = Room().take(item).incident
        decided = room.take(item)
        assert decided.incident is not None
        assert alone is not None
        assert decided.incident.priority <= alone.priority
        assert decided.incident.severity >= alone.severity
        for old, priority, rank, reports in before.values():
            assert (old.priority, old.rank, old.reports) == (priority, rank, reports)
            fresh = room.index.get(old.id)
            assert fresh is not None
            assert fresh.priority <= priority
            assert fresh.rank >= rank
        if decided.disposition is not OPENED:
            old, priority, _, reports = before[decided.incident.id]
            assert decided.incident.reports == reports + 1
            grave = {code for code in item.claims if 0 < CLAIMS[code][1] <= 2} - set(old.gist.claims)
            if alone.priority <= 2 and (grave or priority > 2):
                assert decided.own_line
    assert sum(incident.reports for incident in room.incidents()) == len(items)


@settings(max_examples=60)
@given(storms())
def test_replaying_gives_the_same(items: Sequence[Report]) -> None:
    one, two = Room(), Room()
    first = [one.take(item) for item in items]
    second = [two.take(item) for item in items]
    assert first == second
    assert one.incidents() == two.incidents()


def test_priority_does_not_depend_on_the_order_of_reports() -> None:
    items = [
        report("a", "crash", at_m(0, 0), claims=("crash",), reporter="p1"),
        report("b", "crash", at_m(9, 0), claims=("bleeding",), reporter="p2"),
        report("c", "crash", at_m(0, 9), claims=("trapped", "child"), reporter="p3"),
    ]
    seen = set()
    for order in permutations(items):
        room = Room()
        for item in order:
            room.take(item)
        (incident,) = room.incidents()
        seen.add((incident.priority, incident.severity, round(incident.rank, 6), incident.reports, incident.reporters))
    assert len(seen) == 1


def test_an_incident_does_not_creep_across_the_city() -> None:
    room = Room()
    room.take(report("r0", "flooding", at_m(0, 0, 30)))
    first = room.incidents()[0].id
    for i in range(1, 200):
        room.take(report(f"r{i}", "flooding", at_m(15 * i, 0, 30), event_time=T0 + i))
    incident = room.index.get(first)
    assert incident is not None
    assert incident.lat is not None
    assert incident.lon is not None
    assert metres(LAT, LON, incident.lat, incident.lon) <= kind_of("flooding").radius_m + 1
    assert len(room.incidents()) > 1


def test_a_crowd_is_bounded_in_memory_and_never_counts_down() -> None:
    room = Room()
    counts = []
    for i in range(600):
        words = f"car crash at the bridge number {i} with smoke"
        room.take(report(f"r{i}", "crash", at_m(i % 7, 0), reporter=f"p{i}", words=words, asset=f"as{i % 40}"))
        counts.append(max(incident.reporters for incident in room.incidents()))
    incident = max(room.incidents(), key=lambda each: each.reports)
    gist = incident.gist
    assert counts == sorted(counts)
    assert len(gist.sketch) <= 128
    assert len(gist.reporters) <= 64
    assert len(gist.folds) <= 64
    assert len(gist.assets) <= 16


def test_near_is_bounded() -> None:
    index = IncidentIndex()
    room = Room()
    for i in range(400):
        decided = room.take(report(f"r{i}", "medical", at_m(0, 0), address=f"{i} Elm St", reporter=f"p{i}"))
        assert decided.incident is not None
        index.put(decided.incident)
    assert len(index.near(report("q", "medical", at_m(0, 0)))) <= 200


def test_a_million_reports_from_one_token_do_not_grow_an_incident() -> None:
    room = Room()
    for i in range(2000):
        room.take(report(f"r{i}", "noise", at_m(0, 0), reporter="same", event_time=T0 + i * 0.1))
    (incident,) = room.incidents()
    assert incident.reports == 2000
    assert incident.reporters == 1
    assert NORMAL.ranking.points[4] - incident.rank <= NORMAL.ranking.rate_per_s * T0
