# SPDX-License-Identifier: Apache-2.0
"""The doors in the OpenAPI document: they bypass the framework, so they describe themselves from their structs."""

from __future__ import annotations

from typing import Any

import msgspec

from api.doors.asgi import MANY, ONE
from api.doors.intake import ReportIn
from api.doors.prepare import Answer
from api.doors.service import LineAnswer

_REF = "#/components/schemas/{name}"
_PROBLEM = _REF.format(name="ProblemDocument")


def _operation(name: str, summary: str, media: str, status: str, answer: str, schema: dict[str, Any]) -> dict[str, Any]:
    given = {"required": True, "content": {media: {"schema": schema}}}
    good = {"description": summary, "content": {media: {"schema": {"$ref": _REF.format(name=answer)}}}}
    refused = {"description": "A refusal", "content": {"application/problem+json": {"schema": {"$ref": _PROBLEM}}}}
    key = {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 128}}
    return {
        "tags": ["doors"],
        "operationId": name,
        "summary": summary,
        "parameters": [key],
        "requestBody": given,
        "responses": {status: good, "default": refused},
    }


def describe_doors(document: dict[str, Any]) -> None:
    """Add the doors to an OpenAPI document that knows `ProblemDocument`."""
    _, schemas = msgspec.json.schema_components([ReportIn, Answer, LineAnswer], ref_template=_REF)
    document["components"]["schemas"].update(schemas)
    report = {"$ref": _REF.format(name="ReportIn")}
    document["paths"][ONE] = {
        "post": _operation("report", "Safe: kept before this answer", "application/json", "202", "Answer", report)
    }
    document["paths"][MANY] = {
        "post": _operation("reports", "One answer a line", "application/x-ndjson", "200", "LineAnswer", report)
    }
