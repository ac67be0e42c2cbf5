# SPDX-License-Identifier: Apache-2.0
"""The doors in the OpenAPI document: they bypass the framework, so they describe themselves from their structs."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI

from api.doors.asgi import MANY, ONE
from api.doors.intake import ReportIn
from api.doors.prepare import Answer
from api.doors.service import LineAnswer
from weirhouse.wire.problems import CODES

_REF = "#/components/schemas/{name}"
_CODES = ("malformed", "unauthenticated", "forbidden", "in-flight", "too-large", "unsupported-media-type",
          "invalid-value", "not-safe")  # fmt: skip


def _refusals() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for code in _CODES:
        status, title = CODES[code]
        content = {"application/problem+json": {"schema": {"type": "object"}}}
        found[str(status)] = {"description": title, "content": content}
    return found


def _operation(name: str, summary: str, media: str, status: str, answer: str, schema: dict[str, Any]) -> dict[str, Any]:
    given = {"required": True, "content": {media: {"schema": schema}}}
    good = {"description": summary, "content": {media: {"schema": {"$ref": _REF.format(name=answer)}}}}
    key = {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 128}}
    return {
        "tags": ["doors"],
        "operationId": name,
        "summary": summary,
        "parameters": [key],
        "requestBody": given,
        "responses": {status: good, **_refusals()},
    }


def describe(app: FastAPI) -> None:
    """Add the doors to what `app.openapi()` answers."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        if ONE in document["paths"]:
            return document
        _, schemas = msgspec.json.schema_components([ReportIn, Answer, LineAnswer], ref_template=_REF)
        document.setdefault("components", {}).setdefault("schemas", {}).update(schemas)
        report = {"$ref": _REF.format(name="ReportIn")}
        document["paths"][ONE] = {
            "post": _operation("report", "Safe: kept before this answer", "application/json", "202", "Answer", report)
        }
        document["paths"][MANY] = {
            "post": _operation("reports", "One answer a line", "application/x-ndjson", "200", "LineAnswer", report)
        }
        return document

    app.openapi = openapi  # type: ignore[method-assign]
