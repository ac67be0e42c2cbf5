# SPDX-License-Identifier: Apache-2.0
"""Do the migrations make the schema that stands in the repository, once, and is an older one refused?"""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from weirhouse.ledger import migrate
from weirhouse.ledger.describe import committed, describe
from weirhouse.ledger.ports import LedgerAway, SchemaTooOld
from weirhouse.ledger.queries import BadQueryFile, parse, queries

AREAS = (
    "describe",
    "desk",
    "doors",
    "feed",
    "people",
    "proofs",
    "queue",
    "relay",
    "retention",
    "sequencer",
    "slices",
    "standing",
)


async def test_the_migrated_schema_is_the_committed_one(database: str) -> None:
    await migrate.migrate(database)
    assert await describe(database) == committed()
    await migrate.migrate(database, "wh_replay")
    assert await describe(database, "wh_replay") == committed()


async def test_two_migrators_run_each_step_once(database: str) -> None:
    ran = await asyncio.gather(*(migrate.migrate(database) for _ in range(4)))
    assert sorted(len(steps) for steps in ran) == [0, 0, 0, len(migrate.shipped())]
    await migrate.check(database)


async def test_an_older_schema_is_refused(database: str) -> None:
    with pytest.raises(SchemaTooOld, match="weirhouse migrate"):
        await migrate.check(database)
    await migrate.migrate(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("delete from weirhouse.migrations where number = 1")
    with pytest.raises(SchemaTooOld, match="0001_pre_base"):
        await migrate.check(database)


async def test_nobody_there_is_away() -> None:
    with pytest.raises(LedgerAway):
        await migrate.check("postgresql://nobody@127.0.0.1:1/none")


async def test_a_namespace_goes_and_the_live_house_stays(database: str) -> None:
    await migrate.migrate(database, migrate.schema_of("x"))
    await migrate.drop(database, "wh_x")
    with pytest.raises(SchemaTooOld):
        await migrate.check(database, "wh_x")
    with pytest.raises(ValueError, match="live house"):
        await migrate.drop(database, migrate.schema_of(""))
    with pytest.raises(ValueError, match="namespace"):
        migrate.schema_of("x; drop")


@pytest.mark.parametrize("area", AREAS)
def test_every_statement_has_a_name_and_a_sentence(area: str) -> None:
    assert queries(area)


@pytest.mark.parametrize(
    "text", ["-- name: a\nselect 1", "-- name: a\n-- Says.\n", "-- name: a\n-- S.\nx\n-- name: a\n-- S.\ny"]
)
def test_a_bad_file_is_refused(text: str) -> None:
    with pytest.raises(BadQueryFile):
        parse(text)
