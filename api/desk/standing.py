# SPDX-License-Identifier: Apache-2.0
"""Teams, places, types, zones, the city: what a screen needs beside incidents."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.answers import HouseDep, PrincipalDep, json
from api.security import READING
from weirhouse.domain.city import Place
from weirhouse.domain.desk import CLOSING_CODES
from weirhouse.domain.taxonomy import TYPES
from weirhouse.wire.views import team_view

router = APIRouter(tags=["standing data"])
_BOUNDS: Final = (-180.0, -90.0, 180.0, 90.0)


@router.get("/v1/teams")
async def teams(
    house: HouseDep,
    principal: PrincipalDep,
    zone: Annotated[list[str] | None, Query()] = None,
    state: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """Teams of the zones one may see, and those that belong to no zone."""
    principal.need(READING)
    zones = principal.narrowed(zone or ())
    found = await house.desk.teams((), state or ())
    return json({"items": [team_view(team) for team in found if not zones or not team.zone or team.zone in zones]})


@router.get("/v1/teams/{team_id}")
async def team(house: HouseDep, principal: PrincipalDep, team_id: str) -> Response:
    """One team."""
    principal.need(READING)
    found = await house.desk.team(team_id)
    if found.zone:
        principal.need_zone(found.zone)
    return json(team_view(found), headers={"etag": f'"{found.version}"'})


@router.get("/v1/places")
async def places(
    house: HouseDep,
    principal: PrincipalDep,
    q: Annotated[str, Query(max_length=100)],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Response:
    """Type-ahead in the gazetteer, in both languages; misspellings come last."""
    principal.need(READING)
    found = house.standing.city.placing.gazetteer.search(q, limit)
    return json({"items": [_place(hit.place) for hit in found]})


def _place(place: Place) -> dict[str, object]:
    return {
        "id": place.id, "name_en": place.name_en, "name_zh": place.name_zh, "kind": place.kind, "zone": place.zone,
        "lat": place.lat, "lon": place.lon, "radius_m": place.radius_m, "asset_id": place.asset_id,
    }  # fmt: skip


@router.get("/v1/types")
async def types(principal: PrincipalDep) -> Response:
    """The incident types."""
    principal.need(READING)
    items = [
        {"id": t.id, "parent": t.parent, "label_en": t.en, "label_zh": t.zh, "priority": t.priority, "lane": t.lane}
        for t in TYPES.values()
    ]
    return json({"items": items})


@router.get("/v1/zones")
async def zones(house: HouseDep, principal: PrincipalDep) -> Response:
    """The zones with their outlines."""
    principal.need(READING)
    return json({"items": house.standing.city.zones})


@router.get("/v1/city")
async def city(house: HouseDep, principal: PrincipalDep) -> Response:
    """The city's names, time zone and bounds, and the codes an incident is closed with."""
    principal.need(READING)
    head = house.standing.city.head
    body = {
        "name_en": head.name_en if head else "",
        "name_zh": head.name_zh if head else "",
        "time_zone": head.time_zone if head else "UTC",
        "bounds": head.bounds if head else _BOUNDS,
        "closing_codes": [{"id": code, "label_en": en, "label_zh": zh} for code, en, zh in CLOSING_CODES],
    }
    return json(body)
