# SPDX-License-Identifier: Apache-2.0
"""What becomes of one report: joined, folded, opened, or moving to the neighbour zone. Pure.

The order of questions: did a person choose (the call taker, a merge or a split)? Does the same caller
ring again? Which incident fits best, here or across the border? A cry for help is never made milder,
never moved and never put out of sight.
"""

from __future__ import annotations

from weirhouse.domain.correlate import (
    another_matter,
    band_of,
    guarded,
    logistic,
    lowest_odds,
    match,
    sure_of_place,
    weigh,
)
from weirhouse.domain.decision import AuditEntry, Band, Candidates, Decided, Match
from weirhouse.domain.gather import joined, opened, reopened, with_flag
from weirhouse.domain.geo import metres
from weirhouse.domain.incident import Incident, Term
from weirhouse.domain.lexicon import CLAIMS
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.policy import Policy, bands_for
from weirhouse.domain.priority import grade
from weirhouse.domain.probe import Probe
from weirhouse.domain.report import Disposition, Report
from weirhouse.domain.taxonomy import kind_of
from weirhouse.domain.text import house_numbers

ACTOR = "correlate"
MAX_SUGGESTIONS = 3
ANOTHER = "another_person"
_ENDED = frozenset({IncidentState.CLOSED, IncidentState.MERGED})


def decide(report: Report, memory: Candidates, policy: Policy, now: float, *, may_move: bool = True) -> Decided:
    """Decide what becomes of `report`.

    `now` (seconds UTC) only stamps the audit and tells whether a closed incident may still be joined.
    `may_move` False for a report that a neighbour forwarded: one hop at most.
    """
    probe = Probe(report, policy.life_priority, memory.tell(report))
    chosen = _chosen(report, memory, may_move)
    if isinstance(chosen, Decided):
        return chosen
    if chosen is not None:
        return _join(probe, chosen, policy, now, 1.0, (Term("chosen", 1.0, "by the call taker"),))

    floor = lowest_odds(policy)
    best: tuple[float, float, str, Incident] | None = None
    doubtful: list[tuple[float, str, Incident]] = []
    redial: Incident | None = None
    for incident in memory.near(report):
        if incident.gist.must and report.id in incident.gist.must:
            return _join(probe, incident, policy, now, 1.0, (Term("must_link", 1.0, "tied by a person"),))
        if incident.state in _ENDED and _too_late(incident, now):
            continue
        if (
            probe.reporter in incident.gist.folds
            and _redial(probe, incident, policy)
            and (redial is None or incident.last_at > redial.last_at)
        ):
            redial = incident
        z = weigh(probe, incident, policy)
        if z < floor:
            continue
        value = logistic(z)
        bands = bands_for(policy, incident.type)
        match band_of(value, bands, sure_of_place(probe, incident), guarded(probe, incident)):
            case Band.JOIN:
                # Of equals the earliest incident, then the lower id: the same for every order of looking.
                candidate = (-value, incident.first_at, incident.id, incident)
                if best is None or candidate[:3] < best[:3]:
                    best = candidate
            case Band.SUGGEST:
                doubtful.append((-value, incident.id, incident))
            case Band.APART:
                pass
    if redial is not None:
        return _fold(probe, redial, policy, now)
    if may_move and not _stays(probe, policy):
        moving = _moving(probe, memory, policy, -best[0] if best else 0.0)
        if moving is not None:
            return moving
    if best is not None:
        found = match(probe, best[3], policy)
        return _join(probe, best[3], policy, now, found.score, found.terms)
    doubtful.sort(key=lambda item: item[:2])
    return _open(probe, policy, tuple(match(probe, item[2], policy) for item in doubtful[:MAX_SUGGESTIONS]))


def _chosen(report: Report, memory: Candidates, may_move: bool) -> Incident | Decided | None:
    if not report.joins:
        return None
    incident = memory.get(report.joins)
    if incident is not None:
        return incident if incident.exercise is report.exercise else None
    if may_move:
        # Merged into an incident of a neighbour: there it goes.
        wanted = memory.root(report.joins)
        for home, outline in memory.across(report):
            if outline.id == wanted:
                return _move(report, home, outline.id, 1.0, (Term("chosen", 1.0, "by the call taker"),))
    return None


def _too_late(incident: Incident, now: float) -> bool:
    return (
        incident.state is IncidentState.CLOSED and now - incident.closed_at > kind_of(incident.type).reopen_s
    ) or incident.state is IncidentState.MERGED


def _redial(probe: Probe, incident: Incident, policy: Policy) -> bool:
    """Return whether the same caller rings again about the same thing, within the redial window."""
    last = incident.gist.folds.get(probe.reporter) if probe.reporter else None
    if last is None or incident.state is IncidentState.CLOSED:
        return False
    if abs(probe.report.event_time - last) > policy.redial_window_s or incident.exercise is not probe.report.exercise:
        return False
    if probe.relations.get(incident.type, 0.0) < policy.redial_relation and probe.kind.id != "other":
        return False
    if incident.gist.cannot and probe.report.id in incident.gist.cannot:
        return False
    if _second_address(probe, incident) or another_matter(probe, incident, policy):
        return False
    if probe.lat is None or probe.lon is None or incident.lat is None or incident.lon is None:
        return True
    slack_m = max(kind_of(incident.type).radius_m, 100.0) * policy.radius_factor
    return metres(probe.lat, probe.lon, incident.lat, incident.lon) <= slack_m + probe.accuracy_m + incident.radius_m


def _second_address(probe: Probe, incident: Incident) -> bool:
    theirs = house_numbers(incident.address) if probe.houses else frozenset()
    return bool(theirs) and not probe.houses & theirs


def distinct_cry(probe: Probe, incident: Incident) -> str:
    """Return why a life-safety report says something the incident does not hold yet, else empty.

    A new grave claim, another person, a second address: each goes on a line of its own.
    """
    if not probe.life and grade(probe)[0] > 2:
        return ""
    known = set(incident.gist.claims)
    for code in probe.claims:
        if code == ANOTHER:
            return ANOTHER
        if code not in known and 0 < CLAIMS[code][1] <= 2:
            return code
    if _second_address(probe, incident):
        return "second_address"
    if incident.priority > 2:
        return "first_cry"
    return ""


def _stays(probe: Probe, policy: Policy) -> bool:
    return probe.life or grade(probe)[0] <= policy.life_priority


def _moving(probe: Probe, memory: Candidates, policy: Policy, home_score: float) -> Decided | None:
    floor = lowest_odds(policy)
    found: tuple[float, str, str, Incident] | None = None
    for home, outline in memory.across(probe.report):
        z = weigh(probe, outline, policy)
        if z < floor:
            continue
        value = logistic(z)
        bands = bands_for(policy, outline.type)
        sure = sure_of_place(probe, outline)
        if value <= home_score + bands.border_margin * (home_score > 0.0):
            continue
        if band_of(value, bands, sure, guarded(probe, outline)) is Band.JOIN:
            candidate = (-value, outline.id, home, outline)
            if found is None or candidate[:2] < found[:2]:
                found = candidate
    if found is None:
        return None
    best = match(probe, found[3], policy)
    return _move(probe.report, found[2], found[1], best.score, best.terms)


def _move(report: Report, home: str, incident: str, score: float, terms: tuple[Term, ...]) -> Decided:
    return Decided(
        report=report,
        disposition=Disposition.MOVING,
        score=score,
        terms=terms,
        forward_to=home,
        forward_incident=incident,
    )


def _open(probe: Probe, policy: Policy, suggestions: tuple[Match, ...]) -> Decided:
    report = probe.report
    flags: tuple[str, ...] = ("suggested",) if suggestions else ()
    if report.joins:
        flags = (*flags, "choice_unknown")
    incident = opened(probe, policy, flags)
    return Decided(
        report=report,
        disposition=Disposition.OPENED,
        incident=incident,
        score=suggestions[0].score if suggestions else 0.0,
        terms=incident.reasons,
        suggestions=suggestions,
    )


def _fold(probe: Probe, incident: Incident, policy: Policy, now: float) -> Decided:
    ago_s = probe.report.event_time - incident.gist.folds[probe.reporter]
    term = Term("redial", 1.0, f"same caller, {ago_s:.0f} s after")
    return _gather(probe, incident, policy, now, Disposition.FOLDED, 1.0, (term,))


def _join(
    probe: Probe, incident: Incident, policy: Policy, now: float, score: float, terms: tuple[Term, ...]
) -> Decided:
    return _gather(probe, incident, policy, now, Disposition.JOINED, score, terms)


def _gather(
    probe: Probe,
    incident: Incident,
    policy: Policy,
    now: float,
    disposition: Disposition,
    score: float,
    terms: tuple[Term, ...],
) -> Decided:
    report = probe.report
    cry = distinct_cry(probe, incident)
    fresh = joined(incident, probe, policy)
    audit: list[AuditEntry] = []

    def note(action: str, before: object, after: object, reason: str) -> None:
        audit.append(
            AuditEntry(
                at=now,
                actor=ACTOR,
                action=action,
                entity="incident",
                entity_id=incident.id,
                before={action: before},
                after={action: after},
                reason=f"report {report.id}: {reason}",
            )
        )

    over = incident.state in (IncidentState.CLOSED, IncidentState.RESOLVED, IncidentState.VERIFIED)
    if incident.state is IncidentState.CLOSED:
        reopened(fresh)
        note("reopened", incident.state.value, fresh.state.value, "joined after the close")
    if cry:
        fresh.flags = with_flag(fresh.flags, "distinct_cry")
        fresh.decision_version += 1
        note("distinct_cry", "", cry, "a cry of its own")
    if fresh.priority < incident.priority:
        note("priority", incident.priority, fresh.priority, "raised")
    return Decided(
        report=report,
        disposition=disposition,
        incident=fresh,
        score=score,
        terms=terms,
        own_line=bool(cry) or (probe.life and over),
        audit=tuple(audit),
    )
