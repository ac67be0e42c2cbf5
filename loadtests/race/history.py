# SPDX-License-Identifier: Apache-2.0
"""What was asked and answered, what the ledger says, and whether both can be true at once.

A call is `invoke`d and ends `ok` (done), `fail` (surely not done) or `info` (nobody knows: the answer was lost).
The checks look at all three against every version of every row that the ledger ever told.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from weirhouse.domain.lifecycle import (
    ACTIVE_ASSIGNMENT,
    ASSIGNMENT,
    INCIDENT,
    TEAM,
    AssignmentState,
    IncidentState,
    TeamState,
)

Kind = Literal["invoke", "ok", "fail", "info"]
LEAVING = frozenset({"clear", "stand-down", "decline"})
ACTIVE = frozenset(state.value for state in ACTIVE_ASSIGNMENT)


@dataclass(frozen=True)
class Event:
    """One end of a call. `at` on the monotonic clock; `assignments` maps team → assignment id."""

    kind: Kind
    call: int
    what: str
    incident: str
    assignments: Mapping[str, str]
    at: float
    code: str = ""


@dataclass
class History:
    """Every event in the order in which it happened here."""

    events: list[Event] = field(default_factory=list)
    calls: int = 0

    def invoke(self, what: str, incident: str, assignments: Mapping[str, str]) -> int:
        """Note that a call begins; return its number."""
        self.calls += 1
        self.events.append(Event("invoke", self.calls, what, incident, assignments, time.monotonic()))
        return self.calls

    def end(self, call: int, kind: Kind, code: str = "") -> None:
        """Note how it ended."""
        begun = next(event for event in reversed(self.events) if event.call == call and event.kind == "invoke")
        self.events.append(Event(kind, call, begun.what, begun.incident, begun.assignments, time.monotonic(), code))

    def count(self, kind: Kind) -> int:
        """Return how many calls ended so."""
        return sum(event.kind == kind for event in self.events)

    def last(self) -> dict[int, Event]:
        """Return each call's last word: an `info` that was asked again and answered is what it was answered."""
        return {event.call: event for event in self.events}


@dataclass(frozen=True)
class Told:
    """One change as the ledger wrote it, in commit order of its row."""

    kind: str
    entity: str
    version: int
    body: Mapping[str, Any]


def overlaps_in_ledger(told: Iterable[Told]) -> list[str]:
    """Return where a team had two active assignments at one moment, by the order of the ledger's changes."""
    holder: dict[str, str] = {}
    found = []
    for change in told:
        if change.kind != "assignment":
            continue
        team, state = change.body["team_id"], change.body["state"]
        if state in ACTIVE:
            if holder.get(team, change.entity) != change.entity:
                found.append(f"team {team}: {change.entity} while {holder[team]} holds it")
            holder[team] = change.entity
        elif holder.get(team) == change.entity:
            del holder[team]
    return found


def overlaps_in_time(histories: Mapping[str, tuple[str, Sequence[tuple[str, float]]]]) -> list[str]:
    """Return where two assignments of a team overlap by their own recorded instants.

    `histories`: assignment → (team, [(state, seconds UTC)]).
    """
    spans: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for key, (team, steps) in histories.items():
        end = steps[-1][1] if steps[-1][0] not in ACTIVE else float("inf")
        spans[team].append((steps[0][1], end, key))
    found = []
    for team, rows in spans.items():
        rows.sort()
        for (_, end, one), (begin, _, two) in pairwise(rows):
            if begin < end:
                found.append(f"team {team}: {two} begins before {one} ends")
    return found


def overlaps_as_seen(history: History) -> list[str]:
    """Return where two dispatchers both were told "yours" and neither had begun to give the team back."""
    held: dict[str, tuple[str, int]] = {}
    found = []
    for event in history.events:
        for team, assignment in event.assignments.items():
            if event.what == "assign" and event.kind == "ok":
                other = held.get(team)
                if other is not None and other[0] != assignment:
                    found.append(f"team {team}: {assignment} answered while {other[0]} was held")
                held[team] = (assignment, event.call)
            elif event.kind == "invoke" and event.what in LEAVING and held.get(team, ("", 0))[0] == assignment:
                del held[team]
    return found


def illegal_paths(told: Iterable[Told]) -> list[str]:
    """Return changes of state that no life cycle knows. One act may take a team or an assignment two steps."""
    before: dict[str, str] = {}
    found = []
    for change in told:
        state = change.body["state"]
        was = before.get(change.entity)
        before[change.entity] = state
        if was is None or was == state:
            continue
        legal = {
            "incident": lambda a, b: _reach(INCIDENT, IncidentState(a), IncidentState(b), 1),
            "team": lambda a, b: _reach(TEAM, TeamState(a), TeamState(b), 2),
            "assignment": lambda a, b: _reach(ASSIGNMENT, AssignmentState(a), AssignmentState(b), 2),
        }[change.kind](was, state)
        if not legal:
            found.append(f"{change.kind} {change.entity}: {was} to {state}")
    return found


def _reach(table: Mapping[Any, frozenset[Any]], state: Any, wish: Any, steps: int) -> bool:
    reached = {state}
    for _ in range(steps):
        reached = {after for one in reached for after in table[one]}
        if wish in reached:
            return True
    return False


def versions_not_rising(told: Iterable[Told]) -> list[str]:
    """Return rows whose versions did not rise by one with every change."""
    before: dict[tuple[str, str], int] = {}
    found = []
    for change in told:
        key = (change.kind, change.entity)
        was = before.get(key)
        before[key] = change.version
        if was is not None and change.version != was + 1:
            found.append(f"{change.kind} {change.entity}: version {was}, then {change.version}")
    return found


def answers_not_kept(history: History, known: frozenset[str]) -> list[str]:
    """Return assignments that were promised and are not in the ledger, or were refused and are."""
    found = []
    for event in history.last().values():
        if event.what != "assign":
            continue
        there = [key for key in event.assignments.values() if key in known]
        if event.kind == "ok" and len(there) != len(event.assignments):
            found.append(f"call {event.call}: answered ok, the ledger has {len(there)} of {len(event.assignments)}")
        elif event.kind == "fail" and there:
            found.append(f"call {event.call}: refused with {event.code}, yet in the ledger")
        elif event.kind == "info" and there and len(there) != len(event.assignments):
            found.append(f"call {event.call}: half done")
    return found
