# SPDX-License-Identifier: Apache-2.0
"""Which teams should go, with the reasons, and who would be next by how much (派单推荐).

A recommendation proposes; the dispatcher decides. Every candidate carries all terms with their seconds;
the policy says which of them count. Nothing here reads a clock or a row: `Scene` brings both.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec
import numpy as np

from weirhouse.domain.incident import Incident, Team, Term
from weirhouse.domain.matching import optimal
from weirhouse.domain.travel import Matrix
from weirhouse.domain.weighing import Flags, Scene, Wanted, Weighed, age_s, is_stale, weigh


class Choice(StrEnum):
    """By what a recommendation chooses."""

    NEAREST = "nearest"
    SKILLS_ETA = "skills-eta"
    BATCH = "batch"
    COVERAGE = "coverage"


_ETA: Final = ("travel", "position_age", "position_accuracy", "skills_missing", "jurisdiction", "rest", "load")
COUNTED: Final[dict[Choice, tuple[str, ...]]] = {
    Choice.NEAREST: ("travel",),
    Choice.SKILLS_ETA: _ETA,
    Choice.BATCH: _ETA,
    Choice.COVERAGE: (*_ETA, "coverage"),
}
FREE: Final = frozenset({"available", "returning"})


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A team that could go. `cost_s` is the sum of `terms`; None where nobody knows the place."""

    team: Team
    cost_s: float
    eta_s: float | None
    distance_m: float | None
    position_age_s: float | None
    """None: it never said; the place is its base."""
    stale: bool
    brings: tuple[str, ...]
    coverage_loss: float
    sent_lately: int
    terms: tuple[Term, ...]


class RunnerUp(msgspec.Struct, frozen=True, kw_only=True):
    """Who would have been next for the same need: so many seconds worse, and where they come from."""

    team_id: str
    difference_s: float
    terms: tuple[Term, ...]


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """One team wanted for one need; `team_id` empty when nobody free brings it."""

    need: str
    team_id: str = ""
    cost_s: float | None = None
    runner_up: RunnerUp | None = None


class Excluded(msgspec.Struct, frozen=True):
    """A team that cannot go, and why: `state:<state>`, `exercise`."""

    team_id: str
    code: str


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for one incident, best first."""

    choice: Choice
    picks: tuple[Pick, ...]
    candidates: tuple[Candidate, ...]
    excluded: tuple[Excluded, ...]
    batched: int = 0
    """How many incidents were matched together; 0: this one alone."""
    due_at: float | None = None
    """Until when a batch may wait for more (seconds UTC); None: now."""


def sort_out(teams: Sequence[Team], exercise: bool) -> tuple[list[Team], list[Excluded]]:
    """Return the teams that may be sent, and the others with the reason."""
    free: list[Team] = []
    out: list[Excluded] = []
    for team in teams:
        if team.state not in FREE:
            out.append(Excluded(team.id, f"state:{team.state}"))
        elif team.exercise is not exercise:
            out.append(Excluded(team.id, "exercise"))
        else:
            free.append(team)
    return free, out


def recommend(
    wanted: Wanted, scene: Scene, choice: Choice = Choice.SKILLS_ETA, others: Sequence[Wanted] = ()
) -> Recommendation:
    """Return who should go to the incident.

    Parameters
    ----------
    others
        What else waits, for `batch`. A P1 is decided alone and at once, whatever waits.
    """
    free, excluded = sort_out(scene.teams, wanted.incident.exercise)
    scene = msgspec.structs.replace(scene, teams=free)
    weighed = weigh([wanted], scene)
    codes = COUNTED[choice]
    cost = weighed.cost(codes)[0]
    alone = choice is not Choice.BATCH or wanted.incident.priority == 1
    beside = [] if alone else [one for one in others if _may_share(one.incident, wanted.incident)]
    if alone:
        chosen = _own_picks(wanted, weighed, cost, ignore_skills=choice is Choice.NEAREST)
    else:
        chosen = batch([wanted, *beside], scene)[wanted.incident.id]
    picks = tuple(
        _pick(need, column, chosen, free, weighed, cost, codes, ignore_skills=choice is Choice.NEAREST)
        for need, column in zip(wanted.needs, chosen, strict=True)
    )
    order = sorted(range(len(free)), key=lambda column: (cost[column], free[column].id))
    due = wanted.incident.opened_at + scene.sending.window_s[wanted.incident.priority - 1]
    return Recommendation(
        choice=choice,
        picks=picks,
        candidates=tuple(_candidate(free[column], column, wanted, scene, weighed, codes) for column in order),
        excluded=tuple(excluded),
        batched=0 if alone else 1 + len(beside),
        due_at=due if not alone and due > scene.now else None,
    )


def _may_share(other: Incident, incident: Incident) -> bool:
    return other.id != incident.id and other.exercise is incident.exercise


def _own_picks(wanted: Wanted, weighed: Weighed, cost: Matrix, *, ignore_skills: bool) -> list[int | None]:
    if not wanted.needs or cost.size == 0:
        return [None] * len(wanted.needs)
    most = float(cost.max()) + 1.0
    fits = [weighed.fits["any" if ignore_skills else need] for need in wanted.needs]
    gain = np.array([np.where(fit, most - cost, 0.0) for fit in fits])
    # Filling a need is worth more than any way, so that sparing a way never leaves one open.
    gain = np.where(gain > 0.0, gain + most, 0.0)
    found = dict(optimal(gain))
    return [found.get(row) for row in range(len(wanted.needs))]


def _pick(
    need: str,
    column: int | None,
    chosen: Sequence[int | None],
    teams: Sequence[Team],
    weighed: Weighed,
    cost: Matrix,
    codes: Sequence[str],
    *,
    ignore_skills: bool,
) -> Pick:
    if column is None:
        return Pick(need=need)
    fits = weighed.fits["any" if ignore_skills else need]
    rest = [other for other in np.flatnonzero(fits).tolist() if other not in chosen]
    runner = None
    if rest:
        other = min(rest, key=lambda at: (cost[at], teams[at].id))
        apart = ((code, float(weighed.terms[code][0, other] - weighed.terms[code][0, column])) for code in codes)
        runner = RunnerUp(
            team_id=teams[other].id,
            difference_s=round(float(cost[other] - cost[column]), 1),
            terms=tuple(Term(code, round(value, 1)) for code, value in apart if abs(value) >= 0.05),
        )
    return Pick(need=need, team_id=teams[column].id, cost_s=round(float(cost[column]), 1), runner_up=runner)


def _candidate(
    team: Team, column: int, wanted: Wanted, scene: Scene, weighed: Weighed, codes: Sequence[str]
) -> Candidate:
    eta, away = float(weighed.eta_s[0, column]), float(weighed.distance_m[0, column])
    known = np.isfinite(eta)
    age = age_s(team, scene.now)
    burden = scene.burdens.get(team.id)
    detail = {
        "travel": f"{away:.0f} m" if known else "place unknown",
        "position_age": f"{age:.0f} s old" if age is not None else "at its base",
        "position_accuracy": f"{team.accuracy_m:.0f} m",
        "skills_missing": " ".join(sorted(set(wanted.needs))),
        "jurisdiction": team.zone,
        "load": f"{burden.sent} times" if burden else "",
        "coverage": f"{weighed.loss[column]:.3f}",
    }
    values = [(code, round(float(weighed.terms[code][0, column]), 1)) for code in codes]
    return Candidate(
        team=team,
        cost_s=round(sum(value for _, value in values), 1),
        eta_s=round(eta, 1) if known else None,
        distance_m=round(away, 1) if known else None,
        position_age_s=age,
        stale=is_stale(team, scene.now, scene.sending),
        brings=tuple(word for word in dict.fromkeys(wanted.needs) if weighed.fits[word][column]),
        coverage_loss=round(float(weighed.loss[column]), 4),
        sent_lately=burden.sent if burden else 0,
        terms=tuple(Term(code, value, detail.get(code, "")) for code, value in values if value),
    )


def batch(wanted: Sequence[Wanted], scene: Scene) -> dict[str, list[int | None]]:
    """Match many incidents with the free teams at once; answer, by incident, a team's column for each need.

    P1 is served first and in rank order, as if it were alone; the rest share what is left so that the sum over
    all of urgency times (worth of being served + time waited - seconds) is greatest. A need waits only when nobody
    free brings it.
    """
    answer: dict[str, list[int | None]] = {one.incident.id: [None] * len(one.needs) for one in wanted}
    if not wanted or not scene.teams:
        return answer
    weighed = weigh(wanted, scene)
    cost = weighed.cost(COUNTED[Choice.BATCH])
    taken = np.zeros(len(scene.teams), dtype=np.bool_)
    first = [row for row, one in enumerate(wanted) if one.incident.priority == 1]
    for row in sorted(first, key=lambda at: (-wanted[at].incident.rank, wanted[at].incident.id)):
        _settle([(row, at) for at in range(len(wanted[row].needs))], wanted, weighed, cost, taken, scene, answer)
    slots = [(row, at) for row, one in enumerate(wanted) if one.incident.priority > 1 for at in range(len(one.needs))]
    _settle(slots, wanted, weighed, cost, taken, scene, answer)
    return answer


def _settle(
    slots: Sequence[tuple[int, int]],
    wanted: Sequence[Wanted],
    weighed: Weighed,
    cost: Matrix,
    taken: Flags,
    scene: Scene,
    answer: dict[str, list[int | None]],
) -> None:
    if not slots or bool(taken.all()):
        return
    rows = [row for row, _ in slots]
    priorities = [wanted[row].incident.priority for row in rows]
    urgency = np.array([scene.sending.urgency[priority - 1] for priority in priorities]).reshape(-1, 1)
    worth = scene.sending.horizon_s + float(cost.max())
    since = np.array([scene.now - wanted[row].incident.opened_at for row in rows]).reshape(-1, 1)
    waited = scene.sending.patience * np.maximum(0.0, since)
    possible = np.array([weighed.fits[wanted[row].needs[at]] for row, at in slots]) & ~taken
    gain = np.where(possible, urgency * (worth + waited - cost[rows]), 0.0)
    for slot, column in optimal(gain):
        row, at = slots[slot]
        answer[wanted[row].incident.id][at] = column
        taken[column] = True
