# SPDX-License-Identifier: Apache-2.0
"""Short ways to make the domain's values in tests. The city is flat and near (42.35, -71.06)."""

from __future__ import annotations

import math
from typing import Any

from weirhouse.domain.decide import decide
from weirhouse.domain.decision import Decided
from weirhouse.domain.geo import DEGREE_M
from weirhouse.domain.ids import report_id
from weirhouse.domain.incident import Incident, Team
from weirhouse.domain.index import IncidentIndex
from weirhouse.domain.policy import NORMAL, Policy
from weirhouse.domain.report import Location, Point, Report
from weirhouse.domain.taxonomy import kind_of

T0 = 1_700_000_000.0
LAT, LON = 42.35, -71.06


def at_m(east_m: float, north_m: float, accuracy_m: float = 20.0) -> Point:
    """Return the point so many metres east and north of the middle."""
    lat = LAT + north_m / DEGREE_M
    return Point(lat=lat, lon=LON + east_m / (DEGREE_M * math.cos(math.radians(LAT))), accuracy_m=accuracy_m)


def report(key: str, type_: str = "flooding", point: Point | None = None, **changes: Any) -> Report:
    """Return a report of `type_` at `point` (None: no place), ten minutes of slack in its times."""
    given: dict[str, Any] = {
        "id": report_id("app", key),
        "source": "app",
        "key": key,
        "channel": "phone",
        "zone": "z1",
        "lane": kind_of(type_).lane,
        "type": type_,
        "location": Location(point=point, address=changes.pop("address", ""), asset_id=changes.pop("asset", "")),
        "event_time": T0,
        "received_at": T0,
    }
    return Report(**{**given, **changes})


class Room:
    """A memory and a policy: reports go in, decisions come out, the memory follows."""

    def __init__(self, policy: Policy = NORMAL) -> None:
        self.index, self.policy = IncidentIndex(policy=policy), policy

    def take(self, item: Report, now: float | None = None, **options: Any) -> Decided:
        decided = decide(item, self.index, self.policy, item.received_at if now is None else now, **options)
        if decided.incident is not None:
            self.index.put(decided.incident)
        return decided

    def incidents(self) -> list[Incident]:
        return sorted(self.index, key=lambda incident: incident.id)


def team(name: str, **changes: Any) -> Team:
    given: dict[str, Any] = {"id": name, "name_en": name, "name_zh": name, "kind": "crew"}
    return Team(**{**given, **changes})
