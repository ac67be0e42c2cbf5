# SPDX-License-Identifier: Apache-2.0
"""Is `docs/openapi.json` what the application says of itself, and does it say everything?"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from api.feed.channel import tail_of
from api.openapi import rendered
from api.shapes import FeedDelta, FeedTeam
from weirhouse.domain.incident import Team
from weirhouse.ledger.ports import Change
from weirhouse.wire.views import view_json

FILE = Path(__file__).parents[3] / "docs" / "openapi.json"
PLAIN = ("/healthz", "/readyz", "/auth/", "/dev-issuer/")


def document() -> dict[str, Any]:
    """Return the application's document."""
    found: dict[str, Any] = json.loads(rendered())
    return found


def test_the_file_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == rendered(), "run `python -m api.openapi docs/openapi.json`"


def test_every_reference_leads_somewhere() -> None:
    found = document()
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(found)))
    assert names - set(found["components"]["schemas"]) == set()


def test_every_route_says_what_it_takes_answers_and_refuses() -> None:
    silent = []
    for path, operations in document()["paths"].items():
        if path.startswith(PLAIN):
            continue
        for method, operation in operations.items():
            good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
            schemas = [body["schema"] for body in good["content"].values()]
            refused = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
            taken = method == "get" or "requestBody" in operation
            if not (all("$ref" in schema or "oneOf" in schema for schema in schemas) and refused and taken):
                silent.append(f"{method} {path}")
    assert silent == []


def test_a_delta_of_the_feed_is_as_described() -> None:
    team = Team(id="t1", name_en="Team 1", name_zh="1 队", kind="engine", skills=("fire",), zone="west")
    change = Change(
        seq=7, kind="team", entity="t1", version=1, zone="west", lane="ordinary", at=0.0, trace="", body=view_json(team)
    )  # fmt: skip
    told = msgspec.json.decode(b'{"epoch":"e","prev":6,"seq":7,' + tail_of([change], 0.0), type=FeedDelta)
    (item,) = told.items
    assert isinstance(item, FeedTeam)
    assert (item.entity, item.body.name_zh) == ("t1", "1 队")
