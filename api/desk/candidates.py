# SPDX-License-Identifier: Apache-2.0
"""Which teams could go to an incident, who should, why, and who came second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Query
from starlette.responses import Response

from api.answers import HouseDep, PrincipalDep, json
from api.house import House
from api.security import DESK, Principal
from weirhouse.domain import policy as policies
from weirhouse.domain.coverage import posts_of
from weirhouse.domain.deskrows import must_be_open
from weirhouse.domain.incident import Incident
from weirhouse.domain.lifecycle import ACTIVE_ASSIGNMENT, AssignmentState
from weirhouse.domain.matching import warm
from weirhouse.domain.plans import Need, open_needs, plan_for
from weirhouse.domain.recommend import Candidate, Choice, Recommendation, recommend
from weirhouse.domain.travel import StraightLine, Travel
from weirhouse.domain.weighing import Scene, Wanted
from weirhouse.ledger.ports import QueueFilter
from weirhouse.wire.views import instant, team_view

WAITING: Final = ("new", "triaged")
TOGETHER: Final = 200
"""At most so many waiting incidents are matched together: the first of the queue."""
STRAIGHT: Final = StraightLine()


def travel_of() -> Travel:
    """Return who knows how long a way takes; another engine comes by `app.dependency_overrides`."""
    return STRAIGHT


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    # Loading the solver takes about a second of CPU; no dispatcher shall be the one who waits for it.
    del app
    loading = asyncio.create_task(asyncio.to_thread(warm), name="load the solver")
    yield
    await loading


router = APIRouter(tags=["incidents"], lifespan=_lifespan)
TravelDep = Annotated[Travel, Depends(travel_of)]


@router.get("/v1/incidents/{incident_id}/candidates")
async def candidates(
    house: HouseDep,
    principal: PrincipalDep,
    travel: TravelDep,
    incident_id: str,
    policy: Choice = Choice.SKILLS_ETA,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> Response:
    """Candidates, best first, with every reason in seconds; picks for what is still wanted; who cannot go, and why."""
    principal.need(DESK)
    incident = await house.desk.incident(incident_id)
    principal.need_zone(incident.zone)
    must_be_open(incident, "recommend")
    needs = plan_for(incident.type, incident.priority)
    scene = await _scene(house, principal, travel, incident.zone)
    wanted = Wanted(incident, await _open_needs(house, incident, needs))
    others = await _waiting(house, principal, incident) if policy is Choice.BATCH and incident.priority > 1 else []
    # Arithmetic over arrays: in a thread, so that a big batch holds up nobody else.
    found = await asyncio.to_thread(recommend, wanted, scene, policy, others)
    return json(_body(incident, needs, wanted, found, scene.now, limit))


async def _scene(house: House, principal: Principal, travel: Travel, zone: str) -> Scene:
    version, _, body = await house.standing_port.policy()
    sending = policies.from_json(body, version).sending
    now = house.clock().timestamp()
    teams = [team for team in await house.desk.teams() if principal.sees(team.zone) or sending.lends(team.zone, zone)]
    burdens = {burden.team_id: burden for burden in await house.desk.burdens(now - sending.load_window_s)}
    zones = house.standing.city.zones
    return Scene(
        now=now, teams=teams, travel=travel, burdens=burdens, zones=zones, posts=posts_of(zones), sending=sending
    )


async def _open_needs(house: House, incident: Incident, needs: Sequence[Need]) -> tuple[str, ...]:
    if not incident.teams:
        return open_needs(needs, ())
    rows = await house.desk.assignments_of(incident.id)
    there = [row.team_id for row in rows if AssignmentState(row.state) in ACTIVE_ASSIGNMENT]
    return open_needs(needs, [await house.desk.team(team_id) for team_id in there])


async def _waiting(house: House, principal: Principal, incident: Incident) -> list[Wanted]:
    """Return what else waits for its first team, in the zones one may see."""
    wanted = QueueFilter(zones=principal.narrowed(()), states=WAITING, exercise=incident.exercise)
    page = await house.desk.queue(wanted, "", TOGETHER)
    rows = [row for row in page.items if row.id != incident.id and not row.teams]
    return [Wanted(row, open_needs(plan_for(row.type, row.priority), ())) for row in rows]


def _body(
    incident: Incident, needs: Sequence[Need], wanted: Wanted, found: Recommendation, now: float, limit: int
) -> dict[str, Any]:
    return {
        "incident_id": incident.id,
        "policy": found.choice,
        "at": instant(now),
        "plan": {"needs": needs, "open": wanted.needs},
        "picks": found.picks,
        "candidates": [_candidate(one) for one in found.candidates[:limit]],
        "total": len(found.candidates),
        "excluded": found.excluded,
        "batched": found.batched,
        "due_at": instant(found.due_at) if found.due_at is not None else None,
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    body = {name: value for name, value in msgspec.structs.asdict(one).items() if name != "team"}
    return {"team": team_view(one.team), **body}
