# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the real Kafka and PostgreSQL: one of each a session, and whole houses for those who break things."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from weirhouse.embedded.house import House
from weirhouse.embedded.processes import Process
from weirhouse.settings import Settings

_HEAP_MB = 256

_numbers = itertools.count(1)

FreeHouse = Callable[..., House]
"""Called with settings as keywords; returns a running house that ends with the test."""


def settings_for(folder: Path, **values: object) -> Settings:
    """Return settings of a small house in `folder`; whatever `WEIRHOUSE_*` says outside does not count."""
    return Settings.model_validate({"state_dir": folder, "kafka_heap_mb": _HEAP_MB, **values})


@dataclass(frozen=True)
class Kafka:
    """A real broker."""

    bootstrap: str
    cluster_id: str
    process: Process

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.process.kill()

    def restart(self) -> None:
        """Start it again on its port with its data, and wait until it answers."""
        self.process.restart()


@dataclass(frozen=True)
class Postgres:
    """A real server. `dsn` is its maintenance database."""

    dsn: str
    process: Process
    templates: set[str] = field(default_factory=set)

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.process.kill()

    def restart(self) -> None:
        """Start it again on its port with its data, and wait until it answers."""
        self.process.restart()

    def address(self, database: str) -> str:
        """Address of one database of this server."""
        return f"{self.dsn.rpartition('/')[0]}/{database}"

    def create(self, template: str = "template1") -> str:
        """Make a database from a template and return its name."""
        name = f"test_{next(_numbers)}"
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def template(self, name: str, build: Callable[[str], object]) -> str:
        """Return template database `name`; the first time `build` fills it, given its address."""
        if name not in self.templates:
            with psycopg.connect(self.dsn, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            build(self.address(name))
            self.templates.add(name)
        return name


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """The session's broker. Whoever kills it must restart it; better take a house of one's own."""
    folder = tmp_path_factory.mktemp("kafka")
    with House(settings_for(folder, kafka_url="", postgres_url="postgresql://none")) as house:
        yield Kafka(house.kafka_url, house.cluster_id, house.process("kafka"))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """The session's server."""
    folder = tmp_path_factory.mktemp("postgres")
    with House(settings_for(folder, kafka_url="none:1", postgres_url=""), fast=True) as house:
        dsn = f"{house.postgres_url.rpartition('/')[0]}/postgres"
        yield Postgres(dsn, house.process("postgres"))


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """Address of a fresh empty database."""
    name = postgres.create()
    yield postgres.address(name)
    postgres.drop(name)


@pytest.fixture
def free_house(tmp_path: Path) -> Iterator[FreeHouse]:
    """Factory of whole houses (Kafka and PostgreSQL of their own) for tests that break them.

    `free_house()` starts one in a folder of its own; `free_house(state_dir=…, fast=False, …)` takes settings.
    """
    with ExitStack() as stack:

        def start(*, fast: bool = True, **values: object) -> House:
            folder = values.pop("state_dir", None) or tmp_path / f"house-{next(_numbers)}"
            settings = settings_for(Path(str(folder)), **{"kafka_url": "", "postgres_url": "", **values})
            return stack.enter_context(House(settings, fast=fast))

        yield start


@pytest.fixture(autouse=True, scope="session")
def _no_foreign_settings() -> Iterator[None]:
    """What the person who runs the tests has set for their own house does not reach the tests."""
    kept = ("WEIRHOUSE_CACHE_DIR", "WEIRHOUSE_CHROMIUM")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("WEIRHOUSE_") and name not in kept]:
            patch.delenv(name)
        yield
