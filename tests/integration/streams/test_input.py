# SPDX-License-Identifier: Apache-2.0
"""What comes in, good and bad: dead letters with the original bytes, repeats that count once, the partition goes on."""

from __future__ import annotations

import msgspec
import pytest

from tests.integration.streams.conftest import PUBLIC, SECRET
from tests.integration.streams.desk import with_ledger
from tests.support.room import Room, report, wait
from weirhouse.clock import system_clock
from weirhouse.domain.report import Lane
from weirhouse.ledger.personal import PostgresPersonal
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.wire import deadletters, letterbox
from weirhouse.wire.sealed import Personal, box, house_key, new_box_keys
from weirhouse.wire.topics import (
    HEADER_SEALED,
    READINGS_BULK,
    READINGS_LIFE,
    REPORTS_LIFE,
    REPORTS_ORDINARY,
    Topic,
)

BAD = {
    "not json": b"{oh no",
    "wrong type": b'{"source": 5, "at": "yesterday"}',
    "not a number": b'{"source": "gauge1", "at": NaN}',
    "broken utf-8": b'{"source": "\xff\xfe", "at": 1}',
    "deep": b"[" * 200 + b"]" * 200,
    "empty": b"",
    "tombstone": None,
}


@pytest.mark.parametrize("topic", [READINGS_BULK, READINGS_LIFE, REPORTS_ORDINARY, REPORTS_LIFE], ids=lambda t: t.name)
def test_malformed_bytes_become_dead_letters_and_the_partition_goes_on(room: Room, topic: Topic) -> None:
    for value in BAD.values():
        room.send(topic, "gauge1", value)
    lane = Lane.LIFE if topic is REPORTS_LIFE else Lane.ORDINARY
    good = report(f"after the bad ones on {topic.name}", 1, lane=lane)
    if topic in (READINGS_BULK, READINGS_LIFE):
        room.reading(topic, "gauge1", at=system_clock().timestamp(), value=1.0)
    else:
        room.report(good)
        room.settled([good])
    name = topic.full(room.namespace)

    def letters() -> list[deadletters.DeadLetter]:
        return [
            letter for letter in letterbox.standing(room.kafka_url, room.namespace).values() if letter.topic == name
        ]

    wait(lambda: len(letters()) >= len(BAD), 20, room.words)
    assert {letter.value for letter in letters()} == set(BAD.values())
    assert {letter.reason for letter in letters()} == {deadletters.MALFORMED}
    assert all(letter.detail and letter.at and letter.agent in ("fold", "correlate") for letter in letters())


def test_a_reading_of_another_source_or_of_2150_is_set_aside(room: Room) -> None:
    room.send(READINGS_BULK, "gauge2", b'{"source":"gauge3","at":1700000000}')
    room.send(READINGS_BULK, "gauge2", b'{"source":"gauge2","at":5680281600}')
    room.flush()

    def details() -> str:
        found = letterbox.standing(room.kafka_url, room.namespace).values()
        return " ".join(letter.detail for letter in found if letter.key == b"gauge2")

    wait(lambda: "$.source" in details() and "$.at" in details(), 20, room.words)


def test_a_report_delivered_five_times_out_of_order_is_one_report_in_one_incident(room: Room) -> None:
    first, second = report("five times", 2), report("five times, another", 2)
    for batch in ([second, first], [first], [first, second, first], [first]):
        room.report(*batch)
    last = report("after the five", 3)
    room.report(last)
    room.settled([first, second, last])
    kinds = room.rows("select kind, repeats from dispositions where report_id = any(%s)", [first.id, second.id])
    assert sorted(kind for kind, _ in kinds) == ["joined", "opened"]
    assert room.one("select reports from incidents where zone = 'z2'") == 2


def personal_of(room: Room, report_id: str, private: str = "") -> Personal | None:
    """Read a personal part as the desk would: with the house's key, and without the worker's private one."""
    found: list[Personal | None] = []

    async def work(ledger: PostgresLedger) -> None:
        store = PostgresPersonal(ledger.database, house_key(SECRET.encode()), private)
        found.append(await store.read(report_id))

    with_ledger(room, work)
    return found[0]


def test_a_report_that_only_kafka_held_comes_into_the_inbox_and_its_person_into_the_ledger(room: Room) -> None:
    who = Personal(token="t-1", phone="+86 138 0013 8000", name="Zhang San")
    cries = [
        report(f"past the ledger {n}", 4, lane=Lane.LIFE, type="fire", claims=("trapped",), reporter="ab" * 16)
        for n in range(2)
    ]
    for cry in cries:
        room.report(cry, headers=[(HEADER_SEALED, box(PUBLIC, msgspec.json.encode(who), cry.id))])
    room.settled(cries)
    for cry in cries:
        assert room.one("select via from inbox where report_id = %s", cry.id) == "kafka"
        assert personal_of(room, cry.id) == who
        assert room.one("select subject from personal where report_id = %s", cry.id) == cry.reporter
    assert room.one("select count(*) from subjects where subject = %s", cries[0].reporter) == 1
    assert not any(word in room.workers[0].log.read_text() for word in ("0013", "Zhang", "t-1"))


def test_a_box_that_does_not_open_is_kept_shut_and_one_without_a_person_reaches_the_inbox(room: Room) -> None:
    shut, nobody = (report(f"past the ledger, {what}", 4, lane=Lane.LIFE, type="fire") for what in ("shut", "nobody"))
    foreign, _ = new_box_keys()
    sealed = box(foreign, b"{}", shut.id)
    room.report(shut, headers=[(HEADER_SEALED, sealed)])
    room.report(nobody, headers=[(HEADER_SEALED, b"")])
    room.settled([shut, nobody])
    assert bytes(room.one("select sealed from personal where report_id = %s", shut.id)) == sealed
    assert room.one("select via from inbox where report_id = %s", nobody.id) == "kafka"
    assert room.one("select count(*) from personal where report_id = %s", nobody.id) == 0


def test_a_letter_can_be_redriven_once_it_can_be_handled(room: Room) -> None:
    good = report("was refused, is fine", 5)
    room.report(good)
    room.settled([good])
    letter = deadletters.DeadLetter(
        topic=REPORTS_ORDINARY.full(room.namespace),
        partition=room.partition("z5"),
        offset=987_654,
        reason=deadletters.REFUSED,
        key=b"z5",
        value=room_bytes("redriven", 5),
    )
    assert letterbox.redrive(room.kafka_url, [letter], room.namespace) == 1
    room.settled([report("redriven", 5)])
    assert letter.origin not in letterbox.standing(room.kafka_url, room.namespace)


def room_bytes(key: str, zone: int) -> bytes:
    from weirhouse.wire.envelope import encode

    return encode(report(key, zone))
