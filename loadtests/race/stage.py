# SPDX-License-Identifier: Apache-2.0
"""What they race for: one zone, 40 teams, and 400 incidents opened as the correlator opens them."""

from __future__ import annotations

from typing import Final

from weirhouse.clock import system_clock
from weirhouse.domain.city import City, Zone
from weirhouse.domain.decision import Decided
from weirhouse.domain.gather import opened
from weirhouse.domain.ids import report_id
from weirhouse.domain.incident import Team
from weirhouse.domain.policy import NORMAL
from weirhouse.domain.probe import Probe
from weirhouse.domain.report import Disposition, Lane, Location, Point, Report
from weirhouse.ledger.ports import Committed, IncidentWrite, SlicePlan
from weirhouse.ledger.postgres import PostgresLedger

TEAMS: Final = 40
INCIDENTS: Final = 400
_RING: Final = [(10.0, 10.0), (10.2, 10.0), (10.2, 10.2), (10.0, 10.2), (10.0, 10.0)]


def city() -> City:
    """Return one zone and its teams."""
    teams = [
        Team(id=f"t{n:02d}", name_en=f"Team {n}", name_zh=f"{n} 队", kind="engine", skills=("fire",), zone="z")
        for n in range(TEAMS)
    ]
    zone = Zone(id="z", name_en="Zone", name_zh="片区", rings=[_RING])
    return City(
        name_en="Race", name_zh="赛城", time_zone="UTC", bounds=(10.0, 10.0, 10.2, 10.2), zones=[zone], teams=teams
    )


async def furnish(dsn: str, schema: str) -> list[str]:
    """Put the city and the incidents into a migrated ledger; return the incidents' ids."""
    now = system_clock().timestamp()
    decided = []
    for number in range(INCIDENTS):
        spot = Point(10.0 + (number % 20) / 100, 10.0 + (number // 20) / 100, 20.0)
        report = Report(
            id=report_id("race", str(number)), source="race", key=str(number), channel="phone", zone="z",
            lane=Lane.ORDINARY, type="fire", words=f"fire number {number}", location=Location(spot),
            event_time=now, received_at=now,
        )  # fmt: skip
        incident = opened(Probe(report), NORMAL)
        decided.append(Decided(report=report, disposition=Disposition.OPENED, incident=incident))
    async with PostgresLedger(dsn, schema, size=2) as ledger:
        await ledger.standing.apply_city(city(), 4, "race", now)
        epoch = await ledger.slices.take(0, "race", now)
        writes = [IncidentWrite(one.incident, 0) for one in decided if one.incident is not None]
        plan = SlicePlan(
            cluster_id="race", partition=0, epoch=epoch, now=now, policy=1, offsets=[], decided=decided,
            incidents=writes,
        )  # fmt: skip
        outcome = await ledger.slices.commit_slice(plan)
        assert isinstance(outcome, Committed), outcome
    return [write.incident.id for write in writes]
