# SPDX-License-Identifier: Apache-2.0
"""Door to ledger, idle: from a report's first byte at the door to the moment its decision can be read in the ledger.

The whole house runs as `weirhouse up` starts it: Kafka, PostgreSQL, relay, worker, API. One report is under way at a
time, at irregular moments, so that nobody's polling falls into step with ours. The end is the first look that finds
the disposition committed, from a connection of our own; a look costs a quarter of a millisecond and comes each
millisecond, so a figure is up to about 1.5 ms too large, never too small.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg

from loadtests.bench.rawhttp import Connection, request
from weirhouse.cli.rooms import Room, apart, opened, serve
from weirhouse.cli.stores import demo_city, load_city, make_source_keys, read_city
from weirhouse.cli.talk import Talk
from weirhouse.domain.city import City
from weirhouse.settings import Settings

REPORTS: Final = 200
PER_S: Final = 5.0
WARM: Final = 10
"""Reports before the first that counts: plans prepared, connections open, code warm."""
LOOK_S: Final = 0.001
LOST_S: Final = 10.0
ORDINARY: Final = (
    "A tree has come down across the pavement",
    "积水很深，车辆无法通行",
    "The street light in front of the school has been out for three nights",
)
CRY: Final = "House on fire, people are trapped inside"
CRY_EACH: Final = 4
"""Every fourth report is a cry for help: both lanes are measured in the same minute."""

DECIDED: Final = "select 1 from dispositions where report_id = %s and kind <> 'moving'"


@contextmanager
def living() -> Iterator[tuple[Room, City, str]]:
    """Run a whole house in a folder of its own, with the demo city and the key of one of its people's sources."""
    with tempfile.TemporaryDirectory(prefix="weirhouse-bench-") as folder:
        plain = Settings.model_validate({"state_dir": Path(folder), "kafka_url": "", "postgres_url": ""})
        talk = Talk(as_json=True)
        with opened(apart(plain, ""), talk, {"WEIRHOUSE_LOG_LEVEL": "WARNING"}) as room:
            city = read_city(demo_city())
            asyncio.run(load_city(room.settings, city))
            source = next(one.id for one in city.sources if one.sort == "person")
            key = asyncio.run(make_source_keys(room.settings, [source]))[source]
            serve(room, talk)
            yield room, city, key


def body(city: City, run: str, number: int, cry: bool) -> bytes:
    """Return one report at a place of its own, so that most of them open an incident."""
    place = city.places[number % len(city.places)]
    told = {
        "id": f"{run}-{number}",
        "channel": "app",
        "description": CRY if cry else ORDINARY[number % len(ORDINARY)],
        "location": {"point": {"lat": place.lat, "lon": place.lon, "accuracy_m": 25}},
    }
    return json.dumps(told, ensure_ascii=False).encode()


async def _decided(ledger: psycopg.AsyncConnection[Any], report_id: str, begun: float) -> float:
    while time.perf_counter() - begun < LOST_S:
        found = await (await ledger.execute(DECIDED, (report_id,), prepare=True)).fetchone()
        if found is not None:
            return time.perf_counter() - begun
        await asyncio.sleep(LOOK_S)
    raise OSError(f"report {report_id} was not decided within {LOST_S:g} s")


async def _send(room: Room, city: City, key: str, reports: int, per_s: float, seed: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {"door": [], "life": [], "ordinary": []}
    chance, run = random.Random(seed), secrets.token_hex(4)
    headers = {"Content_Type": "application/json", "Authorization": f"Source {key}"}
    connection = await Connection.open(room.settings.api_port)
    options = f"-c search_path={room.settings.schema_name}"
    async with await psycopg.AsyncConnection.connect(
        room.settings.database, autocommit=True, options=options
    ) as ledger:
        for number in range(-WARM, reports):
            await asyncio.sleep(chance.uniform(0.5, 1.5) / per_s)
            told = body(city, run, number, number % CRY_EACH == 0)
            begun = time.perf_counter()
            status, answer = await connection.ask(request("POST", "/v1/reports", told, **headers))
            answered = time.perf_counter() - begun
            if status != 202:
                raise OSError(f"the door answered {status}: {answer[:200]!r}")
            kept = json.loads(answer)
            took = await _decided(ledger, kept["id"], begun)
            if number >= 0:
                seconds["door"].append(answered)
                seconds[kept["lane"]].append(took)
    connection.close()
    return seconds


def percentile(seconds: list[float], share: float) -> float:
    """Return a percentile in milliseconds."""
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2)


def measure(seed: int = 1, reports: int = REPORTS, per_s: float = PER_S) -> dict[str, float]:
    """Run a house and return p50 and p99 from door to ledger: of all, of each lane, and of the door's answer alone."""
    with living() as (room, city, key):
        found = asyncio.run(_send(room, city, key, reports, per_s, seed))
    found["all"] = found["life"] + found["ordinary"]
    names = {"all": "door_to_ledger", "life": "life_to_ledger", "ordinary": "ordinary_to_ledger", "door": "idle_door"}
    return {
        f"{names[what]}_{word}_ms": percentile(seconds, share)
        for what, seconds in sorted(found.items())
        for word, share in (("p50", 0.5), ("p99", 0.99))
    }
