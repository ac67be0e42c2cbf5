# SPDX-License-Identifier: Apache-2.0
"""Rooms for the worker's tests: one shared by those that break nothing, others for those that do."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.room import Room
from tests.support.services import Kafka, Postgres
from weirhouse.wire.sealed import new_box_keys

_numbers = itertools.count(1)

PUBLIC, PRIVATE = new_box_keys()
SECRET = "a-secret-of-the-tests-0123456789abcdef"
KEYS = {"WEIRHOUSE_SEALING_PRIVATE_KEY": PRIVATE, "WEIRHOUSE_PSEUDONYM_KEY": SECRET}

NewRoom = Callable[[], Room]


@pytest.fixture(scope="module")
def room(kafka: Kafka, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A room with one worker that reads, shared by a module's tests."""
    name = postgres.create()
    room = Room(kafka.bootstrap, postgres.address(name), f"shared{next(_numbers)}", tmp_path_factory.mktemp("room"))
    room.worker(**KEYS).ready()
    yield room
    room.close()
    postgres.drop(name)


@pytest.fixture
def new_room(kafka: Kafka, postgres: Postgres, tmp_path: Path) -> Iterator[NewRoom]:
    """Factory of rooms without a worker."""
    made: list[tuple[Room, str]] = []

    def make() -> Room:
        name = postgres.create()
        folder = tmp_path / f"room{len(made)}"
        folder.mkdir()
        made.append((Room(kafka.bootstrap, postgres.address(name), f"room{next(_numbers)}", folder), name))
        return made[-1][0]

    yield make
    for room, name in made:
        room.close()
        postgres.drop(name)
