# SPDX-License-Identifier: Apache-2.0
"""One trace from the door to the feed event, through every real process between them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator

import pytest

from tests.integration.api.rooms import APP_KEY, open_room, settings_of
from tests.integration.api.test_feed import listen
from tests.support.collector import Collector
from tests.support.room import Room, middle, report, wait
from tests.support.services import Kafka, Postgres
from weirhouse.clock import system_clock
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.wire.envelope import encode
from weirhouse.wire.sealed import source_key_hash
from weirhouse.wire.topics import HEADER_TRACE, READINGS_BULK, REPORTS_ORDINARY


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """Where all processes send their spans."""
    with Collector() as receiving:
        yield receiving


@pytest.fixture(scope="module")
def seen(
    kafka: Kafka, postgres: Postgres, collector: Collector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Room]:
    """A room with relay and worker that send their spans."""
    name = postgres.create()
    room = Room(kafka.bootstrap, postgres.address(name), "traced", tmp_path_factory.mktemp("traced"))
    sending = {
        "WEIRHOUSE_OTLP_URL": collector.url,
        "WEIRHOUSE_TRACE_RATIO": "1.0",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    relay, worker = room.relay(**sending), room.worker(**sending)
    relay.ready()
    worker.ready()
    yield room
    room.close()
    postgres.drop(name)


def begun() -> tuple[str, str]:
    """Return (trace id, traceparent) of a trace that somebody outside began and records."""
    trace = secrets.token_hex(16)
    return trace, f"00-{trace}-{secrets.token_hex(8)}-01"


def body(key: str, zone: int) -> dict[str, object]:
    words, point = "water on the road, cars are stuck", {"lat": 50.01, "lon": middle(zone)}
    return {"id": key, "description": words, "location": {"point": point}}


async def test_a_report_carries_its_trace_from_the_door_to_the_feed(
    seen: Room, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    async with PostgresLedger(seen.dsn, seen.schema) as ledger:
        await ledger.standing.set_source_key("gauge3", source_key_hash(APP_KEY))
    settings = settings_of(
        seen.dsn, kafka_url=seen.kafka_url, namespace=seen.namespace, otlp_url=collector.url, trace_ratio=1.0
    )
    given, traceparent = begun()
    key = {"Authorization": f"Source {APP_KEY}"}
    async with open_room(settings) as room:
        stream = listen(room, room.bearer("operator"))
        assert (await anext(stream))[0] == "snapshot"
        answer = await room.http.post("/v1/reports", json=body("given", 3), headers={**key, "traceparent": traceparent})
        assert answer.status_code == 202, answer.text
        minted = await room.http.post("/v1/reports", json=body("minted", 1), headers=key)
        assert minted.status_code == 202, minted.text
        told: set[str] = set()

        async def until_told() -> None:
            async for _, _, data in stream:
                for item in data.get("items", ()):
                    rows = seen.rows(
                        "select trace from changes where entity = %s and version <= %s", item["entity"], item["version"]
                    )
                    told.update(row[0].split("-")[1] for row in rows)
                if len(told) >= 2:
                    return

        await asyncio.wait_for(until_told(), 20)
        # The door's own answer names no trace; the row in between does.
        others = told - {given}
        assert given in told
        assert len(others) == 1
    for trace in (given, *others):
        for name, service in (
            ("door", "weirhouse-api"),
            ("correlate.slice", "weirhouse-worker"),
            ("feed.tick", "weirhouse-api"),
        ):
            wait(lambda t=trace, n=name: bool(collector.of(n, t)), 10, lambda n=name: f"{n}: {collector.spans}")  # type: ignore[misc]
            assert {span.service for span in collector.of(name, trace)} == {service}


def test_a_slice_of_many_is_one_span_that_links_to_each_and_each_row_keeps_its_own_trace(
    seen: Room, collector: Collector
) -> None:
    reports = [report(f"linked {zone}", zone) for zone in (2, 4, 5)]
    traces = [begun() for _ in reports]
    assert len({seen.partition(each.zone) for each in reports}) == 1
    for each, (_, traceparent) in zip(reports, traces, strict=True):
        seen.send(REPORTS_ORDINARY, each.zone, encode(each), [(HEADER_TRACE, traceparent.encode())])
    seen.flush()
    seen.settled(reports)
    for each, (trace, _) in zip(reports, traces, strict=True):
        wait(lambda t=trace: bool(collector.of("correlate.slice", t)), 10, lambda: str(collector.spans))  # type: ignore[misc]
        sql = "select c.trace from changes c join dispositions d on d.incident_id::text = c.entity::uuid::text"
        found = seen.rows(f"{sql} where d.report_id = %s", each.id)
        assert {row[0].split("-")[1] for row in found} == {trace}


def test_fold_goes_on_with_a_reading_s_trace(seen: Room, collector: Collector) -> None:
    trace, traceparent = begun()
    now = system_clock().timestamp()
    value = b'{"source":"gauge0","at":%f,"value":20.0}' % now
    seen.send(READINGS_BULK, "gauge0", value, [(HEADER_TRACE, traceparent.encode())])
    seen.flush()
    wait(lambda: bool(collector.of("fold.chunk", trace)), 20, seen.words)
    wait(lambda: bool(collector.of("correlate.slice", trace)), 20, seen.words)
    [fold] = collector.of("fold.chunk", trace)
    [correlate] = collector.of("correlate.slice", trace)
    assert correlate.parent == fold.span
    rows = seen.rows("select trace from changes where zone = 'z0'")
    assert {row[0].split("-")[1] for row in rows} == {trace}
