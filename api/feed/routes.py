# SPDX-License-Identifier: Apache-2.0
"""`GET /v1/feed`: a snapshot, then numbered deltas, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse

from api.answers import HouseDep, PrincipalDep, Priority
from api.characters import whole_number
from api.feed.channel import Filter
from api.feed.subscriber import Subscriber, event
from api.house import House
from api.problems import Problem
from api.security import READING, Principal
from weirhouse.ledger.ports import QueueFilter
from weirhouse.wire.views import incident_view, instant, team_view

SNAPSHOT: Final = 200
LIVE_S: Final = 3.0
KINDS: Final = frozenset({"incident", "team", "assignment", "zone", "policy"})
_ENCODE: Final = msgspec.json.Encoder().encode

router = APIRouter(tags=["feed"])


@router.get("/v1/feed", response_class=StreamingResponse)
async def feed(
    house: HouseDep,
    principal: PrincipalDep,
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
        opening = b"" if resumed else await _snapshot(house, wanted, subscriber)
        # From here on the stream itself lets go.
        stack.pop_all()
    if seen is not None and not resumed:
        opening = event("reset", _ENCODE({"reason": "too-old"})) + opening
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    stream = _stream(house, wanted, subscriber, opening, principal)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _snapshot(house: House, wanted: Filter, subscriber: Subscriber) -> bytes:
    seq = subscriber.seq
    zones = tuple(sorted(wanted.zones))
    page = await house.desk.queue(QueueFilter(zones=zones, priorities=tuple(sorted(wanted.priorities))), "", SNAPSHOT)
    teams = await house.desk.teams(zones)
    _, mode, _ = await house.standing_port.policy()
    body = {
        "epoch": subscriber.epoch,
        "seq": seq,
        "prev": None,
        "at": instant(house.clock().timestamp()),
        "incidents": [incident_view(incident) for incident in page.items],
        "total": page.total,
        "teams": [team_view(team) for team in teams],
        "mode": mode,
    }
    return event("snapshot", _ENCODE(body), f"{subscriber.epoch}:{seq}")


async def _stream(
    house: House, wanted: Filter, subscriber: Subscriber, opening: bytes, principal: Principal
) -> AsyncIterator[bytes]:
    try:
        if opening:
            yield opening
        while True:
            messages = await subscriber.take(house.hub.heartbeat_s)
            now = house.clock().timestamp()
            if messages:
                yield messages
            else:
                beat = {"epoch": subscriber.epoch, "seq": subscriber.seq, "at": instant(now)}
                yield event("heartbeat", _ENCODE(beat))
            if subscriber.closed:
                return
            if now >= principal.expires_at:
                yield event("reset", _ENCODE({"reason": "signed-out"}))
                return
    finally:
        house.hub.leave(wanted, subscriber)
