# SPDX-License-Identifier: Apache-2.0
"""How bad it is and who comes first, with the reasons.

Every part is a maximum, a union or a count, so a report that joins can only raise an incident, and the
order in which reports arrive does not matter. The rank is a key that stands still while nothing
happens: ``rank = score - rate * opened_at``; higher goes first, ties by id. Two incidents' ranks
differ by their scores plus what the longer wait is worth, at every instant the same.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import lru_cache
from typing import Final

from weirhouse.domain.incident import Incident, Term
from weirhouse.domain.policy import Policy, Ranking
from weirhouse.domain.probe import Probe
from weirhouse.domain.report import Report
from weirhouse.domain.taxonomy import TYPES, kind_of
from weirhouse.domain.triage import severity_of, vulnerability

CROWD: Final = 64
"""Distinct reporters beyond this add nothing: a crowd is a crowd, and so is a brigade."""


def corroboration(reporters: int, sorts: int) -> float:
    """Return 0..1: logarithmic in distinct reporters (at most half the scale), the other half for
    independent sorts of source (person, sensor, camera, field, partner), which nobody can brigade."""
    crowd = math.log(max(1, min(reporters, CROWD))) / math.log(CROWD)
    kinds = math.log(max(1, min(sorts, 4))) / math.log(4.0)
    return 0.5 * crowd + 0.5 * kinds


def grade(probe: Probe) -> tuple[int, float]:
    """Return (priority 1..5, severity 0..1) of one report by itself."""
    kind = probe.kind
    severity, spoken, _ = severity_of(probe.claims) if probe.claims else (0.0, 0, "")
    priority = kind.priority
    hint = probe.report.priority_hint
    if spoken:
        priority = min(priority, spoken)
    if 1 <= hint <= 5:
        priority = min(priority, hint)
    if probe.life:
        priority = min(priority, 2)
    return priority, max(severity, kind.severity)


def priority_of(
    type_id: str,
    claims: Collection[str],
    floor: tuple[int, float],
    reporters: int,
    sorts: int,
    opened_at: float,
    policy: Policy,
    word: int = 0,
) -> tuple[int, float, float, tuple[Term, ...]]:
    """Return (priority, severity, rank, reasons) of an incident.

    `floor` is the (priority, severity) that its reports have reached so far: neither gets milder. `word` is the
    priority that a person's word holds it at, 0 without one.
    """
    kind = TYPES.get(type_id) or kind_of(type_id)
    said, spoken, code = severity_of(claims) if claims else (0.0, 0, "")
    severity = max(kind.severity, said, floor[1])
    priority = min(kind.priority, floor[0])
    if spoken:
        priority = min(priority, spoken)
    priority = word or priority
    weak = vulnerability(claims) if claims else 0.0
    score, reasons = _scored(policy.ranking, priority, severity, code or kind.id, word, weak, reporters, sorts)
    return priority, severity, score - policy.ranking.rate_per_s * opened_at, reasons


@lru_cache(maxsize=16384)
def _scored(
    ranking: Ranking, priority: int, severity: float, said: str, word: int, weak: float, reporters: int, sorts: int
) -> tuple[float, tuple[Term, ...]]:
    """Return the points of an incident before its wait and the reasons for them, one object for all that are alike."""
    points = ranking.points[priority - 1]
    reasons = [Term("priority", points, f"P{priority}"), Term("severity", ranking.severity * severity, said)]
    if word:
        reasons.append(Term("word", 0.0, f"P{word}"))
    score = points + ranking.severity * severity
    if weak:
        score += ranking.vulnerable * weak
        reasons.append(Term("vulnerable", ranking.vulnerable * weak))
    told = corroboration(reporters, sorts)
    if told:
        score += ranking.corroboration * told
        reasons.append(Term("corroboration", ranking.corroboration * told, f"{reporters} reporters, {sorts} sorts"))
    return score, tuple(reasons)


def evidence_of(incident: Incident) -> int:
    """Return the priority that the evidence alone has reached, whatever a person said of it."""
    gist = incident.gist
    if not gist.word:
        return incident.priority
    return gist.word_over if incident.priority >= gist.word else min(gist.word_over, incident.priority)


def word_of(incident: Incident) -> int:
    """Return the priority at which a person's word holds the incident now, 0 without a word."""
    return min(incident.gist.word, incident.priority)


def rank_anew(incident: Incident, policy: Policy) -> None:
    """Set priority, severity, rank and reasons of a row from what it holds; its own are the floor."""
    gist = incident.gist
    incident.priority, incident.severity, incident.rank, incident.reasons = priority_of(
        incident.type,
        gist.claims,
        (incident.priority, incident.severity),
        incident.reporters,
        len(gist.kinds),
        incident.opened_at,
        policy,
        word_of(incident),
    )


def first_priority(report: Report, life_priority: int = 2) -> int:
    """Return the priority a report would open with, 1..5."""
    return grade(Probe(report, life_priority))[0]


def queue_key(incident: Incident) -> tuple[float, str]:
    """Return the sort key of the queue: highest rank first, ties by id; total and stable."""
    return (-incident.rank, incident.id)
