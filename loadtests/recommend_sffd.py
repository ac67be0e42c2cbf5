# SPDX-License-Identifier: Apache-2.0
"""`python -m loadtests.recommend_sffd --units FILE [--json]`: recommended against sent, on a real city's dispatches.

Units become teams. Known before each call: which units were free (dispatched to available), and where each was last
seen on scene, else the middle of its station's area, learned from the first half of the file and scored on the second.
What is asked: for each kind sent first (engine, medic, truck …), would we have sent the same unit? The truth is what
the city's own system and people did with rules, vehicle positions and roads that we do not see: agreement is the
measure, not correctness. Nothing of the file goes anywhere but into these counts.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

from loadtests.bench.frame import Arguments, Result
from weirhouse.domain.incident import Incident, Team
from weirhouse.domain.recommend import Choice, recommend
from weirhouse.domain.travel import Origin, StraightLine
from weirhouse.domain.weighing import Scene, Wanted

KINDS: Final = ("ENGINE", "MEDIC", "TRUCK", "CHIEF", "PRIVATE", "RESCUE CAPTAIN", "RESCUE SQUAD")
GONE_S: Final = 6 * 3600.0
"""A unit not seen for so long may be off duty: it is not offered."""
CHOICES: Final = (Choice.NEAREST, Choice.SKILLS_ETA)


@dataclass(frozen=True)
class Sent:
    """One row of the file: a unit sent to a call. Instants in seconds."""

    call: str
    unit: str
    kind: str
    at: float
    on_scene_at: float
    free_at: float
    response_at: float
    lat: float
    lon: float
    priority: int
    area: str


@dataclass
class Unit:
    """What is known of a unit so far."""

    kind: str
    free_at: float = 0.0
    seen_at: float = 0.0
    spot: tuple[float, float] | None = None
    was_at: float = 0.0


@dataclass
class Score:
    """Counts of one policy."""

    asked: int = 0
    first: int = 0
    third: int = 0
    chance: float = 0.0
    """How many a blind pick among the free would have had right."""
    ranks: list[int] = field(default_factory=list)
    nearer_s: list[float] = field(default_factory=list)


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() if text else 0.0


def rows_of(path: Path) -> list[Sent]:
    """Return the file's rows that say who, when and where, in order of dispatch."""
    found = []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if not (row["dispatch_at"] and row["lat"] and row["lon"] and row["available_at"]):
                continue
            grade = row["final_priority"]
            found.append(
                Sent(
                    row["call_number"], row["unit_id"], row["unit_type"], _instant(row["dispatch_at"]),
                    _instant(row["on_scene_at"]), _instant(row["available_at"]), _instant(row["response_at"]),
                    float(row["lat"]), float(row["lon"]), 2 if grade == "3" else 4, row["station_area"],
                )
            )  # fmt: skip
    return sorted(found, key=lambda sent: (sent.at, sent.call, sent.unit))


def calls_of(rows: Sequence[Sent]) -> Iterator[list[Sent]]:
    """Yield the units of each call's first half minute, call by call in order of dispatch."""
    by_call: dict[str, list[Sent]] = defaultdict(list)
    for row in rows:
        by_call[row.call].append(row)
    for sent in sorted(by_call.values(), key=lambda group: (group[0].at, group[0].call)):
        yield [row for row in sent if row.at <= sent[0].at + 30.0]


def stations_of(rows: Sequence[Sent]) -> dict[str, tuple[float, float]]:
    """Return the middle of each station's area: the median of its calls' places."""
    spots: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        spots[row.area].append((row.lat, row.lon))
    return {area: (median(p[0] for p in found), median(p[1] for p in found)) for area, found in spots.items()}


def home_of(unit: str, stations: dict[str, tuple[float, float]]) -> tuple[float, float] | None:
    """Return where a unit waits, when its number names a station (E41 → area 41); ambulances roam and have none."""
    number = "".join(char for char in unit if char.isdigit()).lstrip("0").zfill(2)
    return stations.get(number)


def replay(rows: Sequence[Sent], from_at: float, homing: bool) -> dict[str, Score]:
    """Return the scores of every policy over the calls from `from_at` on, by policy and by `policy/kind`.

    `homing`: engines and trucks are taken to be back at their stations when free, as the city's fire units are.
    """
    stations = stations_of([row for row in rows if row.at < from_at])
    units: dict[str, Unit] = {}
    scores: dict[str, Score] = defaultdict(Score)
    for sent in calls_of(rows):
        now = sent[0].at
        if now >= from_at:
            for kind in dict.fromkeys(row.kind for row in sent if row.kind in KINDS):
                _ask(kind, [row for row in sent if row.kind == kind], units, stations, now, homing, scores)
        for row in sent:
            unit = units.setdefault(row.unit, Unit(row.kind))
            unit.free_at, unit.seen_at = max(unit.free_at, row.free_at), now
            if row.on_scene_at:
                unit.spot, unit.was_at = (row.lat, row.lon), row.free_at
    return dict(scores)


def _team(name: str, unit: Unit, now: float, stations: dict[str, tuple[float, float]], homing: bool) -> Team | None:
    # A chief's number is a battalion's, and ambulances roam.
    home = home_of(name, stations) if unit.kind in ("ENGINE", "TRUCK") else None
    if homing and home is not None and now - unit.was_at > 600.0:
        return Team(id=name, name_en=name, name_zh=name, kind=unit.kind, lat=home[0], lon=home[1])
    spot = unit.spot or home
    if spot is None:
        return None
    return Team(
        id=name, name_en=name, name_zh=name, kind=unit.kind, lat=spot[0], lon=spot[1],
        position_at=min(now, unit.was_at) if unit.spot else 0.0,
    )  # fmt: skip


def _ask(
    kind: str, sent: Sequence[Sent], units: dict[str, Unit], stations: dict[str, tuple[float, float]], now: float,
    homing: bool, scores: dict[str, Score],
) -> None:  # fmt: skip
    free = [
        team
        for name, unit in units.items()
        if unit.kind == kind and unit.free_at <= now and now - max(unit.seen_at, unit.free_at) < GONE_S
        and (team := _team(name, unit, now, stations, homing)) is not None
    ]  # fmt: skip
    known = {team.id for team in free}
    theirs = {row.unit for row in sent if row.unit in known}
    if not theirs or len(free) < 4:
        return
    first = sent[0]
    incident = Incident(
        id=first.call, zone="", type="enquiry", priority=first.priority, lat=first.lat, lon=first.lon, opened_at=now
    )
    scene = Scene(now=now, teams=free, travel=StraightLine())
    for choice in CHOICES:
        found = recommend(Wanted(incident, (kind,) * len(theirs)), scene, choice)
        ours = {pick.team_id for pick in found.picks}
        order = [candidate.team.id for candidate in found.candidates]
        eta = {candidate.team.id: candidate.eta_s or 0.0 for candidate in found.candidates}
        for name in (choice.value, f"{choice.value}/{kind.lower().replace(' ', '_')}"):
            score = scores[name]
            for unit in theirs:
                score.asked += 1
                score.chance += len(theirs) / len(free)
                score.first += unit in ours
                score.third += order.index(unit) < len(theirs) + 2
                score.ranks.append(order.index(unit) + 1)
                score.nearer_s.append(eta[unit] - eta[order[0]])


def ways(rows: Sequence[Sent], from_at: float) -> dict[str, float]:
    """Return how the straight line's time from the last place compares with the driven one, where both are known."""
    last: dict[str, tuple[float, float]] = {}
    travel, ratios = StraightLine(), []
    for row in rows:
        if row.at >= from_at and row.unit in last and row.on_scene_at > row.response_at > 0:
            seconds = float(travel.seconds([Origin(*last[row.unit], row.kind)], [(row.lat, row.lon)])[0, 0])
            ratios.append((row.on_scene_at - row.at) / seconds)
        if row.on_scene_at:
            last[row.unit] = (row.lat, row.lon)
    ordered = sorted(ratios)
    return {
        "ways": float(len(ordered)),
        "driven_over_modelled_p50": round(ordered[len(ordered) // 2], 2),
        "driven_over_modelled_p10": round(ordered[len(ordered) // 10], 2),
        "driven_over_modelled_p90": round(ordered[9 * len(ordered) // 10], 2),
    }


def run(path: Path) -> Result:
    """Replay and count."""
    rows = rows_of(path)
    half = rows[len(rows) // 2].at
    figures: dict[str, float] = {"rows": float(len(rows)), **ways(rows, half)}
    for homing in (False, True):
        for name, score in sorted(replay(rows, half, homing).items()):
            prefix = f"{'home' if homing else 'last'}/{name}"
            figures |= {
                f"{prefix}_asked": float(score.asked),
                f"{prefix}_same_pct": round(100 * score.first / score.asked, 1),
                f"{prefix}_blind_pct": round(100 * score.chance / score.asked, 1),
                f"{prefix}_near_the_top_pct": round(100 * score.third / score.asked, 1),
                f"{prefix}_rank_p50": float(median(score.ranks)),
                f"{prefix}_modelled_extra_s_p50": round(median(score.nearer_s), 1),
            }
    return Result("recommend-sffd", figures)


def main() -> int:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.recommend_sffd", description=__doc__)
    parser.add_argument("--units", type=Path, required=True, help="unit_dispatches.csv.gz")
    parser.add_argument("--json", action="store_true", help="one line of JSON as the last line")
    options = parser.parse_args()
    try:
        result = run(options.units)
    except (OSError, KeyError, ValueError) as error:
        print(f"The file cannot be read: {error}", file=sys.stderr)
        return 2
    print(result.line(Arguments()) if options.json else result.table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
