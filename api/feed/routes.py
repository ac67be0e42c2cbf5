# SPDX-License-Identifier: Apache-2.0
"""`GET /v1/feed`: a snapshot, then numbered deltas, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from time import monotonic
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import StreamingResponse

from api.answers import HouseDep, PrincipalDep, Priority
from api.characters import whole_number
from api.feed.channel import Filter
from api.feed.subscriber import Subscriber, event
from api.house import House
from api.problems import Problem
from api.security import READING
from api.undecided import undecided
from weirhouse.ledger.ports import LedgerAway, QueueFilter
from weirhouse.telemetry.catalogue import FEED_RESETS
from weirhouse.wire.views import incident_view, instant, team_view

SNAPSHOT: Final = 200
LIVE_S: Final = 3.0
RECHECK_S: Final = 10.0
"""An open feed asks so often whether its session still stands: one signed out elsewhere ends within 15 s."""
KINDS: Final = frozenset({"incident", "team", "assignment", "zone", "policy"})
_ENCODE: Final = msgspec.json.Encoder().encode

router = APIRouter(tags=["feed"])


@router.get("/v1/feed", response_class=StreamingResponse)
async def feed(
    house: HouseDep,
    principal: PrincipalDep,
    request: Request,
    zone: Annotated[list[str] | None, Query()] = None,
    priority: Annotated[list[Priority] | None, Query()] = None,
    kinds: str = "",
    last_event_id: Annotated[str, Header()] = "",
) -> StreamingResponse:
    """Stream what happens in the zones one may see."""
    principal.need(READING)
    zones = principal.narrowed(zone or ())
    asked = frozenset(kind for kind in kinds.split(",") if kind)
    if unknown := asked - KINDS:
        raise Problem("invalid-value", f"kinds: {', '.join(sorted(unknown))} unknown")
    wanted = Filter(frozenset(zones), frozenset(priority or ()), asked)
    try:
        await asyncio.wait_for(house.hub.live.wait(), LIVE_S)
    except TimeoutError:
        raise Problem("ledger-away", "the feed's source is away") from None
    epoch, _, number = last_event_id.rpartition(":")
    seen = whole_number(number) if epoch else None
    subscriber, resumed = house.hub.join(wanted, epoch, -1 if seen is None else seen)
    with ExitStack() as stack:
        stack.callback(house.hub.leave, wanted, subscriber)
        opening, told = (b"", b"") if resumed else await _snapshot(house, wanted, subscriber)
        # From here on the stream itself lets go.
        stack.pop_all()
    if seen is not None and not resumed:
        opening = event("reset", _ENCODE({"reason": "too-old"})) + opening
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    stream = _stream(house, wanted, subscriber, opening, told, request)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _snapshot(house: House, wanted: Filter, subscriber: Subscriber) -> tuple[bytes, bytes]:
    seq = subscriber.seq
    zones = tuple(sorted(wanted.zones))
    page = await house.desk.queue(QueueFilter(zones=zones, priorities=tuple(sorted(wanted.priorities))), "", SNAPSHOT)
    teams = await house.desk.teams(zones)
    if zones:
        teams += [team for team in await house.desk.teams(states=("distress",)) if team.zone not in zones]
    _, mode, _ = await house.standing_port.policy()
    cries = await undecided(house, zones)
    body = {
        "epoch": subscriber.epoch,
        "seq": seq,
        "prev": None,
        "at": instant(house.clock().timestamp()),
        "incidents": [incident_view(incident) for incident in page.items],
        "total": page.total,
        "teams": [team_view(team) for team in teams],
        "mode": mode,
        **cries,
    }
    return event("snapshot", _ENCODE(body), f"{subscriber.epoch}:{seq}"), _ENCODE(cries)


async def _still(house: House, request: Request) -> bool:
    """Return whether whoever opened the stream may still read; a ledger that is away changes nothing."""
    try:
        principal = await house.gate.identify("GET", request.scope["headers"], fresh=True)
    except Problem:
        return False
    return principal.may(READING) and house.clock().timestamp() < principal.expires_at


async def _cries(house: House, wanted: Filter) -> bytes:
    """Return what `event: undecided` says now; empty for who watches no incidents, or while the ledger is away."""
    if wanted.kinds and "incident" not in wanted.kinds:
        return b""
    try:
        return _ENCODE(await undecided(house, tuple(sorted(wanted.zones))))
    except LedgerAway:
        return b""


async def _stream(
    house: House, wanted: Filter, subscriber: Subscriber, opening: bytes, told: bytes, request: Request
) -> AsyncIterator[bytes]:
    try:
        if opening:
            yield opening
        every = min(RECHECK_S, house.hub.heartbeat_s)
        due = monotonic() + every
        while True:
            messages = await subscriber.take(max(0.0, due - monotonic()))
            if monotonic() >= due and not subscriber.closed:
                if not await _still(house, request):
                    house.metrics.add(FEED_RESETS, 1, "signed-out")
                    yield event("reset", _ENCODE({"reason": "signed-out"}))
                    return
                cries = await _cries(house, wanted)
                if cries and cries != told:
                    told = cries
                    yield event("undecided", cries)
                due = monotonic() + every
            if messages:
                yield messages
            else:
                now = instant(house.clock().timestamp())
                beat = {"epoch": subscriber.epoch, "seq": subscriber.seq, "at": now}
                yield event("heartbeat", _ENCODE(beat))
            if subscriber.closed:
                return
    finally:
        house.hub.leave(wanted, subscriber)
