# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document: the framework's routes and queries, our structs for every body and answer.

`python -m api.openapi docs/openapi.json` writes it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
from fastapi import FastAPI

from api import shapes
from api.desk import acts, joining, positions
from api.doors.describe import describe_doors
from weirhouse.wire.views import TeamView

REF: Final = "#/components/schemas/{name}"
_INCIDENT, _ASSIGNMENT = "/v1/incidents/{incident_id}", "/v1/assignments/{assignment_id}"

ANSWERS: Final[dict[tuple[str, str], type[msgspec.Struct]]] = {
    ("get", "/v1/incidents"): shapes.IncidentPage,
    ("get", "/v1/incidents/near"): shapes.NearPage,
    ("get", _INCIDENT): shapes.IncidentDetail,
    ("get", f"{_INCIDENT}/reports"): shapes.ReportsPage,
    ("get", f"{_INCIDENT}/history"): shapes.HistoryPage,
    ("get", f"{_INCIDENT}/candidates"): shapes.CandidatesAnswer,
    ("get", "/v1/reports/{report_id}"): shapes.ReportWhere,
    ("get", "/v1/teams"): shapes.TeamPage,
    ("get", "/v1/teams/{team_id}"): TeamView,
    ("post", "/v1/teams/{team_id}/position"): shapes.PositionAnswer,
    ("post", "/v1/teams/{team_id}:distress"): shapes.PositionAnswer,
    ("get", "/v1/places"): shapes.PlacePage,
    ("get", "/v1/types"): shapes.TypePage,
    ("get", "/v1/zones"): shapes.ZonePage,
    ("get", "/v1/city"): shapes.CityAnswer,
    ("get", "/auth/session"): shapes.SessionAnswer,
}
"""(method, path) → what a 200 holds; acts answer `Acted`."""

ACTS: Final[dict[str, type[msgspec.Struct]]] = {
    **{f"{_INCIDENT}:{name}": acts.Plain for name in ("claim", "release", "reopen")},
    f"{_INCIDENT}:assign": acts.Assign,
    f"{_INCIDENT}:close": acts.Ended,
    f"{_INCIDENT}:merge": joining.Merge,
    f"{_INCIDENT}:split": joining.Split,
    f"{_INCIDENT}:link": joining.Link,
    f"{_INCIDENT}:undo": joining.Undo,
    f"{_INCIDENT}:retype": joining.Retype,
    f"{_INCIDENT}:prioritise": joining.Prioritise,
    **{f"{_ASSIGNMENT}:{name}": acts.Plain for name in ("accept", "decline", "en-route", "arrive", "stand-down")},
    f"{_ASSIGNMENT}:clear": acts.Ended,
}
"""path → what an act's body holds."""

FEED: Final = (shapes.FeedSnapshot, shapes.FeedDelta, shapes.FeedUndecided, shapes.FeedHeartbeat, shapes.FeedReset)


def _ref(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": REF.format(name=kind.__name__)}


def _body(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": _ref(kind)}}}


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": description, "schema": {"type": "string"}}


_ACT_HEADERS: Final = [
    _header("Idempotency-Key", "a fresh one for each decision"),
    _header("If-Match", "the etag one decided on"),
]


def _answered(operation: dict[str, Any], kind: type[msgspec.Struct]) -> None:
    operation["responses"]["200"]["content"] = {"application/json": {"schema": _ref(kind)}}


def describe(app: FastAPI) -> None:
    """Teach `app.openapi()` what the framework cannot see: doors, bodies, answers, refusals."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if "ProblemDocument" in schemas:
            return document
        kinds = {*ANSWERS.values(), *ACTS.values(), *FEED, shapes.Acted, shapes.ProblemDocument, positions.Position}
        _, ours = msgspec.json.schema_components(sorted(kinds, key=lambda kind: kind.__name__), ref_template=REF)
        schemas.update(ours)
        problem = {"application/problem+json": {"schema": _ref(shapes.ProblemDocument)}}
        paths = document["paths"]
        for (method, path), kind in ANSWERS.items():
            _answered(paths[path][method], kind)
        for path, kind in ACTS.items():
            operation = paths[path]["post"]
            _answered(operation, shapes.Acted)
            operation["requestBody"] = _body(kind)
            operation["parameters"] = [*operation.get("parameters", ()), *_ACT_HEADERS]
        paths["/v1/teams/{team_id}/position"]["post"]["requestBody"] = _body(positions.Position)
        _answered(paths["/v1/teams/{team_id}:distress-over"]["post"], shapes.PositionAnswer)
        for act in ("distress", "distress-over"):
            paths[f"/v1/teams/{{team_id}}:{act}"]["post"]["requestBody"] = _body(acts.Plain)
        events = {"oneOf": [_ref(kind) for kind in FEED]}
        paths["/v1/feed"]["get"]["responses"]["200"]["content"] = {"text/event-stream": {"schema": events}}
        for path, operations in paths.items():
            for operation in operations.values():
                operation["responses"].pop("422", None)
                if path.startswith(("/v1/", "/auth/")):
                    operation["responses"]["default"] = {"description": "A refusal", "content": problem}
        # Ours replaces what the framework would say of a value that breaks a rule.
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        describe_doors(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def rendered() -> str:
    """Return the document as it stands in `docs/openapi.json`."""
    # Late, because the application itself describes itself by this module.
    from api.app import create_app
    from weirhouse.settings import Settings

    app = create_app(Settings.model_validate({"postgres_url": "postgresql://nowhere", "kafka_url": "nowhere:1"}))
    return json.dumps(app.openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write the document to the path given, or to standard output; return the exit code."""
    match arguments:
        case [path]:
            Path(path).write_text(rendered(), encoding="utf-8")
        case _:
            sys.stdout.write(rendered())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
