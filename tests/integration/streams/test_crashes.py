# SPDX-License-Identifier: Apache-2.0
"""Workers, Kafka and PostgreSQL killed, stopped and exchanged in mid-storm: every report has one disposition."""

from __future__ import annotations

import gc
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import kafka as kafka_python
import pytest
from kafka.errors import KafkaError

from tests.integration.streams.conftest import NewRoom
from tests.support.room import Room, report, wait
from tests.support.services import FreeHouse
from weirhouse.clock import system_clock
from weirhouse.domain.report import Lane, Report
from weirhouse.wire.envelope import encode
from weirhouse.wire.topics import READINGS_BULK, REPORTS_LIFE, REPORTS_ORDINARY

# kafka-python forgets to close a socket now and then when its broker dies; here brokers die on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _sweep() -> Iterator[None]:
    """Let what the test left behind be found inside it, not in the next one."""
    yield
    gc.collect()


ONE_MEMBER = {"WEIRHOUSE_WORKER_INSTANCE": "only"}
"""A restart takes its partitions back at once, as a container with a stable name does."""


class Storm:
    """Reports from six zones, without end; `accepted` are those that Kafka acknowledged."""

    def __init__(self, room: Room, per_s: float = 300.0) -> None:
        self.accepted: list[Report] = []
        self._room, self._gap_s = room, 1.0 / per_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @contextmanager
    def blowing(self) -> Iterator[Storm]:
        """Send while the block runs."""
        self._thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._thread.join(60)

    def _run(self) -> None:
        producer = kafka_python.KafkaProducer(
            bootstrap_servers=self._room.kafka_url, acks="all", retries=0, request_timeout_ms=5000, linger_ms=2
        )
        waiting = []
        number = 0
        while not self._over.is_set():
            number += 1
            lane = Lane.LIFE if number % 10 == 0 else Lane.ORDINARY
            each = report(f"storm {number}", number % 6, lane=lane, type="flooding" if number % 3 else "noise")
            topic = REPORTS_LIFE if lane is Lane.LIFE else REPORTS_ORDINARY
            try:
                sent = producer.send(topic.full(self._room.namespace), encode(each), each.zone.encode())
                waiting.append((each, sent))
            except KafkaError:
                time.sleep(0.1)  # the broker is away: what was not acknowledged was not accepted
            time.sleep(self._gap_s)
        for each, sent in waiting:
            try:
                sent.get(15)
            except KafkaError:
                continue
            self.accepted.append(each)
        producer.close(5)


def all_there(room: Room, storm: Storm, within_s: float = 60) -> None:
    """Every accepted report has exactly one disposition; what was not acknowledged may be there too, once."""
    room.settled(storm.accepted, within_s)
    kept = room.one("select count(*) from reports")
    assert kept == len(room.decided())
    counted = room.one("select sum(reports) from incidents")
    assert counted == room.one("select count(*) from dispositions where kind in ('opened', 'joined', 'folded')")


def test_ten_kills_at_random_moments_lose_nothing_and_count_nothing_twice(new_room: NewRoom) -> None:
    room, chance = new_room(), random.Random(20_261)
    worker = room.worker(**ONE_MEMBER)
    worker.ready()
    storm = Storm(room)
    with storm.blowing():
        for _ in range(10):
            time.sleep(chance.uniform(0.2, 3.5))
            worker.kill()
            worker = room.worker(**ONE_MEMBER)
    worker.ready()
    all_there(room, storm)
    room.conserved(storm.accepted)


def test_a_worker_stopped_and_woken_finds_another_owner_and_lets_go(new_room: NewRoom) -> None:
    room = new_room()
    first = room.worker()
    first.ready()
    storm = Storm(room, per_s=150.0)
    with storm.blowing():
        time.sleep(0.5)
        first.pause()
        second = room.worker()
        second.ready()
        before = len(room.decided())
        wait(lambda: len(room.decided()) > before + 100, 30, room.words)
        first.wake()
        time.sleep(1.5)
    all_there(room, storm)
    room.conserved(storm.accepted)
    epochs = room.rows("select partition, epoch from owners")
    assert len(epochs) == 4
    assert all(epoch >= 2 for _, epoch in epochs)


def test_kafka_and_postgres_killed_and_restarted_and_the_worker_goes_on_by_itself(
    free_house: FreeHouse, tmp_path: Path
) -> None:
    house = free_house()
    room = Room(house.kafka_url, house.postgres_url, "outage", tmp_path)
    try:
        worker = room.worker()
        worker.ready()
        storm = Storm(room, per_s=100.0)
        with storm.blowing():
            time.sleep(1.0)
            house.process("postgres").kill()
            time.sleep(1.0)
            assert worker.process.poll() is None
            house.process("postgres").restart()
            wait(lambda: len(room.decided()) > 150, 30, worker.words)
            house.process("kafka").kill()
            time.sleep(1.0)
            house.process("kafka").restart()
            time.sleep(2.0)
            room.report(last := report("after both came back", 1))
        storm.accepted.append(last)
        all_there(room, storm)
        assert worker.process.poll() is None
        assert worker.get("/healthz")[0] == 200

        # And one that is started while both are away waits for them.
        assert worker.stop() == 0
        room.hush()
        for name in ("kafka", "postgres"):
            house.process(name).kill()
        late = room.worker(WEIRHOUSE_WORKER_STANDS="PT5S")
        wait(lambda: "waits: " in late.words(), 40, late.words)
        assert late.get("/healthz")[0] == 200
        assert late.get("/readyz")[0] == 503
        for name in ("postgres", "kafka"):
            house.process(name).restart()
        late.ready()
        assert late.log.read_text().count('"waits: ') <= 4
        room.report(after := report("after the wait", 2))
        room.settled([after])
    finally:
        room.close()


def test_an_exchanged_broker_ends_the_worker_with_one_clear_sentence(free_house: FreeHouse, tmp_path: Path) -> None:
    house = free_house()
    room = Room(house.kafka_url, house.postgres_url, "exchange", tmp_path)
    try:
        worker = room.worker()
        worker.ready()
        sent = [report("before the exchange", 2)]
        room.report(*sent)
        room.settled(sent)
        port = int(house.kafka_url.rpartition(":")[2])
        house.process("kafka").kill()
        free_house(postgres_url="postgresql://none", kafka_port=port)
        assert worker.ended(45) == 3, worker.words()
        assert "another Kafka" in worker.words().splitlines()[-1]
        again = room.worker()
        assert again.ended(30) == 3
        assert "weirhouse reseed" in again.words().splitlines()[-1]
        assert "Traceback" not in again.words()
    finally:
        room.close()


def test_a_release_that_understands_nothing_stops_before_it_empties_the_topic(new_room: NewRoom) -> None:
    room = new_room()
    worker = room.worker(WEIRHOUSE_DEAD_LETTER_LIMIT="80")
    worker.ready()
    for number in range(300):
        room.send(READINGS_BULK, f"gauge{number % 6}", b'{"source": 7}')
        if number % 30 == 0:
            room.flush()
            time.sleep(0.05)
    room.flush()
    assert worker.ended(40) == 3, worker.words()
    assert "bad release" in worker.words().splitlines()[-1]
    from weirhouse.wire import letterbox

    assert len(letterbox.standing(room.kafka_url, room.namespace)) <= 80


def test_a_standing_signal_is_told_again_after_the_worker_died_and_counts_once(new_room: NewRoom) -> None:
    room = new_room()
    worker = room.worker(**ONE_MEMBER)
    worker.ready()
    now = system_clock().timestamp()
    for step in range(5):
        room.reading(READINGS_BULK, "gauge1", at=now - 20 + step, value=20.0 + step / 100)
    wait(lambda: room.one("select count(*) from incidents where zone = 'z1'") == 1, 30, worker.words)
    worker.kill()
    worker = room.worker(**ONE_MEMBER)
    worker.ready()
    room.reading(READINGS_BULK, "gauge1", at=now - 10, value=20.0)
    wait(lambda: (room.one("select repeats from dispositions") or 0) >= 2, 30, worker.words)
    room.reading(READINGS_BULK, "gauge1", at=now - 5, value=1.0)
    room.reading(READINGS_BULK, "gauge1", at=now - 4, value=1.0)
    cleared = "select count(*) from audit where action = 'cleared'"
    wait(lambda: room.one(cleared) == 1, 30, worker.words)
    assert room.rows("select count(*), sum(reports) from incidents") == [(1, 1)]
    assert worker.stop() == 0
