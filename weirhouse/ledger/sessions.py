# SPDX-License-Identifier: Apache-2.0
"""One-use sign-in links and browser sessions: kept by the hash of what the person holds, never by the thing itself."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from weirhouse.ledger.queries import queries

if TYPE_CHECKING:
    # `weirhouse.ledger.postgres` gives these classes out again: at run time it comes after this module.
    from weirhouse.ledger.postgres.pool import Database

_SQL: Final = queries("people")


class Person(msgspec.Struct, frozen=True):
    """Who signs in: a subject with roles and zones (empty: none; `*`: all)."""

    subject: str
    roles: tuple[str, ...]
    zones: tuple[str, ...]


class Session(msgspec.Struct, frozen=True):
    """A browser session; `expires_at` in seconds UTC."""

    person: Person
    csrf: str
    expires_at: float


class Sessions(Protocol):
    """Storage of links and sessions. Tokens are random 256 bits, so a plain hash holds. All may raise LedgerAway."""

    async def add_link(self, token: str, person: Person, until: float) -> None: ...

    async def take_link(self, token: str, now: float) -> Person | None:
        """Use the link up; None when it was used, ran out or never was."""
        ...

    async def begin(self, token: str, session: Session) -> None: ...

    async def find(self, token: str, now: float) -> Session | None: ...

    async def end(self, token: str, now: float) -> None: ...


def hashed(token: str) -> bytes:
    """Return what is kept of a token: its SHA-256."""
    return hashlib.sha256(token.encode()).digest()


class PostgresSessions:
    """`Sessions` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_link(self, token: str, person: Person, until: float) -> None:
        """Keep a one-use link."""
        row = {"hash": hashed(token), "until": until, **_columns(person)}
        await self._database.rows(_SQL["add_link"], row)

    async def take_link(self, token: str, now: float) -> Person | None:
        """Use the link up."""
        row = await self._database.row(_SQL["take_link"], {"hash": hashed(token), "now": now})
        return Person(row[0], tuple(row[1]), tuple(row[2])) if row else None

    async def begin(self, token: str, session: Session) -> None:
        """Keep a session."""
        row = {"hash": hashed(token), "csrf": session.csrf, "until": session.expires_at, **_columns(session.person)}
        await self._database.rows(_SQL["add_session"], row)

    async def find(self, token: str, now: float) -> Session | None:
        """Return the session behind a cookie, or None when it ended."""
        row = await self._database.row(_SQL["session"], {"hash": hashed(token), "now": now})
        return Session(Person(row[0], tuple(row[1]), tuple(row[2])), row[3], row[4]) if row else None

    async def end(self, token: str, now: float) -> None:
        """End a session; those that ran out go with it."""
        await self._database.rows(_SQL["end_session"], {"hash": hashed(token), "now": now})


class MemorySessions:
    """`Sessions` in memory."""

    def __init__(self) -> None:
        self._links: dict[bytes, tuple[Person, float]] = {}
        self._sessions: dict[bytes, Session] = {}

    async def add_link(self, token: str, person: Person, until: float) -> None:
        """Keep a one-use link."""
        self._links[hashed(token)] = (person, until)

    async def take_link(self, token: str, now: float) -> Person | None:
        """Use the link up."""
        person, until = self._links.get(hashed(token), (None, 0.0))
        if person is None or until <= now:
            return None
        del self._links[hashed(token)]
        return person

    async def begin(self, token: str, session: Session) -> None:
        """Keep a session."""
        self._sessions[hashed(token)] = session

    async def find(self, token: str, now: float) -> Session | None:
        """Return the session behind a cookie, or None when it ended."""
        session = self._sessions.get(hashed(token))
        return session if session is not None and session.expires_at > now else None

    async def end(self, token: str, now: float) -> None:
        """End a session; those that ran out go with it."""
        ended = hashed(token)
        self._sessions = {k: s for k, s in self._sessions.items() if k != ended and s.expires_at > now}


def _columns(person: Person) -> dict[str, object]:
    return {"subject": person.subject, "roles": list(person.roles), "zones": list(person.zones)}
