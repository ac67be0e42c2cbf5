# SPDX-License-Identifier: Apache-2.0
"""Acts on several incidents and over the machine's word: merge, split, link, undo, retype, prioritise."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.answers import HouseDep, PrincipalDep, body_of
from api.desk.acting import Asked, act
from api.house import House
from api.security import DESK, Principal
from weirhouse.domain import joining, override, policy, undoing
from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.desk import check_decision
from weirhouse.domain.errors import IllegalTransition, InvalidValue, NotFound
from weirhouse.domain.ids import incident_id as opened_by
from weirhouse.domain.incident import Assignment, Incident
from weirhouse.domain.report import Report
from weirhouse.ledger.ports import ReportRow

router = APIRouter(tags=["acts"])

PAGE = 1_000
HOPS = 16
"""Merges followed to the root at most; each merge leads to an earlier incident, so a chain is short."""

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Id = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


class Merge(msgspec.Struct, forbid_unknown_fields=True):
    """Which incidents are the same happening; `confirm_teams`: teams are on more than one, and may be."""

    others: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=joining.MAX_MERGED - 1)]
    reason: Reason
    confirm_teams: bool = False


class Split(msgspec.Struct, forbid_unknown_fields=True):
    """Which reports speak of something else."""

    report_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=joining.MAX_SPLIT)]
    reason: Reason


class Link(msgspec.Struct, forbid_unknown_fields=True):
    """Which incident belongs to this one without being it."""

    other: Id
    reason: Reason


class Undo(msgspec.Struct, forbid_unknown_fields=True):
    """Why the last merge or split was wrong."""

    reason: Reason


class Retype(msgspec.Struct, forbid_unknown_fields=True):
    """What is happening instead."""

    type: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    reason: Reason


class Prioritise(msgspec.Struct, forbid_unknown_fields=True):
    """How soon it goes, by a person's word."""

    priority: Annotated[int, msgspec.Meta(ge=1, le=5)]
    reason: Reason


async def _seen(house: House, principal: Principal, incident_id: str, asked: Asked | None = None) -> Incident:
    incident = await house.desk.incident(incident_id)
    principal.need_zone(incident.zone)
    if asked is not None:
        check_decision(incident, asked.etag)
    return incident


async def _root(house: House, principal: Principal, incident_id: str) -> Incident:
    incident = await _seen(house, principal, incident_id)
    for _ in range(HOPS):
        if not incident.merged_into:
            return incident
        incident = await _seen(house, principal, incident.merged_into)
    raise IllegalTransition("incident", incident.state.value, "follow", ())


async def _rules(house: House) -> policy.Policy:
    version, _, body = await house.standing_port.policy()
    return policy.from_json(body, version)


async def _assignments(house: House, rows: list[Incident]) -> list[Assignment]:
    return [one for row in rows for one in await house.desk.assignments_of(row.id)]


class _Told:
    """The reports of one incident, read once: a new try after a join reads only what is new."""

    def __init__(self) -> None:
        self._rows: dict[str, ReportRow] = {}

    async def read(self, house: House, incident: Incident) -> list[ReportRow]:
        """Return all reports that stand in the incident.

        Raises
        ------
        InvalidValue
            More than can be taken apart.
        """
        if incident.reports > joining.MAX_TOLD:
            raise InvalidValue("id", f"holds more than {joining.MAX_TOLD} reports: too many to tell anew")
        cursor, found = "", len(self._rows)
        while True:
            page, cursor = await house.desk.reports_of(incident.id, cursor, PAGE if not found else 100)
            fresh = [row for row in page if row.report.id not in self._rows]
            self._rows.update({row.report.id: row for row in fresh})
            if not cursor or (found and len(self._rows) >= incident.reports):
                break
        return list(self._rows.values())


@router.post("/v1/incidents/{incident_id}:merge")
async def merge(house: HouseDep, principal: PrincipalDep, request: Request, incident_id: str) -> Response:
    """Make one of several that are one happening; the earliest stays."""
    principal.need(DESK)
    body, raw = await body_of(request, Merge)

    async def decide(asked: Asked) -> DeskWrite:
        rows = [await _seen(house, principal, incident_id, asked)]
        rows += [await _root(house, principal, other) for other in body.others]
        teams = await _assignments(house, [row for row in rows if row.teams])
        now, rules = house.clock().timestamp(), await _rules(house)
        return joining.merge(rows, principal.subject, now, body.reason, rules, teams, body.confirm_teams)

    return await act(house, principal, request, raw, "merge", decide)


@router.post("/v1/incidents/{incident_id}:split")
async def split(house: HouseDep, principal: PrincipalDep, request: Request, incident_id: str) -> Response:
    """Open an incident of its own from some of the reports."""
    principal.need(DESK)
    body, raw = await body_of(request, Split)
    told, taken = _Told(), frozenset(body.report_ids)

    async def decide(asked: Asked) -> DeskWrite:
        incident = await _seen(house, principal, incident_id, asked)
        reports = [row.report for row in await told.read(house, incident)]
        known = await _known(house, opened_by(joining.part_of(incident, reports, taken).id))
        now, rules = house.clock().timestamp(), await _rules(house)
        # Thousands of reports told anew take a second: not on the loop that serves everybody.
        return await asyncio.to_thread(
            joining.split, incident, reports, taken, principal.subject, now, body.reason, rules, known
        )

    return await act(house, principal, request, raw, "split", decide)


async def _known(house: House, incident_id: str) -> Incident | None:
    try:
        return await house.desk.incident(incident_id)
    except NotFound:
        return None


@router.post("/v1/incidents/{incident_id}:link")
async def link(house: HouseDep, principal: PrincipalDep, request: Request, incident_id: str) -> Response:
    """Tell that two incidents belong together."""
    principal.need(DESK)
    body, raw = await body_of(request, Link)

    async def decide(asked: Asked) -> DeskWrite:
        incident = await _seen(house, principal, incident_id, asked)
        other = await _root(house, principal, body.other)
        return joining.link(incident, other, principal.subject, house.clock().timestamp(), body.reason)

    return await act(house, principal, request, raw, "link", decide)


@router.post("/v1/incidents/{incident_id}:undo")
async def undo(house: HouseDep, principal: PrincipalDep, request: Request, incident_id: str) -> Response:
    """Take the last merge or split back, from either side of it."""
    principal.need(DESK)
    body, raw = await body_of(request, Undo)
    told = _Told()

    async def decide(asked: Asked) -> DeskWrite:
        incident = await _seen(house, principal, incident_id, asked)
        kept = await _seen(house, principal, undoing.stands_at(incident))
        done, names = undoing.last_act(kept, incident_id)
        parts = [await _seen(house, principal, name) for name in names]
        own: list[Report] = []
        if done == "merge" and undoing.came_since(kept, parts):
            rows = [(row.report, row.terms) for row in await told.read(house, kept)]
            own = undoing.others_told(rows, names)
        teams = await _assignments(house, [kept, *parts])
        now, rules = house.clock().timestamp(), await _rules(house)
        return await asyncio.to_thread(
            undoing.undo, kept, parts, principal.subject, now, body.reason, rules, own, teams
        )

    return await act(house, principal, request, raw, "undo", decide)


@router.post("/v1/incidents/{incident_id}:retype")
async def retype(house: HouseDep, principal: PrincipalDep, request: Request, incident_id: str) -> Response:
    """Change what is happening."""
    principal.need(DESK)
    body, raw = await body_of(request, Retype)

    async def decide(asked: Asked) -> DeskWrite:
        incident = await _seen(house, principal, incident_id, asked)
        now, rules = house.clock().timestamp(), await _rules(house)
        return override.retype(incident, body.type, principal.subject, now, body.reason, rules)

    return await act(house, principal, request, raw, "retype", decide)


@router.post("/v1/incidents/{incident_id}:prioritise")
async def prioritise(house: HouseDep, principal: PrincipalDep, request: Request, incident_id: str) -> Response:
    """Raise or lower the priority by a person's word."""
    principal.need(DESK)
    body, raw = await body_of(request, Prioritise)

    async def decide(asked: Asked) -> DeskWrite:
        incident = await _seen(house, principal, incident_id, asked)
        now, rules = house.clock().timestamp(), await _rules(house)
        return override.prioritise(incident, body.priority, principal.subject, now, body.reason, rules)

    return await act(house, principal, request, raw, "prioritise", decide)
