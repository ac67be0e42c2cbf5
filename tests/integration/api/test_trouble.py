# SPDX-License-Identifier: Apache-2.0
"""Decision 8 on the real parts: PostgreSQL killed, Kafka killed, an old schema, a port taken."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer
from psycopg.conninfo import make_conninfo

from api.doors.snapshot import place_of
from tests.integration.api.rooms import APP_KEY, PRIVATE, SECRET, Room, furnish, open_room, settings_of
from tests.support.services import FreeHouse
from weirhouse.ledger import migrate
from weirhouse.wire.broker import ensure
from weirhouse.wire.envelope import REPORT
from weirhouse.wire.sealed import PERSONAL, unbox

APP = {"Authorization": f"Source {APP_KEY}"}
FIRE = {"description": "House on fire, people trapped inside", "location": {"address": "3 Mill Street"}}


async def ready(room: Room) -> None:
    """Wait until the lifeboat has its broker."""
    until = monotonic() + 20
    while not room.house.lifeboat.ready:
        assert monotonic() < until
        await asyncio.sleep(0.05)


async def send(room: Room, key: str, **body: object) -> tuple[int, dict[str, object], str]:
    """Send one report and return (status, body, Retry-After)."""
    answer = await room.http.post("/v1/reports", json={"id": key, **body}, headers=APP)
    return answer.status_code, answer.json(), answer.headers.get("retry-after", "")


async def messages(bootstrap: str, count: int) -> list[tuple[bytes, bytes, dict[str, bytes]]]:
    """Return (key, value, headers) of the first messages of reports.life."""
    consumer = AIOKafkaConsumer("reports.life", bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found: list[tuple[bytes, bytes, dict[str, bytes]]] = []
        while len(found) < count:
            message = await asyncio.wait_for(consumer.getone(), 15)
            found.append((message.key, message.value, dict(message.headers)))
        return found
    finally:
        await consumer.stop()


@pytest.mark.timeout(170)
async def test_without_postgresql_a_cry_is_safe_in_kafka_and_the_rest_is_told_to_come_back(
    free_house: FreeHouse,
) -> None:
    house = await asyncio.to_thread(free_house)
    await asyncio.to_thread(ensure, house.kafka_url, "", 2)
    await furnish(house.postgres_url)
    async with open_room(settings_of(house.postgres_url, kafka_url=house.kafka_url)) as room:
        await ready(room)
        assert (await send(room, "warm", description="noise"))[0] == 202
        await asyncio.to_thread(house.process("postgres").kill)
        who = {"phone": "13800138000", "name": "Li Hua"}
        status, answer, _ = await send(room, "cry", **FIRE, reporter=who)
        assert (status, answer["lane"], answer["zone"]) == (202, "life", "west"), answer
        status, again, _ = await send(room, "cry", **FIRE, reporter=who)
        assert (status, again) == (202, answer)
        status, problem, retry = await send(room, "calm", description="noise next door")
        assert (status, problem["code"]) == (503, "not-safe")
        assert int(retry) >= 1
        begun = monotonic()
        assert (await send(room, "cry2", **FIRE))[0] == 202
        assert monotonic() - begun < 2.0
        ready_now = await room.http.get("/readyz")
        assert (ready_now.status_code, ready_now.json()["away"]) == (200, ["postgres"])
        # One at a time asks whether the ledger is back; everybody else is told at once.
        waits: list[float] = []

        async def wait_for_no(number: int) -> None:
            since = monotonic()
            assert (await send(room, f"calm{number}", description="noise next door"))[0] == 503
            waits.append(monotonic() - since)

        for _ in range(3):
            await asyncio.gather(*(wait_for_no(number) for number in range(20)))
        assert sorted(waits)[len(waits) // 2] < 1.0, waits
        assert sum(wait > 2.0 for wait in waits) <= 3, waits
        away = await room.http.get("/v1/incidents", headers=room.bearer("operator"))
        assert (away.status_code, away.json()["code"]) == (503, "ledger-away")
        key, value, headers = (await messages(house.kafka_url, 1))[0]
        report = REPORT.decode(value)
        assert (key, report.id) == (b"west", answer["id"])
        assert b"138" not in value
        part = PERSONAL.decode(unbox(PRIVATE, headers["wh-sealed"], report.id))
        assert (part.phone, part.name) == ("13800138000", "Li Hua")
        assert headers["traceparent"].startswith(b"00-")
        await asyncio.to_thread(house.process("postgres").restart)
        for _ in range(40):
            if (await send(room, "calm", description="noise next door"))[0] == 202:
                break
            await asyncio.sleep(0.25)
        else:
            raise AssertionError("the doors did not come back with PostgreSQL")
        assert (await send(room, "cry3", **FIRE))[0] == 202
    with psycopg.connect(house.postgres_url) as connection:
        keys = {row[0] for row in connection.execute("select key from weirhouse.inbox").fetchall()}
    assert {"warm", "calm", "cry3"} <= keys


@pytest.mark.timeout(170)
async def test_without_kafka_the_doors_go_on_and_without_both_they_say_so(free_house: FreeHouse) -> None:
    house = await asyncio.to_thread(free_house)
    await asyncio.to_thread(ensure, house.kafka_url, "", 2)
    await furnish(house.postgres_url)
    async with open_room(settings_of(house.postgres_url, kafka_url=house.kafka_url)) as room:
        await ready(room)
        await asyncio.to_thread(house.process("kafka").kill)
        assert (await send(room, "k1", **FIRE))[0] == 202
        assert (await send(room, "k2", description="noise"))[0] == 202
        with psycopg.connect(house.postgres_url) as connection:
            row = connection.execute("select count(*) from weirhouse.inbox").fetchone()
        assert row == (2,)
        await asyncio.to_thread(house.process("postgres").kill)
        status, problem, retry = await send(room, "k3", **FIRE)
        assert (status, problem["code"]) == (503, "not-safe")
        assert retry


def run_api(**env: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m api` until it gives up."""
    given = {"WEIRHOUSE_SESSION_KEY": SECRET, "WEIRHOUSE_PSEUDONYM_KEY": SECRET, **env}
    return subprocess.run(
        [sys.executable, "-m", "api"],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_older_schema_is_refused_with_one_sentence(database: str) -> None:
    done = run_api(WEIRHOUSE_POSTGRES_URL=database)
    assert done.returncode == 3
    assert "weirhouse migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_taken_is_refused_with_one_sentence(database: str) -> None:
    asyncio.run(migrate.migrate(database))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_api(WEIRHOUSE_POSTGRES_URL=database, WEIRHOUSE_API_PORT=str(port))
    assert done.returncode == 4
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


def test_production_without_an_issuer_is_refused_with_one_sentence() -> None:
    done = run_api(WEIRHOUSE_ENV="production", WEIRHOUSE_POSTGRES_URL="postgresql://none")
    assert done.returncode == 2
    assert "WEIRHOUSE_OIDC_ISSUER" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_stops_gracefully(room_dsn: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**os.environ, "WEIRHOUSE_POSTGRES_URL": room_dsn, "WEIRHOUSE_API_PORT": str(port)}
    with subprocess.Popen([sys.executable, "-m", "api"], env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            until = monotonic() + 90
            while True:
                assert monotonic() < until
                assert process.poll() is None
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                sleep(0.1)
            process.terminate()
            _, errors = process.communicate(timeout=90)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    lines = [json.loads(line) for line in errors.splitlines() if line.startswith("{")]
    assert not [line for line in lines if line["level"] == "ERROR"]


def snapshots(folder: Path) -> list[Path]:
    """Return the snapshots of standing data in a folder."""
    return list(folder.glob("standing-*.json"))


def away(postgres_url: str) -> str:
    """Return the same address with nobody behind it, as if the server were gone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return make_conninfo(postgres_url, port=probe.getsockname()[1], host="127.0.0.1")


async def test_an_api_started_without_postgresql_knows_keys_and_city(room_dsn: str, tmp_path: Path) -> None:
    async with open_room(settings_of(room_dsn, state_dir=tmp_path)) as room:
        assert (await send(room, "warm", description="noise"))[0] == 202
        for _ in range(100):
            if snapshots(tmp_path):
                break
            await asyncio.sleep(0.05)
    [kept] = snapshots(tmp_path)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert APP_KEY.encode() not in kept.read_bytes()
    gone = settings_of(away(room_dsn), state_dir=tmp_path)
    kept.rename(place_of(tmp_path, gone.database, gone.schema_name))
    async with open_room(gone) as room:
        assert room.house.standing.loaded
        assert "west" in {zone.id for zone in room.house.standing.city.zones}
        # The key and the city are known; only the report itself has nowhere to go.
        status, problem, _ = await send(room, "calm", description="noise")
        assert (status, problem["code"], problem["detail"]) == (503, "not-safe", "the ledger is away; send it again")
        wrong = await room.http.post("/v1/reports", json={"id": "x"}, headers={"Authorization": "Source another-key"})
        assert (wrong.status_code, wrong.json()["code"]) == (503, "ledger-away")


async def test_a_snapshot_that_cannot_be_read_or_written_harms_nobody(room_dsn: str, tmp_path: Path) -> None:
    settings = settings_of(room_dsn, state_dir=tmp_path)
    place_of(tmp_path, settings.database, settings.schema_name).write_bytes(b"{ half")
    async with open_room(settings) as room:
        assert (await send(room, "warm", description="noise"))[0] == 202
    blocked = tmp_path / "a-file"
    blocked.write_bytes(b"")
    async with open_room(settings_of(room_dsn, state_dir=blocked)) as room:
        assert (await send(room, "warm2", description="noise"))[0] == 202
