# SPDX-License-Identifier: Apache-2.0
"""Decoding, deciding and watching, without a broker: what a plan holds, what readings are refused, who is told."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import pytest
from faust.types import TP

from streams.agents.decode import Decoded, Item
from streams.agents.planning import Ground, plan_items, settle
from streams.agents.readings import read_chunk
from streams.drain import Progress
from streams.health import Watch
from streams.memory.borders import Borders, incident_of, outline_for
from streams.memory.partition import Memory
from streams.memory.standing import policy_of
from tests.support.room import middle, report, small_city
from weirhouse.clock import system_clock
from weirhouse.domain.policy import EMERGENCY, NORMAL
from weirhouse.domain.reading import Signal, SignalState
from weirhouse.domain.report import Lane, Location, Point, Report
from weirhouse.ledger.memory import MemoryLedger
from weirhouse.ledger.ports import IncidentWrite, OffsetStep
from weirhouse.wire.envelope import CROSSING


class Raw(NamedTuple):
    """A record as the drain hands it on."""

    offset: int
    timestamp: int | None
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


GROUND = Ground("cluster", NORMAL, "crossings", system_clock().timestamp())
STEPS = [OffsetStep("reports.ordinary", 0, 0, 1)]


def memory() -> Memory:
    fresh = Memory(0, 1, MemoryLedger().slices, system_clock)
    fresh.memberships = {f"z{n}": 1 for n in range(6)}
    return fresh


def item(value: Report | Signal) -> Item:
    return Item(value, "reports.ordinary", 0, Raw(0, 0, b"z0", b"", []))


def test_a_double_inside_a_slice_is_decided_once() -> None:
    place, first = memory(), report("a", 0)
    planned = plan_items([item(first), item(first), item(report("b", 0))], place, GROUND, STEPS, frozenset())
    assert [each.disposition.value for each in planned.plan.decided] == ["opened", "joined"]
    [write] = planned.plan.incidents
    assert (write.expected, write.incident.reports) == (0, 2)
    assert planned.plan.memberships == {"z0": 1}


def test_what_was_not_committed_leaves_no_trace_in_the_memory() -> None:
    place = memory()
    plan_items([item(report("a", 0))], place, GROUND, STEPS, frozenset())
    assert len(place.index) == 0


def test_what_was_committed_carries_its_version_and_number() -> None:
    place = memory()
    planned = plan_items([item(report("a", 0))], place, GROUND, STEPS, frozenset())
    [write] = planned.plan.incidents
    settle(planned, {write.incident.id: 17})
    row = place.index.by_id[write.incident.id]
    assert (row.version, row.number) == (1, 17)
    again = plan_items([item(report("b", 0))], place, GROUND, STEPS, frozenset())
    assert [w.expected for w in again.plan.incidents] == [1]


def test_an_episode_told_again_is_a_repeat_of_its_report() -> None:
    place = memory()
    raised = Signal(
        source="gauge0",
        episode="~1",
        state=SignalState.RAISED,
        zone="z0",
        lane=Lane.ORDINARY,
        type="flooding",
        since=GROUND.now - 5,
        at=GROUND.now,
        location=Location(point=Point(lat=50.01, lon=middle(0))),
        source_offset=4,
    )
    settle(plan_items([item(raised)], place, GROUND, STEPS, frozenset()), {})
    later = msgspec.structs.replace(raised, source_offset=9, repeats=6, refresh=True)
    plan = plan_items([item(later)], place, GROUND, STEPS, frozenset()).plan
    assert plan.decided == []
    assert list(plan.repeats.values()) == [6]


def test_an_episode_that_only_the_ledger_knows_is_a_repeat_too() -> None:
    place = memory()
    raised = Signal(
        source="gauge0",
        episode="~1",
        state=SignalState.RAISED,
        zone="z0",
        lane=Lane.ORDINARY,
        type="flooding",
        since=1.0,
        at=2.0,
    )
    first = plan_items([item(raised)], place, GROUND, STEPS, frozenset()).plan
    ids = frozenset(each.report.id for each in first.decided)
    again = plan_items([item(raised)], place, GROUND, STEPS, ids).plan
    assert (again.decided, again.incidents) == ([], [])
    assert set(again.repeats) == ids


def record(value: bytes, key: bytes = b"g", timestamp: int = 1_700_000_000_000, offset: int = 0) -> Raw:
    return Raw(offset, timestamp, key, value, [])


def test_one_bad_reading_costs_only_itself() -> None:
    good = b'{"source":"g","at":1699999999,"value":1}'
    read = read_chunk([record(good, offset=1), record(b'{"source":', offset=2), record(good, offset=3)])
    assert (read.offsets, [bad.offset for bad, _ in read.bad]) == ([1, 3], [2])


def test_halves_of_readings_in_neighbouring_records_do_not_pass_for_whole_ones() -> None:
    parts = [b'{"source":"g","at":1},{"source":"g","at":2}', b'{"source":"g"', b'"at":3}']
    read = read_chunk([record(part, offset=n) for n, part in enumerate(parts)])
    assert read.readings == []
    assert len(read.bad) == 3


@pytest.mark.parametrize(
    "value",
    [
        b'{"source":"other","at":1}',
        b'{"source":"g","at":0}',
        b'{"source":"g","at":4102444801}',
        b'{"source":"g","at":1e999}',
        b'{"source":"g","at":1,"lat":91,"lon":0}',
        b'{"source":"g","at":1,"lat":1}',
        b'{"source":"g","at":1,"words":"' + b"x" * 10_001 + b'"}',
    ],
)
def test_implausible_readings_are_refused(value: bytes) -> None:
    read = read_chunk([record(value)])
    assert read.readings == []
    assert len(read.bad) == 1


def test_a_clock_that_runs_ahead_is_held_to_the_record_s_stamp() -> None:
    read = read_chunk([record(b'{"source":"g","at":1700009999}')])
    assert [reading.at for reading in read.readings] == [1_700_000_060.0]


def test_neighbours_hear_of_what_lies_near_their_border_and_only_of_that() -> None:
    borders = Borders(small_city().zones)
    east = report("e", 1, location=Location(point=Point(lat=50.01, lon=middle(1) + 0.0095, accuracy_m=10)))
    inland = report("i", 1)
    place = memory()
    planned = plan_items([item(east)], place, GROUND, STEPS, frozenset()).plan.incidents
    assert borders.hearers(planned[0].incident) == ("z2",)
    far = plan_items([item(inland)], place, GROUND, STEPS, frozenset()).plan.incidents
    assert borders.hearers(far[0].incident) == ()
    told: dict[str, tuple[str, int, bool, int]] = {}
    rows = borders.outlines(planned, told, {}, "crossings")
    outline = CROSSING.decode(rows[0].value or b"").outline
    assert outline is not None
    assert (rows[0].key, outline.home, outline.open) == ("z2", "z1", True)
    assert incident_of(outline).lat == planned[0].incident.lat


def test_a_neighbour_forgets_what_is_over() -> None:
    place = memory()
    [write] = plan_items([item(report("a", 0))], place, GROUND, STEPS, frozenset()).plan.incidents
    outline = outline_for("z1", write.incident, 1)
    place.see(outline)
    assert len(place.index.outlines) == 1
    place.see(msgspec.structs.replace(outline, open=False))
    assert len(place.index.outlines) == 0
    assert IncidentWrite(write.incident, 0).incident is write.incident


def test_a_policy_without_a_body_is_the_mode_s_default() -> None:
    assert policy_of(7, "emergency", b"{}") == msgspec.structs.replace(EMERGENCY, version=7)
    assert policy_of(8, "normal", b'{"redial_window_s": 5}').redial_window_s == 5


class Seconds:
    """A clock moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def progress(done: int, highwater: int | None) -> Progress:
    return Progress(
        tp=TP("reports.life", 0),
        life=True,
        done=done,
        fetched=done,
        highwater=highwater,
        lag=None if highwater is None else highwater - done,
        buffered=0,
        in_flight=0,
        full=False,
        idle_s=0.0,
    )


def test_lag_without_progress_is_death_and_an_outage_is_not() -> None:
    clock = Seconds()
    watch = Watch(30.0, clock)
    watch.look([progress(5, 9)], {}, {})
    clock.now = 29.0
    assert watch.look([progress(5, 9)], {}, {}).alive
    clock.now = 31.0
    assert not watch.look([progress(5, 9)], {}, {}).alive
    assert watch.look([progress(5, 9)], {}, {"correlate": "ledger"}).alive
    clock.now = 40.0
    assert watch.look([progress(6, 9)], {}, {}).alive


def test_a_fetcher_that_died_silently_is_seen_by_the_log_s_end() -> None:
    clock = Seconds()
    watch = Watch(30.0, clock)
    watch.look([progress(5, 5)], {("reports.life", 0): 80}, {})
    clock.now = 31.0
    verdict = watch.look([progress(5, 5)], {("reports.life", 0): 80}, {})
    assert (verdict.alive, verdict.lag) == (False, 75)


def test_a_loop_that_stands_is_death() -> None:
    clock = Seconds()
    watch = Watch(30.0, clock)
    watch.look([progress(5, 5)], {}, {})
    clock.now = 31.0
    assert "the loop has not run" in watch.answer().why[0]


def test_a_decoded_slice_names_its_zones() -> None:
    assert Decoded(items=[item(report("a", 3))]).zones == {"z3"}
