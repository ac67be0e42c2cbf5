# SPDX-License-Identifier: Apache-2.0
"""Signing in: one-use links, OpenID Connect (authorization code with PKCE), signing out; the development issuer."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import httpx
import msgspec
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.answers import HouseDep, json
from api.dev_issuer import DevIssuer
from api.house import House
from api.problems import Problem
from api.security import cookie_value
from api.sessions import COOKIE, Session, b64, unb64
from weirhouse.wire.views import instant

FLOW_COOKIE: Final = "weirhouse_flow"
FLOW_S: Final = 600
MAX_FORM: Final = 16_384

_SPENT: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>Weirhouse</title>'
    "<h1>This sign-in link is spent</h1>"
    "<p>It was used before, or it ran out. Ask for another one, with <code>weirhouse link</code> or from whoever gave "
    'you this one.</p><p><a href="/">If you are signed in already, go on to Weirhouse</a></p>'
    '<div lang="zh-CN"><h1>此登录链接已失效</h1><p>链接已使用过或已过期。请运行 <code>weirhouse link</code> 或向提供者'
    '重新索取。</p><p><a href="/">如已登录，请进入堰台</a></p></div></html>'
)

router = APIRouter(tags=["sign-in"])


class _Flow(msgspec.Struct, frozen=True):
    state: str
    verifier: str


async def _session(house: House, request: Request) -> Session | None:
    value = cookie_value(request.headers.get("cookie", ""), COOKIE)
    return await house.sessions.read(value, house.clock()) if value else None


async def _signed_in(house: House, subject: str, roles: tuple[str, ...], zones: tuple[str, ...]) -> Response:
    session = await house.sessions.make(subject, roles, zones, house.clock())
    # 200 with a refresh, not 303: a SameSite=Strict cookie set on a redirect that another site began is not sent along.
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/">'
        '<title>Weirhouse</title><p><a href="/">Continue · 继续</a></p></html>'
    )
    return HTMLResponse(page, headers={"set-cookie": house.sessions.cookie(session), "cache-control": "no-store"})


@router.get("/auth/session")
async def session(house: HouseDep, request: Request) -> Response:
    """Who is signed in in this browser, and the token that writes must carry."""
    found = await _session(house, request)
    if found is None:
        raise Problem("unauthenticated", "sign in first")
    body = {
        "subject": found.subject, "roles": found.roles, "zones": found.zones, "csrf": found.csrf,
        "expires_at": instant(found.expires_at), "mode": house.settings.mode, "env": house.settings.env,
    }  # fmt: skip
    return json(body)


@router.get("/auth/link/{token}")
async def link(house: HouseDep, request: Request, token: str) -> Response:
    """Sign in with a one-use link. A browser whose link is spent is shown a page, a program the problem document."""
    found = await house.links.take_link(token, house.clock().timestamp())
    if found is None:
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(_SPENT, 401, headers={"cache-control": "no-store"})
        raise Problem("unauthenticated", "this link was used before or ran out; ask for another")
    return await _signed_in(house, found.subject, found.roles, found.zones)


@router.post("/auth/logout")
async def logout(house: HouseDep, request: Request) -> Response:
    """Sign out."""
    found = await _session(house, request)
    given = request.headers.get("x-csrf-token", "")
    if found is not None and not hmac.compare_digest(given.encode(), found.csrf.encode()):
        raise Problem("csrf", "send the session's token as X-CSRF-Token")
    return Response(status_code=204, headers={"set-cookie": await house.sessions.farewell(found, house.clock())})


@router.get("/auth/oidc/start")
async def start(house: HouseDep) -> Response:
    """Go to the issuer."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    discovery = await _discovery(house)
    query = {
        "response_type": "code", "client_id": house.settings.oidc_client_id, "redirect_uri": _redirect(house),
        "scope": "openid profile", "state": state, "code_challenge_method": "S256",
        "code_challenge": b64(hashlib.sha256(verifier.encode()).digest()),
    }  # fmt: skip
    flow = b64(msgspec.json.encode(_Flow(state, verifier)))
    secure = "; Secure" if house.settings.production else ""
    # Lax: the issuer's redirect back is another site's navigation, and this cookie must come with it.
    cookie = f"{FLOW_COOKIE}={flow}; Path=/auth/oidc; Max-Age={FLOW_S}; HttpOnly; SameSite=Lax{secure}"
    address = f"{discovery['authorization_endpoint']}?{urlencode(query)}"
    return RedirectResponse(address, 303, headers={"set-cookie": cookie, "cache-control": "no-store"})


@router.get("/auth/oidc/callback")
async def callback(house: HouseDep, request: Request, code: str = "", state: str = "", error: str = "") -> Response:
    """Come back from the issuer."""
    try:
        raw = unb64(cookie_value(request.headers.get("cookie", ""), FLOW_COOKIE))
        flow = msgspec.json.decode(raw, type=_Flow)
    except (ValueError, msgspec.MsgspecError):
        raise Problem("unauthenticated", "begin again at /auth/oidc/start") from None
    if error or not code or not hmac.compare_digest(state.encode(), flow.state.encode()):
        raise Problem("unauthenticated", f"the issuer did not sign you in: {error or 'wrong state'}")
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": _redirect(house),
        "client_id": house.settings.oidc_client_id, "code_verifier": flow.verifier,
    }  # fmt: skip
    if secret := house.settings.oidc_client_secret.get_secret_value():
        form["client_secret"] = secret
    answer = await _exchange(house, form)
    claims = await house.tokens.verify(str(answer.get("access_token", "")), house.clock())
    return await _signed_in(house, claims.sub, claims.weirhouse_roles, claims.weirhouse_zones)


def _redirect(house: House) -> str:
    return f"{house.settings.console_url}/auth/oidc/callback"


async def _discovery(house: House) -> dict[str, Any]:
    if house.dev_issuer is not None:
        return house.dev_issuer.discovery()
    address = f"{house.settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        answer = await house.http.get(address)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise Problem("unauthenticated", "the issuer does not answer; try again") from error
    return found


async def _exchange(house: House, form: dict[str, str]) -> dict[str, Any]:
    if house.dev_issuer is not None:
        return house.dev_issuer.token(form)
    address = (await _discovery(house))["token_endpoint"]
    try:
        answer = await house.http.post(address, data=form)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise Problem("unauthenticated", "the issuer refused the code; sign in again") from error
    return found


def dev_router(issuer: DevIssuer) -> APIRouter:
    """Return the development issuer's routes."""
    routes = APIRouter(prefix="/dev-issuer", tags=["development issuer"])

    @routes.get("/.well-known/openid-configuration")
    async def discovery() -> Response:
        return json(issuer.discovery())

    @routes.get("/jwks")
    async def jwks() -> Response:
        return json(issuer.jwks())

    @routes.get("/authorize")
    async def authorize(request: Request) -> Response:
        page, address = issuer.authorize(dict(request.query_params))
        return RedirectResponse(address, 303) if address else HTMLResponse(page, headers={"cache-control": "no-store"})

    @routes.post("/token")
    async def token(request: Request) -> Response:
        raw = await request.body()
        if len(raw) > MAX_FORM:
            raise Problem("too-large", "the form is too large")
        return json(issuer.token(dict(parse_qsl(raw.decode("utf-8", "replace")))))

    return routes
