# SPDX-License-Identifier: Apache-2.0
"""What commands do to a ledger that answers: load a city, make source keys and sign-in links."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import msgspec

from weirhouse.cli.keys import new_source_key
from weirhouse.cli.talk import Stop
from weirhouse.clock import system_clock
from weirhouse.domain.city import City
from weirhouse.domain.ids import EPISODE_SEPARATOR, names_a_source
from weirhouse.ledger.ports import LedgerRefuses
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.ledger.queries import parse
from weirhouse.ledger.sessions import Person
from weirhouse.settings import Settings
from weirhouse.wire.sealed import source_key_hash

ROLES = ("call_taker", "operator", "dispatcher", "supervisor", "front_line", "administrator")

LINK_LIFETIME = timedelta(hours=12)
"""One shift."""

DEMO_CITY = "examples/city/demo.json"


def ledger(settings: Settings) -> PostgresLedger:
    """Return the ledger that `settings` name; open it with `async with`."""
    return PostgresLedger(settings.database, settings.schema_name, settings.topic_prefix, size=2)


def statements() -> dict[str, bytes]:
    """Return the named statements of the command line's own `summary.sql`."""
    return parse(files("weirhouse.cli").joinpath("summary.sql").read_text(encoding="utf-8"))


def demo_city() -> Path:
    """Return the demo city's file: of the checkout, or packed beside this module."""
    packed = Path(__file__).with_name("demo.json")
    return packed if packed.exists() else Path(__file__).parents[2] / DEMO_CITY


def read_city(path: Path) -> City:
    """Return a city file's city.

    Raises
    ------
    Stop
        It is missing or wrong; the sentence says where.
    """
    try:
        city = msgspec.json.decode(path.read_bytes(), type=City)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise Stop("city-unreadable", path=path, why=why) from error
    for source in city.sources:
        if not names_a_source(source.id):
            why = f"source {source.id!r}: an id is printable and holds no {EPISODE_SEPARATOR!r}"
            raise Stop("city-unreadable", path=path, why=why)
    return city


async def load_city(settings: Settings, city: City) -> None:
    """Put a city into the ledger, or bring it up to date."""
    async with ledger(settings) as book:
        await book.standing.apply_city(city, settings.partitions, "admin", system_clock().timestamp())


async def make_source_keys(settings: Settings, sources: Iterable[str]) -> dict[str, str]:
    """Give each source a fresh key and return source → key; the ledger keeps hashes only.

    Raises
    ------
    Stop
        The registry does not know one of them.
    """
    keys = {source: new_source_key() for source in sources}
    async with ledger(settings) as book:
        for source, key in keys.items():
            try:
                await book.standing.set_source_key(source, source_key_hash(key))
            except LedgerRefuses as error:
                raise Stop("unknown-source", source=source) from error
    return keys


async def confirm_source_keys(settings: Settings, keys: dict[str, str]) -> set[str]:
    """Return the sources whose kept key the ledger still knows."""
    async with ledger(settings) as book:
        found = [await book.standing.source_of_key(source_key_hash(key)) for key in keys.values()]
    return {source.id for source in found if source is not None}


async def make_link(settings: Settings, role: str, subject: str = "", zones: Iterable[str] = ("*",)) -> str:
    """Return the address of a fresh sign-in link for `role`; it works once, for `LINK_LIFETIME`.

    Raises
    ------
    Stop
        There is no such role.
    """
    if role not in ROLES:
        raise Stop("unknown-role", role=role, roles=", ".join(ROLES))
    token = secrets.token_urlsafe(32)
    person = Person(subject or role, (role,), tuple(zones))
    async with ledger(settings) as book:
        await book.sessions.add_link(token, person, (system_clock() + LINK_LIFETIME).timestamp())
    return f"{settings.console_url}/auth/link/{token}"
