# SPDX-License-Identifier: Apache-2.0
"""Browser sessions: a signed cookie, so that a call taker gets through the doors while the ledger is away.

The cookie is ``payload.signature`` (base64url): JSON of `Session` and its HMAC-SHA256 with the house's session key.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec

COOKIE: Final = "weirhouse_session"


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
    """

    def __init__(self, key: bytes, lifetime: timedelta, secure: bool) -> None:
        self._key, self._lifetime, self._secure = key, lifetime, secure
        self._ended: dict[str, float] = {}
        self._read: dict[str, Session] = {}

    def make(self, subject: str, roles: tuple[str, ...], zones: tuple[str, ...], now: datetime) -> Session:
        """Return a new session."""
        until = (now + self._lifetime).timestamp()
        return Session(secrets.token_hex(16), subject, roles, zones, secrets.token_urlsafe(24), until)

    def cookie(self, session: Session) -> str:
        """Return the `Set-Cookie` header of a session."""
        payload = msgspec.json.encode(session)
        value = f"{b64(payload)}.{b64(self._sign(payload))}"
        return self._header(value, int(self._lifetime.total_seconds()))

    def farewell(self, session: Session | None) -> str:
        """End a session (if there is one) and return the header that takes the cookie away."""
        if session is not None:
            self._ended[session.id] = session.expires_at
        return self._header("", 0)

    def read(self, value: str, now: datetime) -> Session | None:
        """Return the session of a cookie's value; None when it is forged, ended or too old."""
        session = self._read.get(value)
        if session is None:
            session = self._verified(value)
            if session is None:
                return None
            if len(self._read) > 4096:
                self._read.clear()
            self._read[value] = session
        if session.expires_at <= now.timestamp() or session.id in self._ended:
            return None
        return session

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
