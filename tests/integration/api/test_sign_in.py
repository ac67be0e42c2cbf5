# SPDX-License-Identifier: Apache-2.0
"""Signing in: links that work once, the code flow with PKCE, cookies, CSRF, headers; and what production refuses."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from api.app import create_app
from api.dev_issuer import DevIssuer, DevIssuerInProduction
from api.headers import CSP
from tests.integration.api.rooms import SECRET, Room, settings_of
from weirhouse.clock import fixed_clock, system_clock
from weirhouse.ledger.sessions import Person


async def link(room: Room, *roles: str) -> str:
    """Return the path of a fresh link."""
    until = system_clock().timestamp() + 60
    token = "token-" + "-".join(roles)
    await room.house.links.add_link(token, Person("li", roles, ("*",)), until)
    return f"/auth/link/{token}"


async def test_a_link_signs_in_once_and_writes_need_the_csrf_token(room: Room) -> None:
    path = await link(room, "call_taker")
    first = await room.http.get(path)
    assert first.status_code == 200
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    again = await room.http.get(path, headers={"cookie": ""})
    assert (again.status_code, again.json()["code"]) == (401, "unauthenticated")
    session = (await room.http.get("/auth/session")).json()
    assert (session["subject"], session["roles"], session["env"]) == ("li", ["call_taker"], "development")
    body = {"id": "c1", "description": "noise"}
    bare = await room.http.post("/v1/reports", json=body)
    assert (bare.status_code, bare.json()["code"]) == (403, "csrf")
    wrong = await room.http.post("/v1/reports", json=body, headers={"X-CSRF-Token": "nonsense"})
    assert wrong.json()["code"] == "csrf"
    good = await room.http.post("/v1/reports", json=body, headers={"X-CSRF-Token": session["csrf"]})
    assert good.status_code == 202
    out = await room.http.post("/auth/logout", headers={"X-CSRF-Token": session["csrf"]})
    assert out.status_code == 204
    stolen = cookie.partition(";")[0]
    after = await room.http.get("/auth/session", headers={"cookie": stolen})
    assert after.status_code == 401


async def test_a_forged_or_foreign_token_is_refused(room: Room) -> None:
    payload = base64.urlsafe_b64encode(json.dumps({"sub": "eve"}).encode()).rstrip(b"=").decode()
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    other = DevIssuer(room.house.settings, b"another house's secret, 32 bytes", system_clock).mint(
        "eve", ("supervisor",)
    )
    assert room.house.dev_issuer is not None
    old = DevIssuer(room.house.settings, SECRET.encode(), fixed_clock(system_clock() - timedelta(days=2)))
    wrong = room.house.dev_issuer.mint("eve", ("supervisor",), audience="someone-else")
    for token in (f"{none}.{payload}.", other, "nonsense", wrong, old.mint("eve", ("supervisor",))):
        answer = await room.http.get("/v1/incidents", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), token
    forged = await room.http.get("/v1/incidents", headers={"cookie": f"weirhouse_session={payload}.{payload}"})
    assert forged.status_code == 401


async def test_the_code_flow_with_pkce(room: Room) -> None:
    start = await room.http.get("/auth/oidc/start")
    assert start.status_code == 303
    address = urlsplit(start.headers["location"])
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    chooser = await room.http.get(f"{address.path}?{address.query}")
    assert "dispatcher" in chooser.text
    back = await room.http.get(f"{address.path}?{urlencode({**query, 'role': 'dispatcher'})}")
    callback = urlsplit(back.headers["location"])
    tampered = await room.http.get(f"{callback.path}?{callback.query}x")
    assert tampered.status_code == 401
    done = await room.http.get(f"{callback.path}?{callback.query}")
    assert done.status_code == 200, done.text
    session = (await room.http.get("/auth/session")).json()
    assert (session["subject"], session["roles"], session["zones"]) == ("dev-dispatcher", ["dispatcher"], ["*"])
    used = await room.http.get(f"{callback.path}?{callback.query}")
    assert used.status_code in (401, 422)


async def test_a_code_is_worth_nothing_without_its_verifier(room: Room) -> None:
    issuer = room.house.dev_issuer
    assert issuer is not None
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"right").digest()).rstrip(b"=").decode()
    redirect = f"{room.house.settings.console_url}/auth/oidc/callback"
    _, address = issuer.authorize({
        "response_type": "code", "client_id": "weirhouse-console", "code_challenge_method": "S256",
        "code_challenge": challenge, "redirect_uri": redirect, "role": "operator", "state": "s",
    })  # fmt: skip
    code = parse_qs(urlsplit(address).query)["code"][0]
    form = {"code": code, "code_verifier": "wrong", "redirect_uri": redirect, "client_id": "weirhouse-console"}
    answer = await room.http.post("/dev-issuer/token", data=form)
    assert answer.status_code == 422


def test_the_development_issuer_refuses_production(room_dsn: str) -> None:
    # The settings already want an issuer in production; the issuer itself refuses too, whoever builds it.
    settings = settings_of(room_dsn).model_copy(update={"env": "production"})
    with pytest.raises(DevIssuerInProduction):
        DevIssuer(settings, SECRET.encode(), system_clock)
    with pytest.raises(DevIssuerInProduction):
        create_app(settings)


async def test_every_answer_carries_the_security_headers(room: Room) -> None:
    for path in ("/", "/healthz", "/v1/incidents", "/v1/nothing"):
        answer = await room.http.get(path)
        assert answer.headers["content-security-policy"] == CSP
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in CSP
    refused = await room.http.post("/v1/reports", content=b"{}")
    assert refused.headers["content-security-policy"] == CSP


async def test_unknown_addresses_and_methods_are_problems_too(room: Room) -> None:
    missing = await room.http.get("/v1/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    wrong = await room.http.delete("/v1/incidents")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")


async def test_the_doors_stand_in_the_openapi_document(room: Room) -> None:
    document = (await room.http.get("/openapi.json")).json()
    assert "/v1/reports" in document["paths"]
    assert "/v1/reports:batch" in document["paths"]
    assert "ReportIn" in document["components"]["schemas"]
    assert isinstance(await room.http.get("/readyz"), httpx.Response)


async def test_a_spent_link_shows_a_browser_a_page_in_both_languages(room: Room) -> None:
    path = await link(room, "operator")
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert (await room.http.get(path, headers=browser)).status_code == 200
    for spent in (path, "/auth/link/never-was"):
        answer = await room.http.get(spent, headers={**browser, "cookie": ""})
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["content-security-policy"] == CSP
        assert "set-cookie" not in answer.headers
        for words in ("spent", "已失效", '<a href="/">', 'lang="zh-CN"'):
            assert words in answer.text
        for unsafe in ("<style", "style=", "<script", "onclick"):
            assert unsafe not in answer.text
    assert (await room.http.get(path)).json()["code"] == "unauthenticated"
