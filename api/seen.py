# SPDX-License-Identifier: Apache-2.0
"""`/healthz` (alive), `/readyz` (what is away, by name), `/metrics`."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import HouseDep, json
from weirhouse.ledger.ports import LedgerAway
from weirhouse.telemetry.catalogue import UP
from weirhouse.telemetry.metrics import CONTENT_TYPE

router = APIRouter(tags=["seen"])


@router.get("/healthz")
async def healthz() -> Response:
    """The process answers."""
    return json({"status": "alive"})


@router.get("/readyz")
async def readyz(house: HouseDep) -> Response:
    """What this process can use. 503 only when no report could be made safe here."""
    try:
        await house.standing_port.policy()
        ledger = True
    except LedgerAway:
        ledger = False
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
