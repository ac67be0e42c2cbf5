# SPDX-License-Identifier: Apache-2.0
"""Reading incidents: the queue, one incident, its reports and history, what is nearby."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from api.answers import MAX_NUMBER, HouseDep, PrincipalDep, Priority, json
from api.desk.nearby import matches
from api.house import House
from api.problems import field
from api.security import READING, REPORTING, Principal, Role
from api.undecided import undecided
from weirhouse.domain.desk import possible_acts
from weirhouse.domain.errors import NotFound
from weirhouse.domain.incident import Incident
from weirhouse.ledger.ports import Page, QueueFilter
from weirhouse.wire.views import assignment_view, incident_view, instant

TOTAL_CAP: Final = 10_000
HISTORY: Final = 200
NEARBY: Final = 200
"""The nearest of one's own zones that are compared with what is being said."""

router = APIRouter(tags=["incidents"])
Limit = Annotated[int, Query(ge=1, le=200)]


def box_of(text: str) -> tuple[float, float, float, float] | None:
    """Return (west, south, east, north) of `w,s,e,n`.

    Raises
    ------
    Problem
    """
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise field("box", "must be west,south,east,north in degrees") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise field("box", "must be west,south,east,north in degrees", "out-of-range")
    return west, south, east, north


@router.get("/v1/incidents")
async def queue(
    house: HouseDep,
    principal: PrincipalDep,
    zone: Annotated[list[str] | None, Query()] = None,
    state: Annotated[list[str] | None, Query()] = None,
    priority: Annotated[list[Priority] | None, Query()] = None,
    type: Annotated[list[str] | None, Query()] = None,  # noqa: A002 - the word of the query string
    q: Annotated[str, Query(max_length=200)] = "",
    number: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
    box: str = "",
    open: bool = True,  # noqa: A002 - the word of the query string
    exercise: bool | None = None,
    cursor: Annotated[str, Query(max_length=300)] = "",
    limit: Limit = 50,
) -> Response:
    """One page of the queue, highest rank first, and the cries that nobody has decided yet."""
    principal.need(READING)
    wanted = QueueFilter(
        zones=principal.narrowed(zone or ()),
        states=tuple(state or ()),
        priorities=tuple(priority or ()),
        types=tuple(type or ()),
        words=q,
        number=number,
        box=box_of(box),
        open_only=open,
        exercise=exercise,
    )
    page = page_body(await house.desk.queue(wanted, cursor, limit))
    return json({**page, **await undecided(house, wanted.zones)})


def page_body(page: Page) -> dict[str, Any]:
    """Return a page as the API shows it."""
    return {
        "items": [incident_view(incident) for incident in page.items],
        "cursor": page.cursor,
        "total": min(page.total, TOTAL_CAP),
        "total_capped": page.total > TOTAL_CAP,
    }


@router.get("/v1/incidents/near")
async def near(
    house: HouseDep,
    principal: PrincipalDep,
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    radius_m: Annotated[float, Query(gt=0, le=20_000, allow_inf_nan=False)] = 500.0,
    type: Annotated[str, Query(max_length=64)] = "",  # noqa: A002 - the word of the query string
    words: Annotated[str, Query(max_length=10_000)] = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Response:
    """Open incidents nearby, with how well they match what is being said."""
    principal.need(READING)
    seen = await house.desk.near(lat, lon, radius_m, NEARBY, principal.narrowed(()))
    version, _, policy = await house.standing_port.policy()
    now = house.clock().timestamp()
    return json({"items": matches(seen, lat, lon, type, words, now, policy, version)[:limit]})


async def visible(house: House, principal: Principal, incident_id: str) -> Incident:
    """Return an incident that one may see.

    Raises
    ------
    NotFound, Problem
    """
    principal.need(READING)
    incident = await house.desk.incident(incident_id)
    principal.need_zone(incident.zone)
    return incident


@router.get("/v1/incidents/{incident_id}")
async def one(house: HouseDep, principal: PrincipalDep, incident_id: str) -> Response:
    """One incident, with its assignments and what may be done now."""
    incident = await visible(house, principal, incident_id)
    assignments = await house.desk.assignments_of(incident_id)
    body = msgspec.structs.asdict(incident_view(incident))
    body["assignments"] = [assignment_view(assignment) for assignment in assignments]
    body["possible"] = possible_acts(incident)
    body["links"] = incident.gist.links
    return json(body, headers={"etag": f'"{incident.decision_version}"'})


@router.get("/v1/incidents/{incident_id}/reports")
async def reports(
    house: HouseDep,
    principal: PrincipalDep,
    incident_id: str,
    cursor: Annotated[str, Query(max_length=300)] = "",
    limit: Limit = 50,
) -> Response:
    """What stands in it, newest decision first, with the terms of each decision."""
    await visible(house, principal, incident_id)
    rows, after = await house.desk.reports_of(incident_id, cursor, limit)
    items = [
        {
            "report": {
                "id": row.report.id,
                "source": row.report.source,
                "channel": row.report.channel,
                "type": row.report.type,
                "words": row.report.words,
                "event_time": instant(row.report.event_time),
                "received_at": instant(row.report.received_at),
                "location": row.report.location,
                "lane": row.report.lane,
                "claims": row.report.claims,
            },
            "disposition": row.disposition,
            "score": row.score,
            "terms": msgspec.Raw(row.terms),
            "own_line": row.own_line,
            "repeats": row.repeats,
            "decided_at": instant(row.decided_at),
        }
        for row in rows
    ]
    return json({"items": items, "cursor": after})


@router.get("/v1/incidents/{incident_id}/history")
async def history(house: HouseDep, principal: PrincipalDep, incident_id: str) -> Response:
    """Who did what to it, newest first."""
    await visible(house, principal, incident_id)
    lines = await house.desk.history_of("incident", incident_id, HISTORY)
    return json({"items": [{**msgspec.to_builtins(line), "at": instant(line.at)} for line in lines]})


@router.get("/v1/reports/{report_id}")
async def report(house: HouseDep, principal: PrincipalDep, report_id: str) -> Response:
    """Where a report is now."""
    principal.need(REPORTING)
    if len(report_id) != 32 or not set(report_id) <= set("0123456789abcdef"):
        raise NotFound("report", report_id)
    found = await house.statuses.status([report_id])
    own = Role.SOURCE in principal.roles
    if not found or (own and await house.people.sender_of(report_id) != principal.subject):
        raise NotFound("report", report_id)
    status = found[0]
    if not own:
        principal.need_zone(status.zone)
    incident = {"id": status.incident_id, "number": status.incident_number} if status.incident_id else None
    body = {
        "id": status.report_id, "disposition": status.disposition, "incident": incident, "zone": status.zone,
        "score": status.score, "terms": msgspec.Raw(status.terms),
    }  # fmt: skip
    return json(body)
