# SPDX-License-Identifier: Apache-2.0
"""Migrations: `migrations/NNNN_pre_*.sql` before the new code runs, `NNNN_post_*.sql` after the old code is gone.

A pre step only adds, so that old and new code run side by side; a post step takes away what old code needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import psycopg
from psycopg import AsyncConnection, sql

from weirhouse.ledger.ports import SchemaTooOld
from weirhouse.ledger.postgres.failures import AWAY_ERRORS, translate

Stage = Literal["pre", "post"]

_NAME = re.compile(r"(\d{4})_(pre|post)_([a-z0-9_]+)\.sql")
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
LOCK_TIMEOUT_MS = 5_000
"""A migration that cannot get a lock gives up rather than queue everybody behind it; run it again."""
ADVISORY_WAIT_MS = 60_000
"""How long a second migrator waits for the first one."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, its stage, its name and its statements."""

    number: int
    stage: Stage
    name: str
    text: str


@cache
def shipped() -> tuple[Migration, ...]:
    """Return the migrations of this release, in order (pre before post of the same number).

    Raises
    ------
    ValueError
        A file's name breaks the rule.
    """
    found = []
    for entry in files("weirhouse.ledger").joinpath("migrations").iterdir():
        if not entry.name.endswith(".sql"):
            continue
        match = _NAME.fullmatch(entry.name)
        if match is None:
            raise ValueError(f"{entry.name}: a migration is called NNNN_pre_words.sql or NNNN_post_words.sql")
        stage: Stage = "pre" if match[2] == "pre" else "post"
        found.append(Migration(int(match[1]), stage, match[3], entry.read_text(encoding="utf-8")))
    return tuple(sorted(found, key=lambda m: (m.number, m.stage != "pre")))


def schema_of(namespace: str) -> str:
    """Return the schema of a namespace: `weirhouse` for the live house, `weirhouse_<namespace>` else.

    Raises
    ------
    ValueError
        The namespace has letters that a schema's name may not have.
    """
    schema = f"weirhouse_{namespace}" if namespace else "weirhouse"
    if not _SCHEMA.fullmatch(schema):
        raise ValueError(f"namespace {namespace!r}: only a-z, 0-9 and _ (at most 53)")
    return schema


async def migrate(dsn: str, schema: str = "weirhouse", stages: tuple[Stage, ...] = ("pre", "post")) -> list[Migration]:
    """Bring `schema` up to this release and return what was run.

    Raises
    ------
    LedgerAway, LedgerRefuses
        A migration failed: it was rolled back, those before it stand.
    """
    try:
        async with await AsyncConnection.connect(dsn, autocommit=True, prepare_threshold=None) as connection:
            return await _migrate(connection, schema, stages)
    except (psycopg.Error, *AWAY_ERRORS) as error:
        raise translate(error) from error


async def _migrate(
    connection: AsyncConnection[tuple[object, ...]], schema: str, stages: tuple[Stage, ...]
) -> list[Migration]:
    name = sql.Identifier(schema)
    await connection.execute(sql.SQL("set lock_timeout = {}").format(ADVISORY_WAIT_MS))
    await connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (f"weirhouse migrate {schema}",))
    await connection.execute(sql.SQL("set lock_timeout = {}").format(LOCK_TIMEOUT_MS))
    await connection.execute("set client_min_messages = warning")
    await connection.execute(sql.SQL("create schema if not exists {}").format(name))
    await connection.execute(sql.SQL("set search_path = {}").format(name))
    await connection.execute(
        "create table if not exists migrations (number integer, stage text, name text not null,"
        " applied_at timestamptz not null default now(), primary key (number, stage))"
    )
    done = await _applied(connection)
    ran = []
    for step in shipped():
        if step.stage not in stages or (step.number, step.stage) in done:
            continue
        async with connection.transaction():
            await connection.execute(step.text.encode())
            await connection.execute(
                "insert into migrations (number, stage, name) values (%s, %s, %s)", (step.number, step.stage, step.name)
            )
        ran.append(step)
    return ran


async def _applied(connection: AsyncConnection[tuple[object, ...]]) -> set[tuple[object, object]]:
    cursor = await connection.execute("select number, stage from migrations")
    return {(number, stage) for number, stage in await cursor.fetchall()}


async def check(dsn: str, schema: str = "weirhouse") -> None:
    """Refuse to start on a schema older than this release; a newer one is fine (its pre steps only add).

    Raises
    ------
    SchemaTooOld
        Run `weirhouse migrate` first.
    LedgerAway
    """
    try:
        async with await AsyncConnection.connect(dsn, autocommit=True, connect_timeout=3) as connection:
            cursor = await connection.execute("select to_regclass(%s)", (f'"{schema}".migrations',))
            row = await cursor.fetchone()
            if row is None or row[0] is None:
                raise SchemaTooOld(f"schema {schema} has no tables yet: run `weirhouse migrate`")
            await connection.execute(sql.SQL("set search_path = {}").format(sql.Identifier(schema)))
            done = await _applied(connection)
    except (psycopg.Error, *AWAY_ERRORS) as error:
        raise translate(error) from error
    missing = [m for m in shipped() if m.stage == "pre" and (m.number, m.stage) not in done]
    if missing:
        names = ", ".join(f"{m.number:04}_{m.stage}_{m.name}" for m in missing)
        raise SchemaTooOld(f"schema {schema} lacks {names}: run `weirhouse migrate`")


async def drop(dsn: str, schema: str) -> None:
    """Drop a namespace's schema with all it holds.

    Raises
    ------
    ValueError
        For the live house's schema: that is never dropped from here.
    """
    if schema == "weirhouse":
        raise ValueError("the live house's schema is not dropped by a command")
    try:
        async with await AsyncConnection.connect(dsn, autocommit=True) as connection:
            await connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))
    except (psycopg.Error, *AWAY_ERRORS) as error:
        raise translate(error) from error
