# SPDX-License-Identifier: Apache-2.0
"""docs/api.md against the application: every route it names is served, every route served is named."""

from __future__ import annotations

import re
from pathlib import Path

from api.app import create_app
from api.doors.intake import LocationIn, ReporterIn, ReportIn
from weirhouse.settings import Settings
from weirhouse.wire.problems import CODES

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")


def served() -> set[str]:
    """Return `METHOD path` of every route, path parameters as `{id}`."""
    app = create_app(Settings.model_validate({"postgres_url": "postgresql://none"}))
    found = set()
    for path, methods in app.openapi()["paths"].items():
        plain = re.sub(r"\{\w+\}", "{id}", path)
        found |= {f"{method.upper()} {plain}" for method in methods}
    return found


def named() -> set[str]:
    """Return what the document names; `:claim|release` stands for two."""
    found = set()
    for method, path in re.findall(r"`(GET|POST) (/[^`?\s]*)", TEXT):
        plain = re.sub(r"\{\w+\}", "{id}", path)
        head, colon, acts = plain.partition(":")
        if colon and "|" in acts:
            found |= {f"{method} {head}:{act}" for act in acts.split("|")}
        else:
            found.add(f"{method} {plain}")
    return found


def test_every_route_named_is_served() -> None:
    assert named() - served() == set()


def test_every_route_served_is_named() -> None:
    unnamed = served() - named()
    apart = {route for route in unnamed if "/dev-issuer/" in route or route.split()[1] in ("/healthz", "/readyz")}
    assert unnamed - apart == set()
    for route in apart:
        assert route.split()[1] in TEXT


def test_every_field_of_a_report_is_described() -> None:
    for name in (*ReportIn.__struct_fields__, *LocationIn.__struct_fields__, *ReporterIn.__struct_fields__):
        assert f"`{name}" in TEXT or f" {name}" in TEXT, name


def test_every_code_has_a_status_and_a_title() -> None:
    for code, (status, title) in CODES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
        assert 400 <= status < 600
        assert title
