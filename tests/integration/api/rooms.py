# SPDX-License-Identifier: Apache-2.0
"""A room for the API's tests: a migrated ledger with a small city, and a real server on a free port."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import msgspec
import uvicorn

from api.app import create_app
from api.house import House
from weirhouse.clock import Clock, system_clock
from weirhouse.domain.city import City, Place, Source, Zone
from weirhouse.domain.decision import Decided
from weirhouse.domain.gather import opened
from weirhouse.domain.incident import Incident, Team
from weirhouse.domain.policy import Policy
from weirhouse.domain.probe import Probe
from weirhouse.domain.report import Disposition, Lane, Location, Point, Report
from weirhouse.ledger import migrate
from weirhouse.ledger.ports import Committed, IncidentWrite, SlicePlan
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.settings import Settings
from weirhouse.wire.sealed import new_box_keys, source_key_hash

APP_KEY, SENSOR_KEY = "app-key-0123456789abcdef0123456789abcdef", "sensor-key-0123456789abcdef0123456789ab"
PUBLIC, PRIVATE = new_box_keys()
SECRET = "a-secret-of-the-tests-0123456789abcdef"


def square(west: float, south: float, size: float = 0.1) -> list[tuple[float, float]]:
    """Return a closed ring."""
    east, north = west + size, south + size
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def small_city() -> City:
    """Two zones, two places, two sources, four teams."""
    return City(
        name_en="Testing",
        name_zh="试城",
        time_zone="Asia/Shanghai",
        bounds=(10.0, 10.0, 10.2, 10.1),
        zones=[
            Zone(id="east", name_en="East", name_zh="东区", rings=[square(10.1, 10.0)], neighbours=("west",)),
            Zone(id="west", name_en="West", name_zh="西区", rings=[square(10.0, 10.0)], neighbours=("east",)),
        ],
        places=[
            Place(id="p1", name_en="Mill Street", name_zh="磨坊街", kind="street", zone="west", lat=10.05, lon=10.05),
            Place(id="p2", name_en="East Gate", name_zh="东门", kind="gate", zone="east", lat=10.05, lon=10.15),
        ],
        sources=[
            Source(id="app", name="The app", sort="person"),
            Source(id="alarm", name="Alarm centre", sort="partner", may_claim_life=True),
        ],
        teams=[
            Team(id=f"t{n}", name_en=f"Team {n}", name_zh=f"{n} 队", kind="engine", skills=("fire",), zone="west")
            for n in range(1, 5)
        ],
    )


async def furnish(dsn: str, schema: str = "weirhouse") -> None:
    """Migrate a database and put the small city into it."""
    await migrate.migrate(dsn, schema)
    async with PostgresLedger(dsn, schema, size=2) as ledger:
        await ledger.standing.apply_city(small_city(), 4, "test", datetime.now(UTC).timestamp())
        await ledger.standing.set_source_key("app", source_key_hash(APP_KEY))
        await ledger.standing.set_source_key("alarm", source_key_hash(SENSOR_KEY))


def settings_of(dsn: str, **values: object) -> Settings:
    """Return settings of a room on `dsn`."""
    given = {
        "postgres_url": dsn,
        "kafka_url": "",
        "sealing_public_key": PUBLIC,
        "session_key": SECRET,
        "pseudonym_key": SECRET,
        "state_dir": tempfile.mkdtemp(prefix="weirhouse-room-"),
        **values,
    }
    return Settings.model_validate(given)


@dataclass
class Room:
    """A running API."""

    house: House
    url: str
    http: httpx.AsyncClient

    def bearer(self, *roles: str, subject: str = "ann", zones: tuple[str, ...] = ("*",)) -> dict[str, str]:
        """Return the header of a person with these roles."""
        assert self.house.dev_issuer is not None
        return {"Authorization": f"Bearer {self.house.dev_issuer.mint(subject, roles, zones)}"}


@asynccontextmanager
async def open_room(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[Room]:
    """Serve the API on a free port until the block ends."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    app = create_app(settings.model_copy(update={"api_port": port}), clock)
    config = uvicorn.Config(
        app, http="httptools", lifespan="on", log_config=None, ws="none", timeout_graceful_shutdown=3
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    url = f"http://127.0.0.1:{port}"
    house: House = app.state.house
    try:
        async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as http:
            while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
                await asyncio.sleep(0.01)
            for _ in range(300):
                if house.standing.loaded:
                    break
                await asyncio.sleep(0.01)
            yield Room(house, url, http)
    finally:
        await house.hub.stop()
        server.should_exit = True
        await task


async def open_incident(
    room: Room, key: str, words: str = "smoke from a roof", zone: str = "west", lat: float = 10.05, lon: float = 10.05
) -> Incident:
    """Open an incident as the correlator would, in a slice of its own, and return the stored row."""
    now = datetime.now(UTC).timestamp()
    report = Report(
        id=msgspec.json.decode(msgspec.json.encode(key)).encode().hex().ljust(32, "0")[:32],
        source="app", key=key, channel="app", zone=zone, lane=Lane.ORDINARY, type="fire", words=words,
        location=Location(Point(lat, lon, 20.0)), event_time=now, received_at=now,
    )  # fmt: skip
    incident = opened(Probe(report), Policy())
    slices = room.house.ledgers[0].slices
    epoch = await slices.take(0, "test", now)
    plan = SlicePlan(
        cluster_id="c", partition=0, epoch=epoch, now=now, policy=1, offsets=[],
        decided=[Decided(report=report, disposition=Disposition.OPENED, incident=incident)],
        incidents=[IncidentWrite(incident, 0)],
    )  # fmt: skip
    outcome = await slices.commit_slice(plan)
    assert isinstance(outcome, Committed), outcome
    return await room.house.desk.incident(incident.id)
