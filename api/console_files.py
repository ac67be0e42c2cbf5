# SPDX-License-Identifier: Apache-2.0
"""The console's built files: hashed assets cached for ever, the page itself never, any other address is the page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from api.problems import Problem

DIST: Final = Path(__file__).parent / "console" / "dist"
_OURS: Final = ("v1", "auth", "dev-issuer", "metrics", "healthz", "readyz", "openapi.json")
_NOT_BUILT: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Weirhouse</title>'
    "<h1>The console is not built yet · 控制台尚未构建</h1>"
    "<p>Run <code>make setup</code>, then load this page again. 请运行 <code>make setup</code> 后刷新本页。</p>"
    "<p>The API works: see <a href='/openapi.json'>/openapi.json</a>.</p></html>"
)


def router(dist: Path = DIST) -> APIRouter:
    """Return the routes that serve `dist`; they come last."""
    routes = APIRouter(include_in_schema=False)
    root = dist.resolve()

    @routes.get("/{path:path}")
    async def console(request: Request, path: str) -> Response:
        del request
        if path.split("/", 1)[0] in _OURS:
            raise Problem("not-found", "no such address")
        page = root / "index.html"
        if not page.is_file():
            return HTMLResponse(_NOT_BUILT, 503 if path else 200, {"cache-control": "no-store"})
        wanted = (root / path).resolve()
        if path and wanted.is_relative_to(root) and wanted.is_file():
            kept = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
            return FileResponse(wanted, headers={"cache-control": kept})
        if "." in path.rsplit("/", 1)[-1]:
            raise Problem("not-found", "no such file")
        return FileResponse(page, headers={"cache-control": "no-store"})

    return routes
