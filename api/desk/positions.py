# SPDX-License-Identifier: Apache-2.0
"""Where teams say they are. Level-triggered: the newest counts, so neither a key nor an ETag is wanted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.answers import HouseDep, PrincipalDep, body_of, json
from api.problems import Problem, field
from api.security import DISPATCHING, FIELD, Principal
from weirhouse.domain.errors import VersionConflict
from weirhouse.domain.incident import Team
from weirhouse.domain.position import placed
from weirhouse.wire.views import team_view

TRIES: Final = 5
"""An assignment may move the team between reading and writing; five in a row do not happen to one device."""

router = APIRouter(tags=["teams"])


class Position(msgspec.Struct, forbid_unknown_fields=True):
    """A place in WGS 84 degrees, how exact it is, and when it was so (default: now)."""

    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    accuracy_m: Annotated[float, msgspec.Meta(ge=0, le=100_000)] = 20.0
    at: datetime | None = None


def need_own(principal: Principal, team: Team) -> None:
    """Raise unless one may speak for the team: a dispatcher of its zone, or the team itself.

    A team's device signs in as the team: its subject is the team's id.
    """
    principal.need(FIELD)
    if team.id == principal.subject:
        return
    if not principal.may(DISPATCHING):
        raise Problem("forbidden", f"{team.id} is not your team")
    if team.zone:
        principal.need_zone(team.zone)


@router.post("/v1/teams/{team_id}/position")
async def position(house: HouseDep, principal: PrincipalDep, request: Request, team_id: str) -> Response:
    """Take a position. An older one than the team's last changes nothing and answers what stands."""
    principal.need(FIELD)
    body, _ = await body_of(request, Position)
    if body.at is not None and body.at.tzinfo is None:
        raise field("at", "must say its zone, as in 2026-05-01T08:00:00Z")
    head = house.standing.city.head
    bounds = head.bounds if head is not None else None
    trace = house.tracing.begin(request.headers.get("traceparent", ""))
    for attempt in range(TRIES):
        team = await house.desk.team(team_id)
        need_own(principal, team)
        now = house.clock().timestamp()
        at = body.at.timestamp() if body.at is not None else now
        write = placed(team, body.lat, body.lon, body.accuracy_m, at, now, bounds)
        if write is None:
            break
        try:
            team = (await house.desk.write(write, now, trace)).teams[0]
            break
        except VersionConflict:
            if attempt == TRIES - 1:
                raise
    return json({"team": team_view(team), "taken": write is not None})
