# SPDX-License-Identifier: Apache-2.0
"""The development issuer: an OpenID Connect provider of a few lines, for machines without one.

It signs in whoever asks, in whatever role: therefore it refuses to exist when `WEIRHOUSE_ENV=production`. Its key is
made at run time from the house's session key, so that all processes of one house agree and no file keeps it.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import secrets
from collections import OrderedDict
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from api.problems import Problem
from api.sessions import b64
from weirhouse.clock import Clock
from weirhouse.settings import Settings
from weirhouse.wire.sealed import derive

ROLES: Final = ("call_taker", "operator", "dispatcher", "supervisor", "front_line", "administrator")
CODE_S: Final = 60.0
TOKEN_S: Final = 12 * 3600
MAX_CODES: Final = 1000


class DevIssuerInProduction(Exception):
    """Production needs an OpenID Connect issuer of its own: set WEIRHOUSE_OIDC_ISSUER."""


class _Code(msgspec.Struct, frozen=True):
    role: str
    challenge: str
    client: str
    redirect: str
    until: float


class DevIssuer:
    """Signs tokens for any role; also the key source that verifies them.

    Raises
    ------
    DevIssuerInProduction
    """

    def __init__(self, settings: Settings, secret: bytes, clock: Clock) -> None:
        if settings.production:
            raise DevIssuerInProduction("the development issuer does not run in production: set WEIRHOUSE_OIDC_ISSUER")
        self.name = f"{settings.console_url}/dev-issuer"
        self._audience, self._client = settings.oidc_audience, settings.oidc_client_id
        self._console = settings.console_url
        self._clock = clock
        self._codes: OrderedDict[str, _Code] = OrderedDict()
        private = Ed25519PrivateKey.from_private_bytes(derive(secret, "development issuer"))
        raw = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        kid = hashlib.sha256(public).hexdigest()[:16]
        jwk = {"kty": "OKP", "crv": "Ed25519", "kid": kid, "use": "sig", "alg": "Ed25519"}
        self._private = OKPKey.import_key({**jwk, "x": b64(public), "d": b64(raw)})
        self._set = KeySet([OKPKey.import_key({**jwk, "x": b64(public)})])
        self._kid = kid

    async def keys(self, fresh: bool) -> KeySet:
        """Return the public keys (they never change while a house lives)."""
        del fresh
        return self._set

    def jwks(self) -> dict[str, Any]:
        """Return the public keys as a JWKS document."""
        return {"keys": [key.as_dict(private=False) for key in self._set.keys]}

    def discovery(self) -> dict[str, Any]:
        """Return the discovery document."""
        return {
            "issuer": self.name,
            "authorization_endpoint": f"{self.name}/authorize",
            "token_endpoint": f"{self.name}/token",
            "jwks_uri": f"{self.name}/jwks",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["Ed25519"],
            "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": ["none"],
        }

    def mint(self, subject: str, roles: tuple[str, ...], zones: tuple[str, ...] = ("*",), audience: str = "") -> str:
        """Return a signed token."""
        now = int(self._clock().timestamp())
        claims = {
            "iss": self.name, "aud": audience or self._audience, "sub": subject, "iat": now, "exp": now + TOKEN_S,
            "weirhouse_roles": list(roles), "weirhouse_zones": list(zones),
        }  # fmt: skip
        header = {"alg": "Ed25519", "kid": self._kid}
        return jwt.encode(header, claims, self._private, algorithms=["Ed25519"])

    def authorize(self, query: dict[str, str]) -> tuple[str, str]:
        """Answer an authorization request: (page, "") to choose a role, or ("", address to go to).

        Raises
        ------
        Problem
            `invalid-value`, naming the parameter.
        """
        redirect = query.get("redirect_uri", "")
        for name, right in (
            ("response_type", query.get("response_type") == "code"),
            ("client_id", query.get("client_id") == self._client),
            ("code_challenge_method", query.get("code_challenge_method") == "S256"),
            ("code_challenge", len(query.get("code_challenge", "")) == 43),
            ("redirect_uri", redirect.startswith(f"{self._console}/")),
        ):
            if not right:
                raise Problem("invalid-value", f"{name}: missing, or not what this issuer knows")
        role = query.get("role", "")
        if role not in ROLES:
            return _page(query), ""
        code = secrets.token_urlsafe(24)
        until = self._clock().timestamp() + CODE_S
        self._codes[code] = _Code(role, query["code_challenge"], query["client_id"], redirect, until)
        if len(self._codes) > MAX_CODES:
            self._codes.popitem(last=False)
        return "", f"{redirect}?{urlencode({'code': code, 'state': query.get('state', '')})}"

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        """Exchange a code for tokens; PKCE is checked, a code works once.

        Raises
        ------
        Problem
            `invalid-value`.
        """
        code = self._codes.pop(form.get("code", ""), None)
        challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            code is None
            or code.until < self._clock().timestamp()
            or form.get("redirect_uri") != code.redirect
            or form.get("client_id") != code.client
            or not hmac.compare_digest(challenge, code.challenge)
        ):
            raise Problem("invalid-value", "code: unknown, used, too old, or with another verifier")
        return {
            "access_token": self.mint(f"dev-{code.role}", (code.role,)),
            "id_token": self.mint(f"dev-{code.role}", (code.role,), audience=code.client),
            "token_type": "Bearer",
            "expires_in": TOKEN_S,
        }


def _page(query: dict[str, str]) -> str:
    rows = "".join(
        f'<li><a href="?{html.escape(urlencode({**query, "role": role}))}">{role}</a></li>' for role in ROLES
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Weirhouse development issuer</title>'
        "<h1>Sign in as · 登录身份</h1><p>Development only. 仅供开发使用。</p>"
        f"<ul>{rows}</ul></html>"
    )
