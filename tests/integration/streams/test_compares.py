# SPDX-License-Identifier: Apache-2.0
"""Every compare of the slice made to fail on purpose, and every refusal: what stays is one truth."""

from __future__ import annotations

import threading
import time
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.integration.streams.conftest import NewRoom
from tests.integration.streams.desk import change, incident_of, with_ledger
from tests.support.proxy import Proxy
from tests.support.room import Room, middle, report, wait
from weirhouse.clock import system_clock
from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.ids import report_id
from weirhouse.domain.incident import Incident
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.report import Location, Point
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.wire import deadletters, letterbox


def test_the_desk_was_faster(room: Room) -> None:
    first, second = report("desk first", 0), report("desk second", 0)
    room.report(first)
    room.settled([first])
    incident = incident_of(room, first.id)
    change(room, incident, owner="op-1", state=IncidentState.TRIAGED)
    before = room.workers[0].count("weirhouse_slices_total")
    room.report(second)
    room.settled([second])
    row = room.rows("select owner, state, reports, version from incidents where incident_id = %s", incident)
    assert row == [("op-1", "triaged", 2, 3)]
    assert room.workers[0].count("weirhouse_slices_total") >= before + 2  # one stale, one committed


def test_an_incident_the_memory_does_not_know_is_found_and_joined(room: Room) -> None:
    warm = report("warm", 1, type="noise", words="loud music from a bar")
    room.report(warm)
    room.settled([warm])
    seen = report("seen by the desk only", 1)
    desk_made = Incident(
        id=report_id("desk", "unknown to the memory"),
        zone="z1",
        type="flooding",
        lat=50.01,
        lon=middle(1),
        radius_m=20.0,
        opened_by=report_id("desk", "its report"),
        opened_at=seen.received_at,
        first_at=seen.event_time,
        last_at=seen.event_time,
        summary=seen.words,
        decision_version=1,
    )

    async def work(ledger: PostgresLedger) -> None:
        await ledger.desk.write(DeskWrite(incident=desk_made, membership=("z1",)), system_clock().timestamp())

    with_ledger(room, work)
    room.report(seen)
    room.settled([seen])
    assert incident_of(room, seen.id) == desk_made.id


def test_a_join_in_the_moment_of_the_close_reopens_or_comes_before_it(room: Room) -> None:
    for turn in range(6):
        spot = Location(point=Point(lat=50.003, lon=middle(turn), accuracy_m=10.0))
        place: dict[str, Any] = {"zone": turn, "type": "tree", "words": "a tree fell on the road", "location": spot}
        first = report(f"close {turn} first", **place)
        room.report(first)
        room.settled([first])
        incident = incident_of(room, first.id)
        second = report(f"close {turn} second", **place)
        now = system_clock().timestamp()
        closing = threading.Thread(
            target=change,
            args=(room, incident),
            kwargs={"state": IncidentState.CLOSED, "closed_at": now, "closing_code": "done"},
        )
        closing.start()
        room.report(second)
        closing.join(20)
        room.settled([second])
        [(state, reports)] = room.rows("select state, reports from incidents where incident_id = %s", incident)
        joined = incident_of(room, second.id) == incident
        if joined and state == "closed":
            assert reports == 2  # the close saw the join
            change(room, incident, state=IncidentState.CLOSED)
        elif joined:
            flags = room.rows("select convert_from(body, 'LATIN1') from changes where entity = %s", incident)
            assert state == "triaged"
            assert any("joined_after_close" in row[0] for row in flags)


def test_a_deadlock_is_run_again(room: Room) -> None:
    first, second = report("lock first", 4), report("lock second", 4)
    room.report(first)
    room.settled([first])
    incident = incident_of(room, first.id)
    with psycopg.connect(room.dsn, options=f"-c search_path={room.schema}") as rival:
        rival.execute("select 1 from incidents where incident_id = %s for update", (incident,))
        room.report(second)
        time.sleep(0.4)  # the slice holds its offsets now and waits for the incident
        rival.execute(
            "update input_offsets set next_offset = next_offset where partition = %s", (room.partition("z4"),)
        )
        rival.rollback()
    room.settled([second])
    assert room.one("select reports from incidents where incident_id = %s", incident) == 2


def test_what_the_ledger_refuses_is_found_by_halving_and_set_aside_alone(room: Room) -> None:
    room.rows("alter table reports add constraint no_poison check (source <> 'poison')")
    good = [report(f"beside the poison {n}", 5) for n in range(40)]
    poison = report("poison", 5, source="poison")
    room.report(*good[:20], poison, *good[20:])
    room.settled(good)
    assert room.one("select count(*) from dispositions where report_id = any(%s)", [g.id for g in good]) == 40
    letters = letterbox.standing(room.kafka_url, room.namespace).values()
    assert [x.reason for x in letters if x.value and b'"poison"' in x.value] == [deadletters.REFUSED]
    room.rows("alter table reports drop constraint no_poison")


def test_a_commit_of_unknown_outcome_counts_once(new_room: NewRoom) -> None:
    room = new_room()
    where = urlsplit(room.dsn)
    with Proxy((where.hostname or "", where.port or 0)) as proxy:
        past = where._replace(netloc=f"{where.username}:{where.password}@127.0.0.1:{proxy.port}")
        room.worker(WEIRHOUSE_POSTGRES_URL=past.geturl()).ready()
        sent = [report("before the cut", 0)]
        room.report(*sent)
        room.settled(sent)
        for turn in range(4):
            # The server has committed; its word gets lost on the way back.
            proxy.lose(b"COMMIT\x00", times=1 + turn % 2)
            more = [report(f"cut {turn} {n}", n % 3) for n in range(5)]
            room.report(*more)
            sent += more
            room.settled(sent)
        assert proxy.cuts >= 4
    room.conserved(sent)


def test_an_input_trimmed_past_its_offset_is_an_alarm_and_the_others_go_on(new_room: NewRoom) -> None:
    from kafka import TopicPartition

    from weirhouse.wire import broker
    from weirhouse.wire.topics import REPORTS_ORDINARY

    room = new_room()
    lost_zone, other = "z0", next(f"z{n}" for n in range(1, 6) if room.partition(f"z{n}") != room.partition("z0"))
    first = [report("first", 0), report("first elsewhere", int(other[1:]))]
    worker = room.worker()
    worker.ready()
    room.report(*first)
    room.settled(first)
    assert worker.stop() == 0
    room.report(*[report(f"trimmed {n}", 0) for n in range(5)])
    with broker.admin(room.kafka_url) as admin:
        tp = TopicPartition(REPORTS_ORDINARY.full(room.namespace), room.partition(lost_zone))
        admin.delete_records({tp: 4})
    worker = room.worker()
    worker.ready()
    goes_on = report("goes on", int(other[1:]))
    room.report(goes_on)
    room.settled([goes_on])
    wait(lambda: "trimmed past" in worker.words(), 10, worker.words)
    assert len(room.decided()) == 3


def test_readings_trimmed_past_the_group_s_commit_are_passed_over_and_the_next_ones_count(new_room: NewRoom) -> None:
    from kafka import TopicPartition

    from weirhouse.wire import broker
    from weirhouse.wire.topics import READINGS_BULK

    room = new_room()
    worker = room.worker()
    worker.ready()
    now = system_clock().timestamp()
    room.reading(READINGS_BULK, "gauge1", at=now - 60, value=1.0)
    wait(lambda: worker.count("weirhouse_stream_messages_total") >= 1, 20, worker.words)
    assert worker.stop() == 0
    for step in range(5):
        room.reading(READINGS_BULK, "gauge1", at=now - 50 + step, value=1.0)
    with broker.admin(room.kafka_url) as admin:
        name = READINGS_BULK.full(room.namespace)
        admin.delete_records({TopicPartition(name, room.partition("gauge1")): 4})
    worker = room.worker()
    worker.ready()
    room.reading(READINGS_BULK, "gauge1", at=now - 10, value=20.0)
    wait(lambda: room.one("select count(*) from incidents where zone = 'z1'") == 1, 30, worker.words)
    assert "trimmed past" in worker.log.read_text()
