# SPDX-License-Identifier: Apache-2.0
"""Who asks, and what they may: principals, roles, zones, and how a request shows them."""

from __future__ import annotations

import hmac
import math
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from api.doors.standing import StandingCache
from api.problems import Problem
from api.sessions import COOKIE, Sessions
from api.tokens import Tokens
from weirhouse.clock import Clock
from weirhouse.domain.city import Source
from weirhouse.ledger.ports import LedgerAway


class Role(StrEnum):
    """Roles as in the JWT's claim `weirhouse_roles`."""

    CALL_TAKER = "call_taker"
    OPERATOR = "operator"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    FRONT_LINE = "front_line"
    ADMINISTRATOR = "administrator"
    SOURCE = "source"


REPORTING: Final = frozenset({Role.SOURCE, Role.CALL_TAKER, Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR})
READING: Final = frozenset(set(Role) - {Role.SOURCE})
DESK: Final = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR})
DISPATCHING: Final = frozenset({Role.DISPATCHER, Role.SUPERVISOR})
FIELD: Final = frozenset({Role.FRONT_LINE, Role.DISPATCHER, Role.SUPERVISOR})
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
ALL_ZONES: Final = "*"

Headers = Iterable[tuple[bytes, bytes]]


class Principal(msgspec.Struct, frozen=True):
    """Who asks. `zones` holds `*` for all; `source` is set for a source that the registry knows."""

    subject: str
    roles: frozenset[str]
    zones: frozenset[str]
    source: Source | None = None
    expires_at: float = math.inf
    """Seconds UTC after which an open stream ends."""

    def may(self, roles: frozenset[Role]) -> bool:
        """Return whether one of the roles is held."""
        return not self.roles.isdisjoint(roles)

    def need(self, roles: frozenset[Role]) -> None:
        """Raise `forbidden` without one of the roles."""
        if not self.may(roles):
            raise Problem("forbidden", f"this needs one of: {', '.join(sorted(roles))}")

    def sees(self, zone: str) -> bool:
        """Return whether the zone is one of theirs."""
        return ALL_ZONES in self.zones or zone in self.zones

    def need_zone(self, zone: str) -> None:
        """Raise `zone-forbidden` for another's zone."""
        if not self.sees(zone):
            raise Problem("zone-forbidden", f"zone {zone} is not yours")

    def narrowed(self, asked: Iterable[str]) -> tuple[str, ...]:
        """Return the zones a list may show: empty means all.

        Raises
        ------
        Problem
            `zone-forbidden` when one of those asked for, or the only one possible, is not theirs.
        """
        wanted = tuple(dict.fromkeys(asked))
        for zone in wanted:
            self.need_zone(zone)
        if wanted or ALL_ZONES in self.zones:
            return wanted
        if not self.zones:
            raise Problem("zone-forbidden", "no zone is yours")
        return tuple(sorted(self.zones))


class Gate:
    """Turns a request's headers into a principal.

    Parameters
    ----------
    tokens, sessions, standing
        The three ways to show who one is: bearer token, browser session, source's key.
    """

    def __init__(self, tokens: Tokens, sessions: Sessions, standing: StandingCache, clock: Clock) -> None:
        self._tokens, self._sessions, self._standing, self._clock = tokens, sessions, standing, clock

    async def identify(self, method: str, headers: Headers, fresh: bool = False) -> Principal:
        """Return who asks; `fresh` asks the ledger whether a session still stands, however lately that was asked.

        Raises
        ------
        Problem
            `unauthenticated`, `csrf`, or `ledger-away` for a source's key that nobody can check now.
        """
        authorization = cookie = csrf = b""
        for name, value in headers:
            match name:
                case b"authorization":
                    authorization = value
                case b"cookie":
                    cookie = value
                case b"x-csrf-token":
                    csrf = value
                case _:
                    continue
        if authorization:
            scheme, _, word = authorization.decode("latin-1").partition(" ")
            match scheme.lower():
                case "source":
                    return await self._source(word.strip())
                case "bearer":
                    claims = await self._tokens.verify(word.strip(), self._clock())
                    roles, zones = frozenset(claims.weirhouse_roles), frozenset(claims.weirhouse_zones)
                    return Principal(claims.sub, roles, zones, self._registered(claims.sub, roles), claims.exp)
                case _:
                    raise Problem("unauthenticated", "Authorization must be `Bearer …` or `Source …`")
        return await self._session(method, cookie.decode("latin-1"), csrf.decode("latin-1"), fresh)

    def _registered(self, subject: str, roles: frozenset[str]) -> Source | None:
        """Return the registry's entry of who signs in as a source: its subject is the source's id."""
        return self._standing.city.sources.get(subject) if Role.SOURCE in roles else None

    async def _source(self, key: str) -> Principal:
        try:
            source = await self._standing.source_of(key)
        except LedgerAway:
            raise Problem("ledger-away", "this key cannot be checked now") from None
        if source is None:
            raise Problem("unauthenticated", "no source has this key")
        return Principal(source.id, frozenset({Role.SOURCE}), frozenset({ALL_ZONES}), source)

    async def _session(self, method: str, cookies: str, csrf: str, fresh: bool) -> Principal:
        session = await self._sessions.read(cookie_value(cookies, COOKIE), self._clock(), fresh)
        if session is None:
            raise Problem("unauthenticated", "sign in first")
        if method not in SAFE_METHODS and not hmac.compare_digest(csrf.encode(), session.csrf.encode()):
            raise Problem("csrf", "send the session's token as X-CSRF-Token")
        roles, zones = frozenset(session.roles), frozenset(session.zones)
        source = self._registered(session.subject, roles)
        return Principal(session.subject, roles, zones, source, session.expires_at)


def cookie_value(header: str, name: str) -> str:
    """Return one cookie of a `Cookie` header, or an empty string."""
    for part in header.split(";"):
        found, _, value = part.strip().partition("=")
        if found == name:
            return value
    return ""
