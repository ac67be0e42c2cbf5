# SPDX-License-Identifier: Apache-2.0
"""Does what people tie and untie keep every report, every clock and every priority, and can it be taken back?"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.domain.makers import T0, Room, at_m, report
from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.errors import IllegalTransition, InvalidValue, TeamsOnBoth
from weirhouse.domain.ids import incident_id
from weirhouse.domain.incident import Assignment, Incident
from weirhouse.domain.joining import TEAMS_ON_BOTH, link, merge, split
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.override import prioritise
from weirhouse.domain.policy import NORMAL
from weirhouse.domain.report import Disposition, Lane, Report
from weirhouse.domain.together import MAX_TIED
from weirhouse.domain.undoing import came_since, last_act, others_told, stands_at, undo

NOW = T0 + 600.0
KINDS = ("flooding", "fire", "noise", "medical", "tree_down")


def told(reports: list[Report]) -> Incident:
    """Return the incident that these reports make, the first opens."""
    room = Room()
    first = room.take(reports[0]).incident
    assert first is not None
    for one in reports[1:]:
        room.take(msgspec.structs.replace(one, joins=first.id))
    [row] = room.incidents()
    row.version, row.number = 3, 7
    return row


def stored(act: DeskWrite) -> list[Incident]:
    """Return the rows as the ledger would hold them, the incident first."""
    assert act.incident is not None
    rows = [msgspec.msgpack.decode(msgspec.msgpack.encode(row), type=Incident) for row in (act.incident, *act.others)]
    return [msgspec.structs.replace(row, version=row.version + 1) for row in rows]


def same(one: Incident, two: Incident) -> None:
    """Assert that two rows differ in nothing but their versions."""
    left, right = msgspec.to_builtins(one), msgspec.to_builtins(two)
    for name in ("version", "decision_version"):
        del left[name], right[name]
    assert left == right


@st.composite
def a_report(draw: st.DrawFn, key: str) -> Report:
    kind = draw(st.sampled_from(KINDS))
    point = draw(st.none() | st.builds(at_m, st.floats(-90, 90), st.floats(-90, 90)))
    at = T0 + draw(st.integers(0, 300))
    changes: dict[str, Any] = {
        "words": draw(st.sampled_from(("water everywhere in the street", "flames on the roof", "", "一楼进水了"))),
        "reporter": draw(st.sampled_from(("", "anna", "bo", "cy", "dan"))),
        "source": draw(st.sampled_from(("app", "web", "hotline"))),
        "event_time": at,
        "received_at": at + 1.0,
        "claims": draw(st.sampled_from(((), ("fire",), ("not_breathing",)))),
        "lane": draw(st.sampled_from((Lane.LIFE, Lane.ORDINARY))),
        "address": draw(st.sampled_from(("", "12 Mill Street"))),
    }
    return report(key, kind, point, **changes)


@st.composite
def groups(draw: st.DrawFn) -> list[list[Report]]:
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=3))
    return [[draw(a_report(f"{g}-{n}")) for n in range(size)] for g, size in enumerate(sizes)]


@settings(max_examples=60, deadline=None)
@given(groups())
def test_a_merge_keeps_every_count_the_earliest_clock_and_the_highest_priority(many: list[list[Report]]) -> None:
    rows = [told(reports) for reports in many]
    act = merge(rows, "ann", NOW, "one flood", NORMAL)
    kept, *gone = stored(act)
    every = [one for reports in many for one in reports]
    assert kept.id == min(rows, key=lambda row: (row.first_at, row.id)).id
    assert (kept.reports, sum(row.reports for row in gone)) == (len(every), 0)
    assert kept.first_at == min(one.event_time for one in every)
    assert kept.last_at == max(one.event_time for one in every)
    assert kept.opened_at == min(row.opened_at for row in rows)
    assert kept.priority == min(row.priority for row in rows)
    assert kept.rank >= max(row.rank for row in rows)
    assert kept.severity == max(row.severity for row in rows)
    assert kept.reporters == max(1, len({one.reporter for one in every if one.reporter}))
    assert kept.sources == len({one.source for one in every})
    assert (kept.lane is Lane.LIFE) >= any(row.lane is Lane.LIFE for row in rows)
    assert {row.merged_into for row in gone} == {kept.id}
    assert {row.state for row in gone} == {IncidentState.MERGED}
    assert {(move.source, move.target) for move in act.moves} == {(row.id, kept.id) for row in gone}
    assert all(row.opened_by in kept.gist.must for row in gone)


@settings(max_examples=60, deadline=None)
@given(groups())
def test_a_merge_is_taken_back_to_the_bit(many: list[list[Report]]) -> None:
    rows = [told(reports) for reports in many]
    kept, *gone = stored(merge(rows, "ann", NOW, "one flood", NORMAL))
    for asked in (kept, *gone):
        assert stands_at(asked) == kept.id
    assert set(last_act(kept, gone[0].id)[1]) == {row.id for row in gone}
    act = undo(kept, gone, "ann", NOW + 60, "no, two", NORMAL)
    back = {row.id: row for row in stored(act)}
    for row in rows:
        same(back[row.id], row)
        assert back[row.id].decision_version > row.decision_version
    assert {move.target for move in act.moves if move.back} == {row.id for row in gone}
    assert act.membership == ("z1",)


@settings(max_examples=40, deadline=None)
@given(groups(), a_report("late"))
def test_a_merge_taken_back_leaves_what_joined_since_where_it_is(many: list[list[Report]], late: Report) -> None:
    rows = [told(reports) for reports in many]
    kept, *gone = stored(merge(rows, "ann", NOW, "one flood", NORMAL))
    room = Room()
    for row in (kept, *gone):
        room.index.put(row)
    joined = room.take(msgspec.structs.replace(late, joins=gone[0].id), NOW + 1).incident
    assert joined is not None
    assert joined.id == kept.id
    assert came_since(joined, gone) == 1
    [mine] = [reports for row, reports in zip(rows, many, strict=True) if row.id == kept.id]
    with pytest.raises(InvalidValue):
        undo(joined, gone, "ann", NOW + 60, "no, two", NORMAL)
    fresh, *back = stored(undo(joined, gone, "ann", NOW + 60, "no, two", NORMAL, own=[*mine, late]))
    assert fresh.reports == len(mine) + 1
    assert sum(row.reports for row in (fresh, *back)) == sum(map(len, many)) + 1
    before = {row.id: row for row in rows}
    assert fresh.priority <= before[fresh.id].priority
    assert fresh.reporters == max(1, len({one.reporter for one in (*mine, late) if one.reporter}))
    for row in back:
        assert row.priority <= before[row.id].priority
        assert row.reports == before[row.id].reports


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=8, unique=True), st.data())
def test_a_split_gives_each_its_own_and_is_taken_back_to_the_bit(picks: list[int], data: st.DataObject) -> None:
    reports = [data.draw(a_report(str(n))) for n in range(10)]
    row = told(reports)
    taken = {reports[n].id for n in picks if n > 0}
    if not taken:
        return
    act = split(row, reports, taken, "ann", NOW, "another fire", NORMAL)
    kept, part = stored(act)
    chosen = [one for one in reports if one.id in taken]
    assert (kept.reports, part.reports) == (len(reports) - len(chosen), len(chosen))
    assert part.first_at == min(one.event_time for one in chosen)
    assert part.opened_at == min(one.received_at for one in chosen)
    assert part.id == incident_id(part.opened_by)
    assert part.version == 1
    assert min(kept.priority, part.priority) == row.priority
    assert set(kept.gist.cannot) == taken == set(part.gist.must)
    assert row.opened_by in part.gist.cannot
    assert part.state is IncidentState.TRIAGED
    assert act.membership == ("z1",)
    back = undo(kept, [part], "ann", NOW + 60, "one fire", NORMAL)
    whole, away = stored(back)
    same(whole, row)
    assert (away.state, away.merged_into, away.reports) == (IncidentState.MERGED, row.id, 0)
    assert [(move.source, move.target, move.back) for move in back.moves] == [(part.id, row.id, True)]


def test_a_part_that_was_an_incident_of_its_own_comes_back_as_that_one() -> None:
    one, two = [report("a", "fire", at_m(0, 0))], [report("b", "fire", at_m(50, 0), event_time=T0 + 5)]
    two.append(report("c", event_time=T0 + 6))
    rows = [told(one), told(two)]
    kept, gone = stored(merge(rows, "ann", NOW, "same", NORMAL))
    with pytest.raises(IllegalTransition):
        split(kept, [*one, *two], {two[0].id}, "ann", NOW, "no", NORMAL, known=rows[1])
    fresh, part = stored(split(kept, [*one, *two], {two[0].id}, "ann", NOW, "no", NORMAL, known=gone))
    assert (part.id, part.number, part.version, part.reports) == (gone.id, 7, gone.version + 1, 1)
    whole, away = stored(undo(fresh, [part], "ann", NOW, "yes", NORMAL))
    same(whole, kept)
    first, second = stored(undo(whole, [away], "ann", NOW, "two after all", NORMAL))
    same(first, rows[0])
    same(second, rows[1])


def test_a_redecided_stream_respects_what_people_tied_and_kept_apart() -> None:
    reports = [report(str(n), "flooding", at_m(0, n)) for n in range(3)]
    row = told(reports)
    kept, part = stored(split(row, reports, {reports[2].id}, "ann", NOW, "another", NORMAL))
    room = Room()
    room.index.put(kept)
    assert room.take(reports[2]).disposition is Disposition.OPENED
    room = Room()
    room.index.put(kept)
    room.index.put(part)
    again = room.take(reports[2])
    assert again.incident is not None
    assert (again.incident.id, again.terms[0].code) == (part.id, "must_link")
    far = told([report("far", "flooding", at_m(9000, 0), event_time=T0 + 9)])
    merged, _ = stored(merge([row, far], "ann", NOW, "one river", NORMAL))
    room = Room()
    room.index.put(merged)
    tied = room.take(report("far", "flooding", at_m(60, 0), event_time=T0 + 9))
    assert tied.terms[0].code == "must_link"


def test_a_choice_follows_the_merge_to_the_neighbour() -> None:
    one, two = (
        told([report("a", "flooding", at_m(0, 0))]),
        told([report("b", "flooding", at_m(0, 0), event_time=T0 + 1)]),
    )
    kept, gone = stored(merge([one, two], "ann", NOW, "same", NORMAL))
    room = Room()
    room.index.put(gone)
    assert (room.index.root(gone.id), room.index.get(gone.id)) == (kept.id, None)
    room.index.put_outline("z2", kept)
    moving = room.take(report("c", "flooding", at_m(0, 0), joins=gone.id))
    assert (moving.disposition, moving.forward_to, moving.forward_incident) == (Disposition.MOVING, "z2", kept.id)
    assert room.index.expire(NOW + 1) == 0
    assert room.index.expire(NOW + 1e9) == 1


def test_ties_are_bounded() -> None:
    reports = [report(str(n), "flooding", at_m(0, 0)) for n in range(150)]
    taken = {one.id for one in reports[1:120]}
    kept, part = stored(split(told(reports), reports, taken, "ann", NOW, "another", NORMAL))
    assert len(kept.gist.cannot) == len(part.gist.must) == MAX_TIED
    assert (kept.reports, part.reports) == (31, 119)


def assignment(row: Incident, team: str) -> Assignment:
    row.teams, row.state = 1, IncidentState.ASSIGNED
    return Assignment(id=f"{team}x", incident_id=row.id, team_id=team, state="notified", by="ann", at=NOW)


def test_teams_go_along_and_teams_on_both_want_a_word() -> None:
    one, two = told([report("a")]), told([report("b", event_time=T0 + 1)])
    theirs = assignment(two, "t2")
    act = merge([two, one], "ann", NOW, "same", NORMAL, [theirs])
    kept, gone = stored(act)
    assert (kept.id, kept.teams, kept.state, gone.teams) == (one.id, 1, IncidentState.ASSIGNED, 0)
    assert [row.incident_id for row in act.assignments] == [one.id]
    back = undo(kept, [gone], "ann", NOW, "no", NORMAL, assignments=act.assignments)
    first, second = stored(back)
    assert (first.teams, first.state) == (0, IncidentState.NEW)
    assert (second.teams, second.state) == (1, IncidentState.ASSIGNED)
    assert [row.incident_id for row in back.assignments] == [two.id]
    done = [msgspec.structs.replace(row, state="cleared") for row in act.assignments]
    over = stored(undo(msgspec.structs.replace(kept, teams=0), [gone], "ann", NOW, "no", NORMAL, assignments=done))
    assert (over[1].teams, over[1].state) == (0, IncidentState.TRIAGED)
    mine = assignment(one, "t1")
    with pytest.raises(TeamsOnBoth) as refused:
        merge([one, two], "ann", NOW, "same", NORMAL, [mine, theirs])
    assert set(refused.value.incident_ids) == {one.id, two.id}
    both = merge([one, two], "ann", NOW, "same", NORMAL, [mine, theirs], confirm_teams=True)
    assert both.incident is not None
    assert both.incident.teams == 2
    assert TEAMS_ON_BOTH in both.incident.flags


def test_what_people_said_since_stays_when_a_merge_is_taken_back() -> None:
    one, two = told([report("a", "noise")]), told([report("b", "noise", event_time=T0 + 1)])
    kept, gone = stored(merge([one, two], "ann", NOW, "same", NORMAL))
    said = stored(prioritise(kept, 2, "bob", NOW, "a child is near", NORMAL))[0]
    first, second = stored(undo(said, [gone], "ann", NOW, "no", NORMAL))
    assert (first.priority, first.gist.word) == (2, 2)
    assert second.priority == two.priority
    graver = room_with(kept, gone).take(report("c", "fire", claims=("fire_people",), joins=kept.id), NOW).incident
    assert graver is not None
    assert graver.priority == 1
    own = [report("a", "noise"), report("c", "fire", claims=("fire_people",))]
    for row in stored(undo(graver, [gone], "ann", NOW, "no", NORMAL, own=own)):
        assert row.priority == 1
        assert row.lane is Lane.LIFE


def room_with(*rows: Incident) -> Room:
    room = Room()
    for row in rows:
        room.index.put(row)
    return room


def test_only_the_last_act_is_taken_back_and_only_while_it_can_be() -> None:
    one, two, three = (told([report(key, event_time=T0 + n)]) for n, key in enumerate("abc"))
    kept, second = stored(merge([one, two], "ann", NOW, "same", NORMAL))
    kept, third = stored(merge([kept, three], "ann", NOW, "same", NORMAL))
    with pytest.raises(IllegalTransition, match="undo the later merge first"):
        last_act(kept, second.id)
    with pytest.raises(IllegalTransition):
        undo(kept, [second], "ann", NOW, "no", NORMAL)
    kept, back = stored(undo(kept, [third], "ann", NOW, "no", NORMAL))
    same(back, three)
    kept, back = stored(undo(kept, [second], "ann", NOW, "no", NORMAL))
    same(kept, one)
    for row in (kept, back):
        with pytest.raises(IllegalTransition):
            stands_at(row)
    with pytest.raises(IllegalTransition):
        last_act(kept, kept.id)
    closed = msgspec.structs.replace(one, state=IncidentState.CLOSED)
    with pytest.raises(IllegalTransition):
        merge([closed, two], "ann", NOW, "same", NORMAL)
    with pytest.raises(InvalidValue, match="exercise"):
        merge([one, msgspec.structs.replace(two, exercise=True)], "ann", NOW, "same", NORMAL)
    for rows, reason in (([one], "same"), ([one, one], "same"), ([one, two], " ")):
        with pytest.raises(InvalidValue):
            merge(rows, "ann", NOW, reason, NORMAL)


def test_what_cannot_be_split_off_is_refused() -> None:
    reports = [report(str(n)) for n in range(3)]
    row = told(reports)
    wrong: list[set[str]] = [set(), {reports[0].id}, {one.id for one in reports}, {"f" * 32}]
    for taken in wrong:
        with pytest.raises(InvalidValue):
            split(row, reports, taken, "ann", NOW, "another", NORMAL)


def test_linked_incidents_name_each_other_and_stay_apart() -> None:
    one, two = told([report("a")]), told([report("b")])
    first, second = stored(link(one, two, "ann", NOW, "same pipe"))
    assert (first.gist.links, second.gist.links) == ((two.id,), (one.id,))
    assert (first.reports, second.reports) == (1, 1)
    with pytest.raises(InvalidValue, match="already"):
        link(first, second, "ann", NOW, "again")
    with pytest.raises(InvalidValue):
        link(one, one, "ann", NOW, "itself")


def test_reports_that_came_by_a_merge_are_known_by_their_last_term() -> None:
    rows = [(report("a"), b"[]"), (report("b"), b'[{"code":"moved","value":0.0,"detail":"opened %b"}]' % (b"f" * 32))]
    assert others_told(rows, ("f" * 32,)) == [rows[0][0]]
    assert len(others_told(rows, ("e" * 32,))) == 2
