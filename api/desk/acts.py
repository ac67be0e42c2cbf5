# SPDX-License-Identifier: Apache-2.0
"""The acts: claim, release, assign, close, reopen; accept, decline, en route, arrive, clear, stand down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.answers import HouseDep, PrincipalDep, body_of
from api.desk.acting import Asked, act, free_teams
from api.house import House
from api.problems import Problem, field
from api.security import DESK, DISPATCHING, FIELD, Principal, Role
from weirhouse.domain import desk as rules
from weirhouse.domain import policy
from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.errors import VersionConflict
from weirhouse.domain.incident import Assignment, Incident, Team

router = APIRouter(tags=["acts"])

Reason = Annotated[str, msgspec.Meta(max_length=2000)]
Word = Annotated[str, msgspec.Meta(max_length=64)]
Fence = Annotated[int, msgspec.Meta(ge=0)]
CODES = frozenset(code for code, _, _ in rules.CLOSING_CODES)


class Plain(msgspec.Struct, forbid_unknown_fields=True):
    """The body of most acts."""

    reason: Reason = ""
    fence: Fence | None = None


class Assign(msgspec.Struct, forbid_unknown_fields=True):
    """Which teams, and why."""

    team_ids: Annotated[list[Word], msgspec.Meta(min_length=1, max_length=20)]
    reason: Reason = ""


class Ended(msgspec.Struct, forbid_unknown_fields=True):
    """How it ended."""

    closing_code: Word
    reason: Reason = ""
    fence: Fence | None = None


async def _incident(house: House, principal: Principal, incident_id: str, asked: Asked) -> Incident:
    incident = await house.desk.incident(incident_id)
    principal.need_zone(incident.zone)
    rules.check_decision(incident, asked.etag)
    return incident


@router.post("/v1/incidents/{incident_id}:claim")
async def claim(house: HouseDep, principal: PrincipalDep, request: Request, incident_id: str) -> Response:
    """Take it for a while, or renew one's own claim."""
    principal.need(DESK)
    _, raw = await body_of(request, Plain)

    async def decide(asked: Asked) -> DeskWrite:
        incident = await _incident(house, principal, incident_id, asked)
        version, _, body = await house.standing_port.policy()
        lease_s = policy.from_json(body, version).claim_lease_s
        return rules.claim(incident, principal.subject, house.clock().timestamp(), lease_s)

    return await act(house, principal, request, raw, "claim", decide)


@router.post("/v1/incidents/{incident_id}:release")
async def release(house: HouseDep, principal: PrincipalDep, request: Request, incident_id: str) -> Response:
    """Give a claim back; a supervisor may take another's, with a reason."""
    principal.need(DESK)
    body, raw = await body_of(request, Plain)
    force = Role.SUPERVISOR in principal.roles

    async def decide(asked: Asked) -> DeskWrite:
        incident = await _incident(house, principal, incident_id, asked)
        return rules.release(incident, principal.subject, house.clock().timestamp(), force, body.reason)

    return await act(house, principal, request, raw, "release", decide)


@router.post("/v1/incidents/{incident_id}:assign")
async def assign(house: HouseDep, principal: PrincipalDep, request: Request, incident_id: str) -> Response:
    """Send teams."""
    principal.need(DISPATCHING)
    body, raw = await body_of(request, Assign)

    async def decide(asked: Asked) -> DeskWrite:
        incident = await house.desk.incident(incident_id)
        principal.need_zone(incident.zone)
        await _need_teams(house, principal, incident, body.team_ids)
        # First whether the teams are free: whoever lost a race wants to hear who has the team.
        teams = await free_teams(house, incident, body.team_ids)
        rules.check_decision(incident, asked.etag)
        now = house.clock().timestamp()
        return rules.assign(incident, teams, principal.subject, now, asked.key, body.reason)

    return await act(house, principal, request, raw, "assign", decide)


async def _need_teams(house: House, principal: Principal, incident: Incident, team_ids: Sequence[str]) -> None:
    """Raise `zone-forbidden` for a team of a zone that is neither one's own nor lends its teams to the incident's."""
    strange = [
        team
        for team in [await house.desk.team(team_id) for team_id in team_ids]
        if team.zone and not principal.sees(team.zone)
    ]
    if not strange:
        return
    version, _, body = await house.standing_port.policy()
    sending = policy.from_json(body, version).sending
    for team in strange:
        if not sending.lends(team.zone, incident.zone):
            raise Problem("zone-forbidden", f"team {team.id} is zone {team.zone}'s, which does not lend it here")


@router.post("/v1/incidents/{incident_id}:close")
async def close(house: HouseDep, principal: PrincipalDep, request: Request, incident_id: str) -> Response:
    """Close it with a code."""
    principal.need(DESK)
    body, raw = await body_of(request, Ended)
    _known_code(body.closing_code)

    async def decide(asked: Asked) -> DeskWrite:
        incident = await _incident(house, principal, incident_id, asked)
        active = await house.desk.assignments_of(incident_id) if incident.teams else []
        now = house.clock().timestamp()
        return rules.close(incident, principal.subject, now, body.closing_code, body.reason, active)

    return await act(house, principal, request, raw, "close", decide)


@router.post("/v1/incidents/{incident_id}:reopen")
async def reopen(house: HouseDep, principal: PrincipalDep, request: Request, incident_id: str) -> Response:
    """Open it again, with a reason."""
    principal.need(DESK)
    body, raw = await body_of(request, Plain)

    async def decide(asked: Asked) -> DeskWrite:
        incident = await _incident(house, principal, incident_id, asked)
        return rules.reopen(incident, principal.subject, house.clock().timestamp(), body.reason)

    return await act(house, principal, request, raw, "reopen", decide)


Rows = tuple[Incident, Assignment, Team]


def _need_part(principal: Principal, assignment: Assignment, incident: Incident) -> None:
    """Raise unless one may speak for the team here: the team itself wherever it was sent, or a dispatcher of the zone.

    A team's device signs in as the team: its subject is the team's id.
    """
    if assignment.team_id == principal.subject and principal.may(FIELD):
        return
    if not principal.may(DISPATCHING):
        raise Problem("forbidden", f"{assignment.team_id} is not your team")
    principal.need_zone(incident.zone)


async def _rows(house: House, principal: Principal, assignment_id: str, asked: Asked) -> Rows:
    assignment = await house.desk.assignment(assignment_id)
    incident = await house.desk.incident(assignment.incident_id)
    _need_part(principal, assignment, incident)
    if assignment.version != asked.etag:
        raise VersionConflict(f"assignment {assignment_id}", asked.etag, assignment.version)
    return incident, assignment, await house.desk.team(assignment.team_id)


async def _step(
    house: House,
    principal: Principal,
    request: Request,
    assignment_id: str,
    raw: bytes,
    name: str,
    rule: Callable[[Rows, float], DeskWrite],
) -> Response:
    async def decide(asked: Asked) -> DeskWrite:
        rows = await _rows(house, principal, assignment_id, asked)
        return rule(rows, house.clock().timestamp())

    return await act(house, principal, request, raw, name, decide)


@router.post("/v1/assignments/{assignment_id}:accept")
async def accept(house: HouseDep, principal: PrincipalDep, request: Request, assignment_id: str) -> Response:
    """The team takes it."""
    principal.need(FIELD)
    body, raw = await body_of(request, Plain)
    who = principal.subject
    return await _step(
        house, principal, request, assignment_id, raw, "accept", lambda r, now: rules.accept(*r, who, now, body.fence)
    )


@router.post("/v1/assignments/{assignment_id}:decline")
async def decline(house: HouseDep, principal: PrincipalDep, request: Request, assignment_id: str) -> Response:
    """The team cannot, and says why."""
    principal.need(FIELD)
    body, raw = await body_of(request, Plain)
    who = principal.subject
    return await _step(
        house, principal, request, assignment_id, raw, "decline",
        lambda r, now: rules.decline(*r, who, now, body.reason, body.fence),
    )  # fmt: skip


@router.post("/v1/assignments/{assignment_id}:en-route")
async def en_route(house: HouseDep, principal: PrincipalDep, request: Request, assignment_id: str) -> Response:
    """The team is on its way."""
    principal.need(FIELD)
    body, raw = await body_of(request, Plain)
    who = principal.subject
    return await _step(
        house, principal, request, assignment_id, raw, "en-route",
        lambda r, now: rules.en_route(*r, who, now, body.fence),
    )  # fmt: skip


@router.post("/v1/assignments/{assignment_id}:arrive")
async def arrive(house: HouseDep, principal: PrincipalDep, request: Request, assignment_id: str) -> Response:
    """The team is on scene."""
    principal.need(FIELD)
    body, raw = await body_of(request, Plain)
    who = principal.subject
    return await _step(
        house, principal, request, assignment_id, raw, "arrive", lambda r, now: rules.arrive(*r, who, now, body.fence)
    )


@router.post("/v1/assignments/{assignment_id}:clear")
async def clear(house: HouseDep, principal: PrincipalDep, request: Request, assignment_id: str) -> Response:
    """The team is done, with a code."""
    principal.need(FIELD)
    body, raw = await body_of(request, Ended)
    _known_code(body.closing_code)
    who = principal.subject
    return await _step(
        house, principal, request, assignment_id, raw, "clear",
        lambda r, now: rules.clear(*r, who, now, body.closing_code, body.fence),
    )  # fmt: skip


@router.post("/v1/assignments/{assignment_id}:stand-down")
async def stand_down(house: HouseDep, principal: PrincipalDep, request: Request, assignment_id: str) -> Response:
    """The team is called back, and told why."""
    principal.need(DISPATCHING)
    body, raw = await body_of(request, Plain)
    who = principal.subject
    return await _step(
        house, principal, request, assignment_id, raw, "stand-down",
        lambda r, now: rules.stand_down(*r, who, now, body.reason, body.fence),
    )  # fmt: skip


def _known_code(code: str) -> None:
    if code not in CODES:
        raise field("closing_code", "is no closing code; see /v1/city", "unknown-code")
