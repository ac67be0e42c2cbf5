# SPDX-License-Identifier: Apache-2.0
"""Security headers on every answer, and the desk's timings, in one plain ASGI layer."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from weirhouse.telemetry.catalogue import HTTP_SECONDS
from weirhouse.telemetry.metrics import Metrics

CSP: Final = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; "
    "img-src 'self' data: blob:; worker-src 'self' blob:"
)
"""No inline script or style anywhere. Maps draw into blobs: their worker and images need that, nothing else does."""

_HEADERS: Final = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(self)"),
)
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")


class HeadersMiddleware:
    """Adds the headers and observes how long an answer's first byte took."""

    def __init__(self, app: ASGIApp, metrics: Callable[[], Metrics], production: bool) -> None:
        self._app, self._metrics = app, metrics
        self._headers = [*_HEADERS, _HSTS] if production else list(_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = perf_counter()

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers]
                route = getattr(scope.get("route"), "path", "other")
                status = f"{message['status'] // 100}xx"
                self._metrics().observe(HTTP_SECONDS, perf_counter() - begun, route, status)
            await send(message)

        await self._app(scope, receive, with_headers)
