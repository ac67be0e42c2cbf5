# SPDX-License-Identifier: Apache-2.0
"""Borders: a neighbour hears of what happens near it, and a report goes to whoever handles its happening."""

from __future__ import annotations

from collections.abc import Iterator

import kafka as kafka_python
import pytest

from tests.integration.streams.desk import change, incident_of
from tests.support.room import SPREAD, Room, middle, report, wait
from tests.support.services import Kafka, Postgres
from weirhouse.clock import system_clock
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.report import Lane, Location, Point, Report
from weirhouse.wire.envelope import CROSSING, Crossing, Outline, encode
from weirhouse.wire.topics import CROSSINGS

HALF = SPREAD / 2
STEP = 0.0004
"""Degrees from the border, about 29 m: inside everybody's reach."""


@pytest.fixture(scope="module")
def row(kafka: Kafka, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A room with a relay and a worker."""
    name = postgres.create()
    room = Room(kafka.bootstrap, postgres.address(name), "crossings", tmp_path_factory.mktemp("crossings"))
    relay, worker = room.relay(), room.worker()
    relay.ready()
    worker.ready()
    yield room
    room.close()
    postgres.drop(name)


def beside(key: str, zone: int, side: float, **values: object) -> Report:
    """Return a report in `zone`, just inside its eastern (+1) or western (-1) border."""
    place = Point(lat=50.01, lon=middle(zone) + side * (HALF - STEP), accuracy_m=10.0)
    return report(key, zone, location=Location(point=place), **values)


def crossed(room: Room) -> list[Crossing]:
    """Return everything that stands on `crossings` now."""
    return [CROSSING.decode(value) for value in room.read(CROSSINGS)]


def outlines(room: Room, incident: str) -> list[Outline]:
    found = [crossing.outline for crossing in crossed(room) if crossing.outline is not None]
    return [outline for outline in found if outline.incident == incident]


def read_up(room: Room, zone: str) -> None:
    """Wait until the owner of `zone` has read (and stored) all that stands on its partition of `crossings`."""
    topic, number = CROSSINGS.full(room.namespace), room.partition(zone)
    consumer = kafka_python.KafkaConsumer(bootstrap_servers=room.kafka_url)
    place = kafka_python.TopicPartition(topic, number)

    def caught_up() -> bool:
        end = consumer.end_offsets([place])[place]
        sql = "select next_offset from input_offsets where topic = %s and partition = %s"
        return bool(end > 0 and (room.one(sql, topic, number) or 0) >= end)

    try:
        wait(caught_up, 20, room.words)
    finally:
        consumer.close()


def test_a_report_goes_one_hop_to_the_neighbour_that_handles_its_happening(row: Room) -> None:
    first = beside("opens in z1", 1, +1)
    row.report(first)
    row.settled([first])
    incident = incident_of(row, first.id)
    wait(lambda: len(outlines(row, incident)) > 0, 20, row.words)
    assert {outline.zone for outline in outlines(row, incident)} == {"z2", "unplaced"}
    read_up(row, "z2")

    second = beside("seen from z2", 2, -1)
    row.report(second)
    wait(
        lambda: row.one("select previous from dispositions where report_id = %s", second.id) == "moving",
        20,
        row.words,
    )
    [(kind, zone, joined, terms)] = row.rows(
        "select kind, zone, incident_id, terms::text from dispositions where report_id = %s", second.id
    )
    assert (kind, zone, str(joined).replace("-", "")) == ("joined", "z1", incident)
    assert "forwarded" in terms
    assert "call taker" not in terms
    assert row.one("select count(*) from incidents where zone = 'z2'") == 0
    assert row.one("select reports from incidents where incident_id = %s", incident) == 2
    [forwarded] = [c.forwarded for c in crossed(row) if c.forwarded is not None]
    assert (forwarded.origin, forwarded.zone, forwarded.report.id) == ("z2", "z1", second.id)

    # The relay is at least once: told twice, it counts once.
    row.send(CROSSINGS, "z1", encode(Crossing(forwarded=forwarded)))
    row.flush()
    read_up(row, "z1")
    assert row.one("select reports from incidents where incident_id = %s", incident) == 2
    row.conserved([first, second])


def test_a_cry_for_help_opens_at_home_however_well_it_matches_next_door(row: Room) -> None:
    first = beside("fire in z3", 3, +1, type="fire", words="a house is on fire", lane=Lane.LIFE)
    row.report(first)
    row.settled([first])
    incident = incident_of(row, first.id)
    wait(lambda: {o.zone for o in outlines(row, incident)} >= {"z4"}, 20, row.words)
    read_up(row, "z4")
    grave = beside("fire from next door", 4, -1, type="fire", words="a house is on fire", lane=Lane.LIFE)
    serious = beside(
        "smoke from next door", 4, -1, type="fire", words="smoke and fire, someone is hurt", claims=("injury",)
    )
    row.report(grave)
    row.report(serious)
    row.settled([grave, serious])
    for each in (grave, serious):
        [(kind, zone, previous)] = row.rows(
            "select kind, zone, previous from dispositions where report_id = %s", each.id
        )
        assert (zone, previous) == ("z4", "")
        assert kind in ("opened", "joined")


def test_a_closed_incident_s_outline_goes_and_the_next_report_stays_at_home(row: Room) -> None:
    first = beside("noise opens in z0", 0, +1, type="noise", words="loud music from the bar")
    row.report(first)
    row.settled([first])
    incident = incident_of(row, first.id)
    wait(lambda: len(outlines(row, incident)) > 0, 20, row.words)
    now = system_clock().timestamp()
    change(row, incident, state=IncidentState.CLOSED, closed_at=now, closing_code="done")
    wait(lambda: any(not outline.open for outline in outlines(row, incident)), 20, row.words)
    read_up(row, "z1")
    second = beside("noise after the end", 1, -1, type="noise", words="loud music from the bar")
    row.report(second)
    row.settled([second])
    assert row.rows("select kind, zone, previous from dispositions where report_id = %s", second.id) == [
        ("opened", "z1", "")
    ]
