# SPDX-License-Identifier: Apache-2.0
"""`/healthz` (alive), `/readyz` (what is away, by name), `/metrics`."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import HouseDep, json
from api.house import House
from weirhouse.ledger.ports import LedgerAway
from weirhouse.telemetry.catalogue import UP
from weirhouse.telemetry.metrics import CONTENT_TYPE

router = APIRouter(tags=["seen"])


LAG_S: Final = 30.0
"""A tail this far behind a ledger that answers has stopped: the process is started again."""
PROBE_S: Final = 1.0


async def _ledger_answers(house: House) -> bool:
    try:
        await asyncio.wait_for(house.standing_port.policy(), PROBE_S)
    except (LedgerAway, TimeoutError):
        return False
    return True


@router.get("/healthz")
async def healthz(house: HouseDep) -> Response:
    """Whether the process does all its work; 503 names what ended or stands."""
    parts = (house.hub.background, house.standing.background, house.lifeboat.background)
    why = [f"{name} ended" for part in parts for name in part.ended]
    lag_s = house.hub.lag_s
    if lag_s > LAG_S and await _ledger_answers(house):
        why.append(f"feed tail is {lag_s:.0f} s behind")
    return json({"status": "ailing" if why else "alive", "why": why}, 503 if why else 200)


@router.get("/readyz")
async def readyz(house: HouseDep) -> Response:
    """What this process can use. 503 only when no report could be made safe here."""
    ledger = await _ledger_answers(house)
    kafka = house.lifeboat.ready
    house.metrics.set(UP, ledger, "postgres")
    house.metrics.set(UP, kafka, "kafka")
    away = [name for name, up in (("postgres", ledger), ("kafka", kafka)) if not up]
    known = ledger or (kafka and house.standing.loaded)
    return json({"status": "ready" if known else "away", "away": away}, 200 if known else 503)


@router.get("/metrics", include_in_schema=False)
async def metrics(house: HouseDep) -> Response:
    """Prometheus' text."""
    return Response(house.metrics.exposition(), media_type=CONTENT_TYPE)
