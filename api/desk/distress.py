# SPDX-License-Identifier: Apache-2.0
"""A team's cry for help, and its end. Like a position it wants neither key nor ETag: nothing stands before a cry."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.answers import HouseDep, PrincipalDep, body_of, json
from api.desk.acts import Plain
from api.desk.positions import need_own
from api.house import House
from api.security import DISPATCHING, FIELD
from weirhouse.domain import distress as rules
from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.errors import TeamTaken, VersionConflict
from weirhouse.domain.incident import Team
from weirhouse.wire.views import team_view

TRIES: Final = 12
"""Positions and assignments may move the team between reading and writing; a dozen in a row do not happen."""

router = APIRouter(tags=["teams"])


@router.post("/v1/teams/{team_id}:distress")
async def distress(house: HouseDep, principal: PrincipalDep, request: Request, team_id: str) -> Response:
    """The team is in danger: from any state, to everybody at once. A second cry changes nothing."""
    principal.need(FIELD)
    body, _ = await body_of(request, Plain)

    async def decide(team: Team, now: float) -> DeskWrite | None:
        need_own(principal, team)
        return rules.distress(team, principal.subject, now, body.reason)

    return await _settle(house, request, team_id, decide)


@router.post("/v1/teams/{team_id}:distress-over")
async def distress_over(house: HouseDep, principal: PrincipalDep, request: Request, team_id: str) -> Response:
    """The danger is over, says the desk with a reason: a device alone may be in the wrong hands."""
    principal.need(DISPATCHING)
    body, _ = await body_of(request, Plain)

    async def decide(team: Team, now: float) -> DeskWrite | None:
        need_own(principal, team)
        holder = await house.people.holder_of(team.id)
        held = await house.desk.assignment(holder[0]) if holder is not None else None
        try:
            return rules.distress_over(team, principal.subject, now, body.reason, held)
        except TeamTaken as error:
            # Who sent it is enough: the incident may be another zone's.
            raise TeamTaken(error.team_id, "", "", error.by) from None

    return await _settle(house, request, team_id, decide)


async def _settle(
    house: House, request: Request, team_id: str, decide: Callable[[Team, float], Awaitable[DeskWrite | None]]
) -> Response:
    trace = house.tracing.begin(request.headers.get("traceparent", ""))
    for attempt in range(TRIES):
        team = await house.desk.team(team_id)
        now = house.clock().timestamp()
        write = await decide(team, now)
        if write is None:
            break
        try:
            team = (await house.desk.write(write, now, trace)).teams[0]
            break
        except VersionConflict:
            if attempt == TRIES - 1:
                raise
            await asyncio.sleep(random.uniform(0, 0.002 * (attempt + 1)))  # noqa: S311 - spreads retries
    return json({"team": team_view(team), "taken": write is not None})
