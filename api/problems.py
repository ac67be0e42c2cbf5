# SPDX-License-Identifier: Apache-2.0
"""Refusals as values: a problem document (RFC 9457) with a code of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from starlette.responses import Response

from weirhouse.wire.problems import CODES

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 2
"""A store that went away is usually back, or another process has taken over, within two seconds."""


class FieldError(msgspec.Struct, frozen=True, gc=False):
    """What is wrong with one field: `path` as in `location.point.lat`."""

    path: str
    reason: str
    code: str


class Problem(Exception):
    """A refusal; raised anywhere in the API, answered in one place.

    Parameters
    ----------
    code
        A code of `weirhouse.wire.problems`.
    detail
        A sentence for people.
    errors
        Fields that are wrong.
    extra
        Further members of the document (`team_id`, `possible` …).
    """

    def __init__(
        self, code: str, detail: str = "", errors: Sequence[FieldError] = (), extra: dict[str, Any] | None = None
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.errors, self.extra = code, detail, tuple(errors), extra or {}

    @property
    def status(self) -> int:
        """HTTP status of the code."""
        return CODES[self.code][0]

    def document(self) -> dict[str, Any]:
        """Return the document's members."""
        status, title = CODES[self.code]
        body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "code": self.code}
        if self.detail:
            body["detail"] = self.detail
        if self.errors:
            body["errors"] = self.errors
        return {**body, **self.extra}

    def headers(self) -> dict[str, str]:
        """Return the headers beside it (`Retry-After`, `WWW-Authenticate`)."""
        if self.status in (429, 503):
            return {"retry-after": str(RETRY_AFTER_S)}
        return {"www-authenticate": "Bearer"} if self.status == 401 else {}

    def response(self) -> Response:
        """Return it as an answer."""
        return Response(msgspec.json.encode(self.document()), self.status, self.headers(), MEDIA_TYPE)


def field(path: str, reason: str, code: str = "invalid-value") -> Problem:
    """Return the refusal of one field."""
    return Problem("invalid-value", f"{path}: {reason}", (FieldError(path, reason, code),))
