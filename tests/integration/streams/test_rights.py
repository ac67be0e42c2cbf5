# SPDX-License-Identifier: Apache-2.0
"""Who may claim life-safety by device: the registry's word, not the topic; unknown ones are heard all the same."""

from __future__ import annotations

import time

from tests.integration.streams.desk import with_ledger
from tests.support.room import PARTITIONS, Room, middle, small_city, wait
from weirhouse.clock import system_clock
from weirhouse.domain.city import Source
from weirhouse.domain.ids import signal_report_id
from weirhouse.domain.reading import SourceRules
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.wire.envelope import SIGNAL
from weirhouse.wire.topics import READINGS_BULK, READINGS_LIFE, SIGNALS_LIFE, SIGNALS_ORDINARY


def lanes(room: Room, source: str) -> set[str]:
    """Return the signal topics on which a source was heard."""
    heard = set()
    for topic in (SIGNALS_LIFE, SIGNALS_ORDINARY):
        if any(SIGNAL.decode(value).source == source for value in room.read(topic)):
            heard.add(topic.name)
    return heard


def speak(room: Room, source: str, episode: str, life: bool = True, **values: object) -> str:
    """Let a device raise an alarm by itself; return the id it counts under."""
    topic = READINGS_LIFE if life else READINGS_BULK
    room.reading(topic, source, at=system_clock().timestamp(), on=True, episode=episode, **values)
    return signal_report_id(source, episode)


def lane_of(room: Room, report: str) -> str:
    return str(room.one("select lane from dispositions where report_id = %s", report) or "")


def test_a_source_without_the_right_is_heard_in_the_ordinary_lane_and_counted(room: Room) -> None:
    before = room.workers[0].count("weirhouse_fold_without_right_total")
    report = speak(room, "gauge4", "claims too much")
    wait(lambda: lane_of(room, report) == "ordinary", 20, room.words)
    assert lanes(room, "gauge4") == {"signals.ordinary"}
    assert room.workers[0].count("weirhouse_fold_without_right_total") == before + 1
    assert room.one("select kind from dispositions where report_id = %s", report) == "opened"


def test_a_device_nobody_registered_gets_the_default_rules_and_no_right(room: Room) -> None:
    bulk = speak(room, "stranger", "b", life=False, lat=50.01, lon=middle(5), type="smoke")
    life = speak(room, "stranger", "l", lat=50.01, lon=middle(5), type="smoke")
    nowhere = speak(room, "lost stranger", "n", life=False)
    for report in (bulk, life, nowhere):
        wait(lambda r=report: lane_of(room, r) == "ordinary", 20, room.words)  # type: ignore[misc]
    assert room.one("select zone from dispositions where report_id = %s", bulk) == "z5"
    assert room.one("select zone from dispositions where report_id = %s", nowhere) == "unplaced"
    assert lanes(room, "stranger") == {"signals.ordinary"}


def test_a_new_source_with_the_right_is_believed_within_moments(room: Room) -> None:
    rules = SourceRules(life=True, type="fire", off_delay_s=0.0)
    siren = Source(
        id="siren", name="Siren", sort="sensor", zone="z2", lat=50.01, lon=middle(2), rules=rules, may_claim_life=True
    )
    city = small_city()
    city.sources = [siren]

    async def register(ledger: PostgresLedger) -> None:
        await ledger.standing.apply_city(city, PARTITIONS, "test", system_clock().timestamp())

    with_ledger(room, register)
    began = time.monotonic()
    spoken: list[str] = []

    def believed() -> bool:
        spoken.append(speak(room, "siren", f"alarm {len(spoken)}"))
        time.sleep(0.2)
        return any(lane_of(room, report) == "life" for report in spoken)

    # Two seconds by the documents; a crowded machine gets some more.
    wait(believed, 6, room.words)
    assert "signals.life" in lanes(room, "siren")
    for report in spoken:
        wait(lambda r=report: lane_of(room, r) != "", 20, room.words)  # type: ignore[misc]
    assert time.monotonic() - began < 30
