# SPDX-License-Identifier: Apache-2.0
"""What sending each team to each incident costs, term by term, in seconds: the arrays behind a recommendation.

Rows are incidents, columns teams. One computation serves the single incident on a screen and the batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from weirhouse.domain.city import Zone
from weirhouse.domain.coverage import Post, losses
from weirhouse.domain.incident import Burden, Incident, Team
from weirhouse.domain.plans import ANY, brings
from weirhouse.domain.sending import Sending
from weirhouse.domain.travel import Matrix, Origin, Travel, distances_m

Flags = NDArray[np.bool_]


class Wanted(msgspec.Struct, frozen=True):
    """An incident and what it still wants, one word for each team (`plans.open_needs`)."""

    incident: Incident
    needs: tuple[str, ...]


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around: rows as they were read. `now` in seconds UTC."""

    now: float
    teams: Sequence[Team]
    travel: Travel
    burdens: Mapping[str, Burden] = msgspec.field(default_factory=dict)
    zones: Sequence[Zone] = ()
    posts: Sequence[Post] = ()
    sending: Sending = msgspec.field(default_factory=Sending)


class Weighed(msgspec.Struct, kw_only=True):
    """The terms by code, each (incidents, teams) in seconds, and the facts behind them."""

    terms: dict[str, Matrix]
    eta_s: Matrix
    """Infinite where nobody knows a place."""
    distance_m: Matrix
    fits: dict[str, Flags]
    """For each word wanted, which teams bring it."""
    loss: Matrix
    """(teams,): share of the city's coverage that leaves with the team, 0..1."""

    def cost(self, codes: Sequence[str]) -> Matrix:
        """Return the sum of these terms."""
        total: Matrix = np.zeros_like(self.eta_s)
        for code in codes:
            total = total + self.terms[code]
        return total


def age_s(team: Team, now: float) -> float | None:
    """Return how old the team's position is; None when it never said where it is."""
    return max(0.0, now - team.position_at) if team.position_at else None


def is_stale(team: Team, now: float, sending: Sending) -> bool:
    """Return whether the position is too old to be trusted, or is only the base."""
    age = age_s(team, now)
    return team.lat is None or age is None or age > sending.stale_s


def weigh(wanted: Sequence[Wanted], scene: Scene) -> Weighed:
    """Return what each team would cost each incident."""
    sending, teams = scene.sending, scene.teams
    incidents = [one.incident for one in wanted]
    shape = (len(incidents), len(teams))
    eta, away = _ways(incidents, scene)
    ease = np.array([sending.ease[incident.priority - 1] for incident in incidents]).reshape(-1, 1)
    per_team = {name: np.zeros(len(teams)) for name in ("position_age", "position_accuracy", "rest", "load")}
    for column, team in enumerate(teams):
        age = age_s(team, scene.now)
        known = min(age, sending.age_cap_s) * sending.age_cost if age is not None else sending.base_s
        per_team["position_age"][column] = known if team.lat is not None else 0.0
        per_team["position_accuracy"][column] = team.accuracy_m / 10.0
        burden = scene.burdens.get(team.id)
        if burden is not None:
            free = (scene.now - burden.freed_at) / sending.rest_s if burden.freed_at else 1.0
            per_team["rest"][column] = sending.rest_cost_s * min(1.0, max(0.0, 1.0 - free))
            per_team["load"][column] = sending.load_cost_s * burden.sent
    fits = {
        word: np.array([brings(team, word) for team in teams], dtype=np.bool_)
        for word in sorted({ANY, *(word for one in wanted for word in one.needs)})
    }
    brought: Flags = np.zeros(shape, dtype=np.bool_)
    for row, one in enumerate(wanted):
        for word in set(one.needs):
            brought[row] |= fits[word]
        brought[row] |= not one.needs
    loss = _losses(scene)
    terms: dict[str, Matrix] = {
        "travel": np.where(np.isfinite(eta), eta, sending.unknown_travel_s),
        "position_age": np.broadcast_to(per_team["position_age"], shape),
        "position_accuracy": np.broadcast_to(per_team["position_accuracy"], shape),
        "skills_missing": np.where(brought, 0.0, sending.skills_missing_s),
        "jurisdiction": ease * _jurisdiction(incidents, scene),
        "rest": ease * per_team["rest"],
        "load": ease * per_team["load"],
        "coverage": ease * loss * sending.coverage_s,
    }
    return Weighed(terms=terms, eta_s=eta, distance_m=away, fits=fits, loss=loss)


def _ways(incidents: Sequence[Incident], scene: Scene) -> tuple[Matrix, Matrix]:
    """Return (seconds, metres), infinite where a place is not known."""
    rows = [row for row, one in enumerate(incidents) if one.lat is not None and one.lon is not None]
    columns = [column for column, team in enumerate(scene.teams) if team.lat is not None and team.lon is not None]
    eta = np.full((len(incidents), len(scene.teams)), np.inf)
    away = eta.copy()
    if rows and columns:
        origins = [Origin(t.lat or 0.0, t.lon or 0.0, t.kind) for t in (scene.teams[c] for c in columns)]
        targets = [(i.lat or 0.0, i.lon or 0.0) for i in (incidents[r] for r in rows)]
        where = np.ix_(rows, columns)
        eta[where] = scene.travel.seconds(origins, targets).T
        away[where] = distances_m(origins, targets).T
    return eta, away


def _jurisdiction(incidents: Sequence[Incident], scene: Scene) -> Matrix:
    """Return the seconds that another zone's team costs; a team of no zone is everybody's."""
    names = sorted({i.zone for i in incidents} | {t.zone for t in scene.teams} | {z.id for z in scene.zones})
    number = {name: at for at, name in enumerate(names)}
    table = np.full((len(names), len(names)), scene.sending.elsewhere_s)
    for zone in scene.zones:
        for other in zone.neighbours:
            if other in number:
                table[number[zone.id], number[other]] = scene.sending.neighbour_s
    np.fill_diagonal(table, 0.0)
    if "" in number:
        table[:, number[""]] = 0.0
    home = [number[incident.zone] for incident in incidents]
    return np.asarray(table[np.ix_(home, [number[team.zone] for team in scene.teams])])


def _losses(scene: Scene) -> Matrix:
    placed = [column for column, team in enumerate(scene.teams) if team.lat is not None and team.lon is not None]
    lost = np.zeros(len(scene.teams))
    if placed and scene.posts:
        origins = [Origin(t.lat or 0.0, t.lon or 0.0, t.kind) for t in (scene.teams[c] for c in placed)]
        way = scene.travel.seconds(origins, [(post.lat, post.lon) for post in scene.posts])
        groups = [scene.teams[column].kind for column in placed]
        weights = [post.weight for post in scene.posts]
        lost[placed] = losses(way <= scene.sending.cover_within_s, groups, weights, scene.sending.busy)
    return lost
