# SPDX-License-Identifier: Apache-2.0
"""Browser sessions: a signed cookie that the ledger can end.

Signed, so that a call taker gets through the doors while the ledger is away; kept in the ledger too, so that signing
out ends it in every process, within `RECHECK_S`.

The cookie is ``payload.signature`` (base64url): JSON of `Session` and its HMAC-SHA256 with the house's session key.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

import msgspec

from weirhouse.ledger.ports import LedgerAway
from weirhouse.ledger.sessions import Person
from weirhouse.ledger.sessions import Session as Kept
from weirhouse.ledger.sessions import Sessions as Store

COOKIE: Final = "weirhouse_session"
RECHECK_S: Final = 15.0
"""A session that was ended elsewhere is let in at most this much longer."""


class Session(msgspec.Struct, frozen=True):
    """Who signed in; `expires_at` in seconds UTC; `csrf` must come back with every write."""

    id: str
    subject: str
    roles: tuple[str, ...]
    zones: tuple[str, ...]
    csrf: str
    expires_at: float


_DECODER: Final = msgspec.json.Decoder(Session)


def b64(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Return the bytes of base64url without padding.

    Raises
    ------
    ValueError
    """
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("no base64url") from error


class Sessions:
    """Makes, reads and ends sessions.

    Parameters
    ----------
    key
        Secret of 32 bytes or more.
    lifetime
        A session ends after this long.
    secure
        Whether the cookie goes over HTTPS only.
    store
        Where sessions stand until they are ended.
    """

    def __init__(self, key: bytes, lifetime: timedelta, secure: bool, store: Store) -> None:
        self._key, self._lifetime, self._secure, self._store = key, lifetime, secure, store
        self._read: dict[str, Session] = {}
        self._checked: dict[str, float] = {}

    async def make(self, subject: str, roles: tuple[str, ...], zones: tuple[str, ...], now: datetime) -> Session:
        """Return a new session.

        Raises
        ------
        LedgerAway
        """
        until = (now + self._lifetime).timestamp()
        session = Session(secrets.token_hex(32), subject, roles, zones, secrets.token_urlsafe(24), until)
        await self._store.begin(session.id, Kept(Person(subject, roles, zones), session.csrf, until))
        return session

    def cookie(self, session: Session) -> str:
        """Return the `Set-Cookie` header of a session."""
        payload = msgspec.json.encode(session)
        value = f"{b64(payload)}.{b64(self._sign(payload))}"
        return self._header(value, int(self._lifetime.total_seconds()))

    async def farewell(self, session: Session | None, now: datetime) -> str:
        """End a session (if there is one) and return the header that takes the cookie away.

        Raises
        ------
        LedgerAway
        """
        if session is not None:
            await self._store.end(session.id, now.timestamp())
            self._checked.pop(session.id, None)
        return self._header("", 0)

    async def read(self, value: str, now: datetime, fresh: bool = False) -> Session | None:
        """Return the session of a cookie's value; None when it is forged, ended or too old.

        `fresh` asks the ledger again, however lately it was asked.
        """
        session = self._signed(value, now)
        if session is None:
            return None
        if not fresh and self._checked.get(session.id, -RECHECK_S) > monotonic() - RECHECK_S:
            return session
        try:
            if await self._store.find(session.id, now.timestamp()) is None:
                self._checked.pop(session.id, None)
                return None
        except LedgerAway:
            # The signature stands for it until the ledger is back.
            return session
        if len(self._checked) > 4096:
            self._checked.clear()
        self._checked[session.id] = monotonic()
        return session

    def _signed(self, value: str, now: datetime) -> Session | None:
        session = self._read.get(value)
        if session is None:
            session = self._verified(value)
            if session is None:
                return None
            if len(self._read) > 4096:
                self._read.clear()
            self._read[value] = session
        return session if session.expires_at > now.timestamp() else None

    def _verified(self, value: str) -> Session | None:
        payload, _, signature = value.partition(".")
        try:
            raw, given = unb64(payload), unb64(signature)
            if not hmac.compare_digest(self._sign(raw), given):
                return None
            return _DECODER.decode(raw)
        except (ValueError, msgspec.MsgspecError):
            return None

    def _sign(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, b"session " + payload, "sha256")

    def _header(self, value: str, max_age: int) -> str:
        secure = "; Secure" if self._secure else ""
        return f"{COOKIE}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}"
