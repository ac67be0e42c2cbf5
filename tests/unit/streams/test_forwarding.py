# SPDX-License-Identifier: Apache-2.0
"""A report at the border: when it moves, what the neighbour's owner makes of it, and what never moves."""

from __future__ import annotations

import msgspec

from streams.agents.decode import Item
from streams.agents.planning import plan_items, settle
from streams.memory.borders import outline_for
from streams.memory.partition import Memory
from tests.support.room import SPREAD, middle, report
from tests.unit.streams.test_planning import GROUND, STEPS, Raw, item, memory
from weirhouse.domain.incident import Incident
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.report import Disposition, Lane, Location, Point, Report
from weirhouse.ledger.ports import SlicePlan
from weirhouse.wire.envelope import CROSSING, Forwarded

EDGE = middle(1) + SPREAD / 2


def at_border(key: str, zone: int, offset: float, **values: object) -> Report:
    place = Location(point=Point(lat=50.01, lon=EDGE + offset, accuracy_m=10.0))
    return report(key, zone, location=place, **values)


def neighbour() -> tuple[Memory, Incident]:
    """The memory of z1's owner with one incident just west of the border."""
    place = memory()
    planned = plan_items([item(at_border("opens", 1, -0.0003))], place, GROUND, STEPS, frozenset())
    settle(planned, {})
    [write] = planned.plan.incidents
    return place, write.incident


def home(incident: Incident) -> Memory:
    """The memory of z2's owner, which was told of it."""
    place = memory()
    place.see(outline_for("z2", incident, incident.version))
    return place


def sent(plan: SlicePlan) -> Forwarded:
    [row] = plan.outbox
    forwarded = CROSSING.decode(row.value or b"").forwarded
    assert forwarded is not None
    assert (row.topic, row.key) == ("crossings", forwarded.zone)
    return forwarded


def arriving(forwarded: Forwarded) -> Item:
    return Item(forwarded, "crossings", 0, Raw(0, 0, b"z1", b"", []))


def moved() -> tuple[Memory, Incident, Forwarded]:
    receiver, incident = neighbour()
    plan = plan_items([item(at_border("seen", 2, 0.0003))], home(incident), GROUND, STEPS, frozenset()).plan
    assert [each.disposition for each in plan.decided] == [Disposition.MOVING]
    assert plan.incidents == []
    return receiver, incident, sent(plan)


def test_a_match_next_door_moves_and_is_joined_there_with_the_reasons_of_the_match() -> None:
    receiver, incident, forwarded = moved()
    assert (forwarded.origin, forwarded.zone, forwarded.incident) == ("z2", "z1", incident.id)
    plan = plan_items([arriving(forwarded)], receiver, GROUND, STEPS, frozenset()).plan
    [decided] = plan.decided
    assert (decided.disposition, decided.report.zone, decided.report.joins) == (Disposition.JOINED, "z1", "")
    assert decided.terms[0].code == "forwarded"
    assert len(decided.terms) > 1
    assert "chosen" not in {term.code for term in decided.terms}
    [write] = plan.incidents
    assert (write.incident.id, write.expected, write.incident.reports) == (incident.id, 1, 2)


def test_what_a_neighbour_forwarded_is_never_forwarded_again() -> None:
    receiver, incident, forwarded = moved()
    # The receiver has lost the incident and knows a better one across its own border.
    receiver.index.drop(incident.id)
    other = msgspec.structs.replace(incident, id="ff" * 16, zone="z2")
    receiver.see(outline_for("z1", other, 1))
    plan = plan_items([arriving(forwarded)], receiver, GROUND, STEPS, frozenset()).plan
    assert [each.disposition for each in plan.decided] == [Disposition.OPENED]
    assert plan.outbox == []
    assert plan.incidents[0].incident.zone == "z1"
    assert "choice_unknown" not in plan.incidents[0].incident.flags


def test_what_was_closed_long_ago_is_not_reopened_by_a_forwarded_report() -> None:
    receiver, incident, forwarded = moved()
    over = msgspec.structs.replace(incident, state=IncidentState.CLOSED, closed_at=GROUND.now - 400 * 86_400)
    receiver.index.put(over)
    [decided] = plan_items([arriving(forwarded)], receiver, GROUND, STEPS, frozenset()).plan.decided
    assert decided.disposition is Disposition.OPENED
    assert decided.incident is not None
    assert decided.incident.id != incident.id


def test_a_forwarded_report_told_twice_in_a_slice_or_known_to_the_ledger_counts_once() -> None:
    receiver, _, forwarded = moved()
    plan = plan_items([arriving(forwarded), arriving(forwarded)], receiver, GROUND, STEPS, frozenset()).plan
    assert len(plan.decided) == 1
    known = frozenset({forwarded.report.id})
    assert plan_items([arriving(forwarded)], receiver, GROUND, STEPS, known).plan.decided == []


def test_cries_for_help_open_at_home() -> None:
    _, incident = neighbour()
    lane = at_border("by lane", 2, 0.0003, lane=Lane.LIFE)
    grave = at_border("by claim", 2, 0.0003, claims=("injury",), words="a man is hurt, water on the road")
    hinted = at_border("by hint", 2, 0.0003, priority_hint=2)
    for each in (lane, grave, hinted):
        [decided] = plan_items([item(each)], home(incident), GROUND, STEPS, frozenset()).plan.decided
        assert decided.disposition is Disposition.OPENED, each.key
        assert decided.incident is not None
        assert decided.incident.zone == "z2"


def test_a_caller_s_choice_across_the_border_is_followed_there() -> None:
    receiver, incident = neighbour()
    chosen = at_border("chosen", 2, 0.0003, joins=incident.id, words="the same as before")
    plan = plan_items([item(chosen)], home(incident), GROUND, STEPS, frozenset()).plan
    [decided] = plan_items([arriving(sent(plan))], receiver, GROUND, STEPS, frozenset()).plan.decided
    assert [term.code for term in decided.terms] == ["chosen"]
    assert decided.disposition is Disposition.JOINED
