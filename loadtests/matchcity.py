# SPDX-License-Identifier: Apache-2.0
"""A day of the demo city in simulated time: its 42 teams, sent nearest-first or in batches, with the same calls.

Load 1.0 is what the teams could carry if every way were as long as between two random places. Nearest-first is the
desk without a computer: a new incident takes the nearest able team that is free; a team that becomes free takes the
first of the queue it is able for. Batches: P1 at once, the rest each 30 s, by the product's `batch`.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from loadtests import democity
from weirhouse.domain.incident import Incident, Team
from weirhouse.domain.matching import nearest_first
from weirhouse.domain.plans import brings
from weirhouse.domain.policy import NORMAL
from weirhouse.domain.priority import priority_of, queue_key
from weirhouse.domain.recommend import batch
from weirhouse.domain.travel import Origin, StraightLine
from weirhouse.domain.weighing import Scene, Wanted

DAY_S: Final = 86_400.0
DAYS: Final = 3
ON_SCENE_S: Final = 1_800.0
TICK_S: Final = 30.0
MIX: Final = (0.05, 0.15, 0.3, 0.3, 0.2)
"""Shares of P1..P5."""
TRAVEL: Final = StraightLine()


@dataclass
class Call:
    """One incident to be: who is wanted, how long it will take."""

    wanted: Wanted
    work_s: float
    zone: str
    response_s: float = 0.0
    way_s: float = 0.0

    @property
    def at(self) -> float:
        """When it happened."""
        return self.wanted.incident.opened_at


@dataclass
class Day:
    """One run: the teams as they stand, who waits, who comes free when."""

    teams: list[Team]
    waiting: list[Call] = field(default_factory=list)
    coming: list[tuple[float, int]] = field(default_factory=list)
    jobs: dict[str, int] = field(default_factory=dict)

    def free(self) -> list[int]:
        """Return the numbers of the teams that can be sent."""
        return [number for number, team in enumerate(self.teams) if team.state == "available"]

    def send(self, call: Call, number: int, now: float) -> None:
        """Let a team go: it drives, works, and is free where it worked."""
        team, incident = self.teams[number], call.wanted.incident
        assert incident.lat is not None
        assert incident.lon is not None
        call.way_s = float(way(team, [call])[0])
        call.response_s = now + call.way_s - call.at
        team.state, team.lat, team.lon = "on_scene", incident.lat, incident.lon
        self.jobs[team.id] = self.jobs.get(team.id, 0) + 1
        heapq.heappush(self.coming, (now + call.way_s + call.work_s, number))


def way(team: Team, calls: Sequence[Call]) -> NDArray[np.float64]:
    """Return the seconds from the team to each call."""
    origin = Origin(team.lat or 0.0, team.lon or 0.0, team.kind)
    spots = [(call.wanted.incident.lat or 0.0, call.wanted.incident.lon or 0.0) for call in calls]
    return np.asarray(TRAVEL.seconds([origin], spots)[0])


def calls_of(load: float, seed: int, teams: Sequence[Team]) -> list[Call]:
    """Return a day's calls: places of the gazetteer by chance, each kind of team loaded alike."""
    chance = np.random.default_rng(seed)
    city = democity.build()
    places = [(place.lat, place.lon, place.zone) for place in city.places]
    made: list[Call] = []
    kinds = {team.kind: team.skills for team in teams}
    for kind, skills in kinds.items():
        many = sum(team.kind == kind for team in teams)
        pairs = chance.integers(len(places), size=(400, 2))
        origins = [Origin(places[a][0], places[a][1], kind) for a in pairs[:, 0]]
        mean_way = float(np.diag(TRAVEL.seconds(origins, [places[b][:2] for b in pairs[:, 1]])).mean())
        per_s = load * many / (ON_SCENE_S + mean_way)
        at = 0.0
        while (at := at + float(chance.exponential(1 / per_s))) < DAY_S:
            lat, lon, zone = places[int(chance.integers(len(places)))]
            priority = 1 + int(chance.choice(5, p=MIX))
            _, _, rank, _ = priority_of("enquiry", (), (priority, 0.0), 1, 1, at, NORMAL)
            incident = Incident(
                id=f"{kind}-{len(made):06d}", zone=zone, type="enquiry", priority=priority, rank=rank, lat=lat, lon=lon,
                opened_at=at,
            )  # fmt: skip
            skill = skills[int(chance.integers(len(skills)))]
            made.append(Call(Wanted(incident, (skill,)), float(chance.exponential(ON_SCENE_S)), zone))
    return sorted(made, key=lambda call: call.at)


def _able(day: Day, call: Call) -> list[int]:
    return [number for number in day.free() if brings(day.teams[number], call.wanted.needs[0])]


def first_come(day: Day, now: float, new: Call | None, freed: int | None) -> None:
    """The desk without a computer."""
    if freed is not None:
        team = day.teams[freed]
        able = [call for call in day.waiting if brings(team, call.wanted.needs[0])]
        if able:
            first = min(able, key=lambda call: queue_key(call.wanted.incident))
            day.waiting.remove(first)
            day.send(first, freed, now)
    if new is not None and (numbers := _able(day, new)):
        costs = np.array([[float(way(day.teams[number], [new])[0]) for number in numbers]])
        day.waiting.remove(new)
        day.send(new, numbers[nearest_first(costs)[0][1]], now)


def in_batches(day: Day, now: float, new: Call | None, freed: int | None) -> None:
    """P1 at once, when it comes or a team does; everything each tick."""
    tick = new is None and freed is None
    calls = [call for call in day.waiting if tick or call.wanted.incident.priority == 1]
    free = day.free()
    if not calls or not free:
        return
    scene = Scene(now=now, teams=[day.teams[number] for number in free], travel=TRAVEL)
    answer = batch([call.wanted for call in calls], scene)
    for call in calls:
        (column,) = answer[call.wanted.incident.id]
        if column is not None:
            day.waiting.remove(call)
            day.send(call, free[column], now)


Desk = Callable[[Day, float, Call | None, int | None], None]


def run_day(desk: Desk, calls: Sequence[Call], teams: Sequence[Team]) -> tuple[list[Call], Day]:
    """Let the day pass until everybody was served; return the calls with their responses."""
    day = Day([msgspec.structs.replace(team) for team in teams])
    mine = [Call(call.wanted, call.work_s, call.zone) for call in calls]
    events = heapq.merge(((call.at, 0, call) for call in mine), ((t * TICK_S, 1, None) for t in itertools.count()),
                         key=lambda event: event[:2])  # fmt: skip
    for now, _, call in events:
        while day.coming and day.coming[0][0] <= now:
            at, number = heapq.heappop(day.coming)
            day.teams[number].state, day.teams[number].position_at = "available", at
            desk(day, at, None, number)
        if call is not None:
            day.waiting.append(call)
        desk(day, now, call, None)
        if now > DAY_S and not day.waiting:
            break
    return mine, day


def gini(values: Sequence[float]) -> float:
    """Return how unequal the values are: 0 all alike, 1 one has all."""
    ordered = np.sort(np.array(values, dtype=np.float64))
    n = len(ordered)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum())) if ordered.sum() else 0.0


def figures_of(days: Sequence[tuple[list[Call], Day]]) -> dict[str, float]:
    """Return mean and p95 of the response in seconds, and fairness beside them."""
    calls = [call for mine, _ in days for call in mine]
    took = np.array([call.response_s for call in calls])
    zones = sorted({call.zone for call in calls})
    by_zone = [float(np.mean([call.response_s for call in calls if call.zone == zone])) for zone in zones]
    found = {
        "mean_s": float(took.mean()),
        "p95_s": float(np.percentile(took, 95)),
        "worst_s": float(took.max()),
        "way_s": float(np.mean([call.way_s for call in calls])),
        "zone_gini": gini(by_zone),
        "worst_zone_over_mean": max(by_zone) / float(took.mean()),
        "team_gini": float(np.mean([gini([day.jobs.get(team.id, 0) for team in day.teams]) for _, day in days])),
    }
    for priority in (1, 2, 5):
        mine = np.array([call.response_s for call in calls if call.wanted.incident.priority == priority])
        found |= {f"p{priority}_mean_s": float(mine.mean()), f"p{priority}_p95_s": float(np.percentile(mine, 95))}
    return {name: round(value, 3 if "gini" in name or "over" in name else 1) for name, value in found.items()}


def compare(load: float, seed: int, days: int = DAYS) -> dict[str, float]:
    """Return the figures of both desks over the same days, prefixed `nearest_` and `batch_`."""
    teams = democity.build().teams
    found: dict[str, float] = {}
    for name, desk in (("nearest", first_come), ("batch", in_batches)):
        ran = [run_day(desk, calls_of(load, 1_000 * seed + day, teams), teams) for day in range(days)]
        found |= {f"{name}_{key}": value for key, value in figures_of(ran).items()}
    found["calls"] = float(sum(len(calls_of(load, 1_000 * seed + day, teams)) for day in range(days)))
    return found
