# SPDX-License-Identifier: Apache-2.0
"""Access tokens of any OpenID Connect issuer: algorithms pinned, issuer, audience and expiry checked, keys cached."""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import Any, Final, Protocol

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.problems import Problem

ALGORITHMS: Final = ["RS256", "PS256", "ES256", "Ed25519"]
"""Asymmetric only: a token signed with a public key as if it were a secret is refused."""
LEEWAY_S: Final = 30
KEYS_S: Final = 600.0
"""A key set is asked for again after this, or at once when a token names a key it lacks (at most each 10 s)."""
RETRY_S: Final = 10.0
CACHED: Final = 4096


class Claims(msgspec.Struct, frozen=True):
    """What a token says."""

    sub: str
    exp: float
    weirhouse_roles: tuple[str, ...] = ()
    weirhouse_zones: tuple[str, ...] = ()


class KeySource(Protocol):
    """Where the issuer's keys come from."""

    async def keys(self, fresh: bool) -> KeySet:
        """Return the key set; `fresh` asks the issuer again.

        Raises
        ------
        Problem
            `ledger-away`-like trouble is `unauthenticated`: nobody can be let in on keys nobody has.
        """
        ...


class RemoteKeys:
    """The JWKS of an issuer, by its discovery document unless the address is given."""

    def __init__(self, client: httpx.AsyncClient, issuer: str, jwks_url: str = "") -> None:
        self._client, self._issuer, self._url = client, issuer.rstrip("/"), jwks_url
        self._keys: KeySet | None = None
        self._at = -KEYS_S

    async def keys(self, fresh: bool) -> KeySet:
        """Return the key set, from memory while it is young."""
        age = monotonic() - self._at
        if self._keys is not None and age < (RETRY_S if fresh else KEYS_S):
            return self._keys
        try:
            self._keys = KeySet.import_key_set(await self._get(await self._address()))
        except (httpx.HTTPError, ValueError, KeyError, JoseError) as error:
            if self._keys is None:
                raise Problem("unauthenticated", "the issuer's keys cannot be read now") from error
        self._at = monotonic()
        assert self._keys is not None
        return self._keys

    async def _address(self) -> str:
        if not self._url:
            self._url = str((await self._get(f"{self._issuer}/.well-known/openid-configuration"))["jwks_uri"])
        return self._url

    async def _get(self, url: str) -> Any:
        answer = await self._client.get(url)
        answer.raise_for_status()
        return answer.json()


class Tokens:
    """Verifies access tokens; a token verified once is known until it expires."""

    def __init__(self, source: KeySource, issuer: str, audience: str) -> None:
        self._source, self._issuer, self._audience = source, issuer, audience
        self._known: dict[str, Claims] = {}

    async def verify(self, token: str, now: datetime) -> Claims:
        """Return the claims of `token`.

        Raises
        ------
        Problem
            `unauthenticated`, with the reason.
        """
        claims = self._known.get(token)
        if claims is None:
            claims = await self._check(token, now)
            if len(self._known) >= CACHED:
                self._known.clear()
            self._known[token] = claims
        if claims.exp + LEEWAY_S <= now.timestamp():
            self._known.pop(token, None)
            raise Problem("unauthenticated", "the token has expired")
        return claims

    async def _check(self, token: str, now: datetime) -> Claims:
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        problem: Exception | None = None
        for fresh in (False, True):
            try:
                decoded = jwt.decode(token, await self._source.keys(fresh), algorithms=ALGORITHMS)
                registry.validate(decoded.claims)
                return msgspec.convert(decoded.claims, Claims)
            except (JoseError, ValueError, msgspec.ValidationError) as error:
                problem = error
        raise Problem("unauthenticated", f"the token is not accepted: {problem}")
