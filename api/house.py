# SPDX-License-Identifier: Apache-2.0
"""What one API process is made of, put together once and shared by the application and its tests."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import httpx

from api.dev_issuer import DevIssuer
from api.doors.collector import Collector
from api.doors.keeping import AWAY_S, Keeping
from api.doors.lifeboat import Lifeboat
from api.doors.seal import Sealer
from api.doors.service import DoorService
from api.doors.snapshot import SnapshotFile, place_of
from api.doors.standing import StandingCache
from api.feed.hub import Hub
from api.people import People
from api.security import Gate
from api.sessions import Sessions
from api.tokens import KeySource, RemoteKeys, Tokens
from weirhouse.clock import Clock
from weirhouse.ledger.ports import Desk, Doors, Feed
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.ledger.sessions import PostgresSessions
from weirhouse.settings import Settings
from weirhouse.telemetry.metrics import Metrics
from weirhouse.telemetry.tracing import Tracing

LIFE_TIMEOUT_S = 1.0
"""A cry waits this long for the ledger, then it goes to Kafka."""
LIFE_CONNECTIONS = 2


@dataclass
class House:
    """The parts of one process; `start` and `stop` them with the application."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    tracing: Tracing
    ledgers: tuple[PostgresLedger, ...]
    desk: Desk
    statuses: Doors
    standing: StandingCache
    standing_port: Any
    lifeboat: Lifeboat
    keeping: Keeping
    doors: DoorService
    hub: Hub
    gate: Gate
    tokens: Tokens
    sessions: Sessions
    links: PostgresSessions
    people: People
    dev_issuer: DevIssuer | None
    http: httpx.AsyncClient

    async def start(self) -> None:
        """Open pools and begin the background work; PostgreSQL and Kafka need not answer yet."""
        for ledger in self.ledgers:
            await ledger.open()
        self.standing.start()
        self.lifeboat.start()
        self.hub.start()

    async def stop(self) -> None:
        """Let subscribers go, finish what is in flight, close."""
        await self.hub.stop()
        await self.keeping.drain()
        await self.standing.stop()
        await self.lifeboat.stop()
        await self.http.aclose()
        for ledger in self.ledgers:
            await ledger.close()
        self.tracing.close()


def _secret(settings: Settings, name: str) -> bytes:
    value = getattr(settings, name).get_secret_value()
    # In development without keys: good for as long as this process lives.
    return value.encode() if value else secrets.token_bytes(32)


def build(settings: Settings, clock: Clock, metrics: Metrics | None = None, tracing: Tracing | None = None) -> House:
    """Put a process together from its settings; nothing is connected yet.

    Raises
    ------
    DevIssuerInProduction
        Production was given no issuer of its own.
    """
    metrics = metrics or Metrics()
    tracing = tracing or Tracing("api", settings.otlp_url, settings.trace_ratio)
    ledger = PostgresLedger(
        settings.database, settings.schema_name, settings.topic_prefix, settings.database_pool, AWAY_S
    )
    life = PostgresLedger(settings.database, settings.schema_name, settings.topic_prefix, LIFE_CONNECTIONS, AWAY_S)
    session_key = _secret(settings, "session_key")
    http = httpx.AsyncClient(timeout=5.0, trust_env=False)
    issuer: DevIssuer | None = None
    if settings.oidc_issuer:
        keys: KeySource = RemoteKeys(http, settings.oidc_issuer, settings.oidc_jwks_url)
        name = settings.oidc_issuer
    else:
        issuer = DevIssuer(settings, session_key, clock)
        keys, name = issuer, issuer.name
    kept = SnapshotFile(place_of(settings.state_dir, settings.database, settings.schema_name))
    standing = StandingCache(ledger.standing, kept)
    sealer = Sealer(_secret(settings, "pseudonym_key"), settings.sealing_public_key)
    lifeboat = Lifeboat(settings.kafka_url, sealer)
    wait_s = settings.door_timeout.total_seconds()
    keeping = Keeping(
        Collector(life.doors, "life", LIFE_CONNECTIONS, min(LIFE_TIMEOUT_S, wait_s), metrics),
        Collector(ledger.doors, "ordinary", settings.door_transactions, wait_s, metrics),
        lifeboat,
        metrics,
    )
    links = ledger.sessions
    sessions = Sessions(session_key, settings.session_lifetime, secure=settings.production, store=links)
    feed: Feed = ledger.feed
    tokens = Tokens(keys, name, settings.oidc_audience)
    return House(
        settings=settings,
        clock=clock,
        metrics=metrics,
        tracing=tracing,
        ledgers=(ledger, life),
        desk=ledger.desk,
        statuses=ledger.doors,
        standing=standing,
        standing_port=ledger.standing,
        lifeboat=lifeboat,
        keeping=keeping,
        doors=DoorService(settings, standing, sealer, keeping, metrics, tracing, clock),
        hub=Hub(feed, settings, metrics, tracing, clock),
        gate=Gate(tokens, sessions, standing, clock),
        tokens=tokens,
        sessions=sessions,
        links=links,
        people=People(ledger.database),
        dev_issuer=issuer,
        http=http,
    )
