# SPDX-License-Identifier: Apache-2.0
"""Rooms on the session's PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.integration.api.rooms import Room, furnish, open_room, settings_of
from tests.support.services import Postgres


@pytest.fixture(scope="session")
def furnished(postgres: Postgres) -> str:
    """Name of a template database: migrated, with the small city."""
    return postgres.template("api_room", lambda dsn: asyncio.run(furnish(dsn)))


@pytest.fixture
def room_dsn(postgres: Postgres, furnished: str) -> Iterator[str]:
    """Address of a fresh furnished database."""
    name = postgres.create(furnished)
    yield postgres.address(name)
    postgres.drop(name)


@pytest.fixture
async def room(room_dsn: str) -> AsyncIterator[Room]:
    """A running API on PostgreSQL alone."""
    async with open_room(settings_of(room_dsn)) as opened:
        yield opened
