# SPDX-License-Identifier: Apache-2.0
"""A room: the house's stores with schema and topics, and the product's three processes, live or in a namespace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from weirhouse.cli import running
from weirhouse.cli.stores import ledger
from weirhouse.cli.talk import Talk
from weirhouse.embedded.house import House, Service, module
from weirhouse.embedded.ports import free_port
from weirhouse.keys import house_keys
from weirhouse.ledger.migrate import migrate
from weirhouse.settings import PREFIX, Settings
from weirhouse.wire import broker
from weirhouse.wire.topics import CATALOGUE


@dataclass(frozen=True)
class Room:
    """A house with its stores up; `settings` name them, `environment` tells a process everything."""

    house: House
    settings: Settings
    environment: dict[str, str]

    @property
    def api_url(self) -> str:
        """Where this machine reaches the API."""
        return f"http://{self.settings.api_host}:{self.settings.api_port}"


@contextmanager
def opened(settings: Settings, talk: Talk, extra: Mapping[str, str] | None = None) -> Iterator[Room]:
    """Start the stores, bring schema and topics up to date, and give the room; on leaving everything ends.

    Parameters
    ----------
    extra
        Variables for the product's processes beside the settings' own.

    Raises
    ------
    EmbeddedError, BrokerAway, LedgerAway
    """
    begun = time.monotonic()
    talk.step("stores")
    with _said_at_the_end(talk), House(settings, talk.told) as house:
        keys = house_keys(settings)
        values = settings.model_dump()
        values |= {name.removeprefix(PREFIX).lower(): value for name, value in keys.items()}
        values |= {"kafka_url": house.kafka_url, "postgres_url": house.postgres_url}
        known = Settings.model_validate(values)
        talk.step("stores-ready", seconds=time.monotonic() - begun)
        ran = asyncio.run(migrate(known.database, known.schema_name))
        talk.step("migrated", schema=known.schema_name, count=len(ran))
        made = broker.ensure(known.kafka_url, known.namespace, known.partitions)
        talk.step("topics-made", made=len(made), total=len(CATALOGUE))
        before = asyncio.run(_known_cluster(known))
        if before not in ("", found := broker.cluster_id(known.kafka_url)):
            talk.step("new-broker", found=found, known=before)
        environment = {**house.environment(), **keys, **(extra or {}), **_chosen(known)}
        environment[f"{PREFIX}LANGUAGE"] = talk.language
        running.remember(known.state_dir, environment)
        try:
            yield Room(house, known, environment)
        finally:
            running.forget(known.state_dir)


@contextmanager
def _said_at_the_end(talk: Talk) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, SystemExit):  # asked to stop
        with suppress(OSError):  # the terminal may be what was lost
            talk.step("stopped")
        raise


async def _known_cluster(settings: Settings) -> str:
    async with ledger(settings) as book:
        return await book.broker.known()


def _chosen(settings: Settings) -> dict[str, str]:
    """Return the settings that this command may have changed, by variable name."""
    names = (
        "namespace",
        "api_host",
        "api_port",
        "worker_metrics_port",
        "relay_metrics_port",
        "partitions",
        "public_url",
    )
    return {f"{PREFIX}{name.upper()}": str(getattr(settings, name)) for name in names}


def serve(room: Room, talk: Talk) -> list[str]:
    """Start relay, worker and API and wait until each answers; return those that stopped with a sentence instead.

    Raises
    ------
    EmbeddedError
        A port is taken, or a process ended or did not answer in time.
    """
    begun = time.monotonic()
    stand = room.house.start(services(room))
    seconds = time.monotonic() - begun
    if stand:
        talk.step("services-stand", names=", ".join(stand), seconds=seconds)
    else:
        talk.step("services-ready", seconds=seconds)
    return stand


def services(room: Room) -> list[Service]:
    """Return the product's processes."""
    settings, environment = room.settings, room.environment
    metrics = f"http://{settings.metrics_host}"
    return [
        Service(
            "relay",
            module("weirhouse", "relay"),
            environment,
            f"{metrics}:{settings.relay_metrics_port}/readyz",
            f"{metrics}:{settings.relay_metrics_port}/healthz",
            settings.relay_metrics_port,
            f"{PREFIX}RELAY_METRICS_PORT",
            may_stop=True,
        ),
        Service(
            "worker",
            module("streams"),
            environment,
            f"{metrics}:{settings.worker_metrics_port}/readyz",
            f"{metrics}:{settings.worker_metrics_port}/healthz",
            settings.worker_metrics_port,
            f"{PREFIX}WORKER_METRICS_PORT",
            may_stop=True,
        ),
        Service(
            "api",
            module("api"),
            environment,
            f"{room.api_url}/readyz",
            f"{room.api_url}/healthz",
            settings.api_port,
            f"{PREFIX}API_PORT",
        ),
    ]


def apart(settings: Settings, namespace: str) -> Settings:
    """Return settings of a room beside the live one: its own namespace and free ports."""
    ports = ("api_port", "worker_metrics_port", "relay_metrics_port")
    chosen: dict[str, object] = {}
    while len(set(chosen.values())) < len(ports):
        chosen = {name: free_port() for name in ports}
    return Settings.model_validate({**settings.model_dump(), "namespace": namespace, "public_url": "", **chosen})
