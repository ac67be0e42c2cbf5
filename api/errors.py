# SPDX-License-Identifier: Apache-2.0
"""The one place where errors of domain and ledger become problem documents."""

from __future__ import annotations

import logging
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.problems import FieldError, Problem
from weirhouse.domain.errors import (
    ClaimedByOther,
    DomainError,
    IllegalTransition,
    InvalidValue,
    NotFound,
    StaleFence,
    TeamsOnBoth,
    TeamTaken,
    VersionConflict,
)
from weirhouse.ledger.ports import KeyInFlight, KeyMismatch, LedgerAway, LedgerRefuses
from weirhouse.telemetry.catalogue import LEDGER_ERRORS
from weirhouse.telemetry.metrics import Metrics

_log: Final = logging.getLogger(__name__)


def problem_of(error: Exception) -> Problem:
    """Return the problem document of an error; one that nobody foresaw is `internal`."""
    match error:
        case Problem():
            return error
        case DomainError():
            return _of_domain(error)
        case LedgerAway():
            return Problem("ledger-away", "try again in a moment")
        case KeyMismatch():
            return Problem("key-reused", "this Idempotency-Key came before with another request")
        case KeyInFlight():
            return Problem("in-flight", "the first request with this Idempotency-Key is still being answered")
        case LedgerRefuses():
            return Problem("internal", "it has been noted")
        case _:
            return Problem("internal", "it has been noted")


def _of_domain(error: DomainError) -> Problem:
    text = str(error)
    match error:
        case TeamTaken():
            extra = {
                "team_id": error.team_id,
                "assignment_id": error.assignment_id,
                "incident_id": error.incident_id,
                "by": error.by,
            }
            return Problem("team-taken", text, extra=extra)
        case TeamsOnBoth():
            return Problem("teams-on-both", text, extra={"incident_ids": list(error.incident_ids)})
        case ClaimedByOther():
            return Problem("claimed-by-other", text, extra={"owner": error.owner, "until": error.until})
        case IllegalTransition():
            return Problem(
                "illegal-transition",
                text,
                extra={"state": error.state, "wish": error.wish, "possible": list(error.possible)},
            )
        case StaleFence():
            return Problem("stale-fence", text, extra={"given": error.given, "current": error.current})
        case VersionConflict():
            return Problem("version-conflict", text, extra={"expected": error.expected, "found": error.found})
        case NotFound():
            return Problem("not-found", text)
        case InvalidValue():
            return Problem("invalid-value", text, (FieldError(error.path, error.reason, "invalid-value"),))
        case _:
            return Problem("internal", "it has been noted")


def _of_http(error: HTTPException) -> Problem:
    match error.status_code:
        case 404:
            return Problem("not-found", "no such address")
        case 405:
            return Problem("method-not-allowed")
        case _:
            return Problem("malformed", str(error.detail))


def _of_validation(error: RequestValidationError) -> Problem:
    errors = tuple(
        FieldError(".".join(str(part) for part in row["loc"][1:]) or "$", str(row["msg"]), str(row["type"]))
        for row in error.errors()
    )
    return Problem("invalid-value", "; ".join(f"{e.path}: {e.reason}" for e in errors), errors)


def why(error: LedgerRefuses) -> str:
    """Return what may be logged of a refusal: the SQLSTATE, without the values that PostgreSQL quotes."""
    return str(error).partition(":")[0][:80]


def note(error: Exception, metrics: Metrics, place: str) -> None:
    """Count a failure of the ledger, and log what nobody foresaw; neither names a person.

    Parameters
    ----------
    place
        The route's template, as in `/v1/incidents/{incident_id}`.
    """
    match error:
        case LedgerAway():
            metrics.add(LEDGER_ERRORS, 1, "away")
        case LedgerRefuses():
            metrics.add(LEDGER_ERRORS, 1, "refuses")
            _log.error("the ledger refuses what the desk let pass", extra={"why": why(error), "route": place})
        case Problem():
            return
        case _ if problem_of(error).code == "internal":
            _log.error("a refusal without a code of its own", extra={"why": type(error).__name__, "route": place})
        case _:
            return


def install(app: FastAPI) -> None:
    """Teach `app` to answer every error with a problem document."""

    async def known(request: Request, error: Exception) -> Response:
        place = getattr(request.scope.get("route"), "path", "other")
        note(error, request.app.state.house.metrics, place)
        return problem_of(error).response()

    async def http(request: Request, error: Exception) -> Response:
        del request
        assert isinstance(error, HTTPException)
        return _of_http(error).response()

    async def validation(request: Request, error: Exception) -> Response:
        del request
        assert isinstance(error, RequestValidationError)
        return _of_validation(error).response()

    for kind in (Problem, DomainError, LedgerAway, LedgerRefuses, KeyMismatch, KeyInFlight):
        app.add_exception_handler(kind, known)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, validation)
    # The framework logs the traceback itself, then asks for this answer.
    app.add_exception_handler(Exception, known)
