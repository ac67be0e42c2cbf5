# SPDX-License-Identifier: Apache-2.0
"""Does a device's episode count once, whatever is repeated, lost or late?"""

from __future__ import annotations

from tests.unit.domain.makers import LAT, LON, T0, Room
from weirhouse.domain.decision import Again, Decided
from weirhouse.domain.fold import OWN
from weirhouse.domain.ids import signal_report_id
from weirhouse.domain.incident import Incident
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.policy import NORMAL
from weirhouse.domain.reading import Signal, SignalState
from weirhouse.domain.report import Disposition, Lane, Location, Point
from weirhouse.domain.signals import decide_signal

RAISED, CHANGED, CLEARED = SignalState.RAISED, SignalState.CHANGED, SignalState.CLEARED


def signal(
    state: SignalState, offset: int, episode: str = "~1", lane: Lane = Lane.ORDINARY, source: str = "s1"
) -> Signal:
    return Signal(
        source=source,
        episode=episode,
        state=state,
        zone="z1",
        lane=lane,
        type="water_level",
        since=T0,
        at=T0 + offset,
        source_offset=offset,
        location=Location(point=Point(LAT, LON, 10.0)),
    )


def send(room: Room, item: Signal) -> Decided | Again | None:
    decided = decide_signal(item, room.index, room.policy, T0 + 1000)
    if decided is not None and decided.incident is not None:
        room.index.put(decided.incident)
    return decided


def only(room: Room) -> Incident:
    (incident,) = room.incidents()
    return incident


def test_an_episode_counts_once_and_its_clear_marks_without_closing() -> None:
    room = Room()
    first = send(room, signal(RAISED, 5))
    assert isinstance(first, Decided)
    assert first.disposition is Disposition.OPENED
    assert first.report.id == signal_report_id("s1", "~1")
    for offset in (6, 7, 8):
        again = send(room, signal(RAISED, offset))
        assert isinstance(again, Again)
        assert (again.report_id, again.incident) == (first.report.id, None)
    cleared = send(room, signal(CLEARED, 9))
    assert isinstance(cleared, Again)
    assert only(room).flags == ("cleared",)
    assert only(room).state is IncidentState.NEW
    assert only(room).reports == 1


def test_an_older_offset_never_beats_a_newer_one() -> None:
    room = Room()
    send(room, signal(RAISED, 5))
    send(room, signal(CLEARED, 9))
    assert send(room, signal(RAISED, 6)) is None
    assert only(room).flags == ("cleared",)
    send(room, signal(RAISED, 10))
    assert only(room).flags == ()


def test_a_clear_of_something_unknown_does_nothing_and_a_change_of_it_opens() -> None:
    room = Room()
    assert send(room, signal(CLEARED, 1)) is None
    assert isinstance(send(room, signal(CHANGED, 2)), Decided)


def test_state_lost_in_fold_counts_nothing_twice() -> None:
    room = Room()
    send(room, signal(RAISED, 5, f"{OWN}a"))
    again = send(room, signal(RAISED, 50, f"{OWN}b"))
    assert isinstance(again, Again)
    assert again.report_id == signal_report_id("s1", f"{OWN}a")
    lost_clear = send(room, signal(CLEARED, 60, ""))
    assert isinstance(lost_clear, Again)
    assert "cleared" in only(room).flags
    fresh = send(room, signal(RAISED, 70, f"{OWN}c"))
    assert isinstance(fresh, Decided)
    assert fresh.disposition is Disposition.JOINED


def test_two_sources_clear_only_together() -> None:
    room = Room()
    send(room, signal(RAISED, 1))
    send(room, signal(RAISED, 1, source="s2"))
    send(room, signal(CLEARED, 2))
    assert only(room).flags == ()
    send(room, signal(CLEARED, 2, source="s2"))
    assert only(room).flags == ("cleared",)


def test_a_standing_episode_that_becomes_life_safety_raises() -> None:
    room = Room()
    send(room, signal(RAISED, 1))
    before = only(room)
    again = send(room, signal(CHANGED, 2, lane=Lane.LIFE))
    assert isinstance(again, Again)
    after = only(room)
    assert after.priority == NORMAL.life_priority < before.priority
    assert after.rank > before.rank
    assert after.lane is Lane.LIFE
    assert again.audit[0].action == "priority"


def test_episodes_are_bounded() -> None:
    room = Room()
    for i in range(200):
        send(room, signal(RAISED, i, f"e{i}"))
    assert all(len(incident.gist.episodes) <= 64 for incident in room.incidents())
