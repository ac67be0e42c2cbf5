# SPDX-License-Identifier: Apache-2.0
"""What becomes of a device's signal: its first raise is a report, its repeats count once, its clear
marks the incident and never closes it (people do)."""

from __future__ import annotations

from typing import assert_never

from weirhouse.domain.decide import ACTOR, decide
from weirhouse.domain.decision import Again, AuditEntry, Candidates, Decided
from weirhouse.domain.fold import OWN
from weirhouse.domain.gather import MAX_EPISODES, copied, with_flag
from weirhouse.domain.ids import signal_report_id
from weirhouse.domain.incident import Incident
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.policy import Policy
from weirhouse.domain.priority import priority_of
from weirhouse.domain.reading import Signal, SignalState
from weirhouse.domain.report import Lane, Report
from weirhouse.domain.taxonomy import kind_of

CLEARED = "cleared"


def report_of(signal: Signal, received_at: float) -> Report:
    """Return the report that the episode counts as: the same for every repeat of it."""
    kind = kind_of(signal.type)
    return Report(
        id=signal_report_id(signal.source, signal.episode),
        source=signal.source,
        key=signal.episode,
        channel="camera" if kind.id == "camera_event" else "sensor",
        zone=signal.zone,
        lane=signal.lane,
        type=kind.id,
        words=signal.words,
        location=signal.location,
        event_time=signal.since,
        received_at=received_at,
        attributes={"claimed_type": signal.type} if kind.id != signal.type else {},
    )


def decide_signal(signal: Signal, memory: Candidates, policy: Policy, now: float) -> Decided | Again | None:
    """Decide on a signal.

    `Decided` for an episode not known here, `Again` for one that counts already, None when there is
    nothing to do: the clear of an episode nobody heard of, or an older word than the newest known.
    """
    name = f"{signal.source}|{signal.episode}"
    incident = memory.standing(signal.source, signal.episode) if signal.episode else None
    if incident is None and (not signal.episode or signal.episode.startswith(OWN)):
        # Fold lost its state, so the name is new: what still stands here under an own name is meant.
        incident, name = _still_standing(signal, memory)
    if incident is None:
        if signal.state is SignalState.CLEARED:
            return None
        decided = decide(report_of(signal, min(signal.at, now)), memory, policy, now)
        if decided.incident is not None:
            _remember(decided.incident, f"{signal.source}|{signal.episode}", signal.source_offset)
        return decided
    known = incident.gist.episodes.get(name, 0)
    if signal.source_offset < (known if known >= 0 else -known - 1):
        return None
    match signal.state:
        case SignalState.RAISED | SignalState.CHANGED:
            return _repeat(signal, incident, name, known, policy, now)
        case SignalState.CLEARED:
            return _clear(signal, incident, name, known, now)
        case _:
            assert_never(signal.state)


def _still_standing(signal: Signal, memory: Candidates) -> tuple[Incident | None, str]:
    incident = memory.standing(signal.source, "")
    if incident is not None and incident.state is not IncidentState.CLOSED:
        start = f"{signal.source}|{OWN}"
        for name, offset in reversed(incident.gist.episodes.items()):
            if offset >= 0 and name.startswith(start):
                return incident, name
    return None, ""


def _remember(incident: Incident, name: str, offset: int) -> None:
    """Note in a fresh incident that the episode's newest word stands at `offset` (negative: cleared)."""
    episodes = {key: value for key, value in incident.gist.episodes.items() if key != name}
    episodes[name] = offset
    while len(episodes) > MAX_EPISODES:
        del episodes[next(iter(episodes))]
    incident.gist.episodes = episodes
    if offset >= 0 and CLEARED in incident.flags:
        incident.flags = tuple(flag for flag in incident.flags if flag != CLEARED)


def _again(
    signal: Signal, name: str, incident: Incident, fresh: Incident | None, audit: tuple[AuditEntry, ...] = ()
) -> Again:
    return Again(
        report_id=signal_report_id(signal.source, name.split("|", 1)[1]),
        incident_id=incident.id,
        incident=fresh,
        audit=audit,
    )


def _repeat(signal: Signal, incident: Incident, name: str, known: int, policy: Policy, now: float) -> Again:
    worse = signal.lane is Lane.LIFE and incident.priority > policy.life_priority
    if known >= 0 and not worse:
        return _again(signal, name, incident, None)
    fresh = copied(incident)
    _remember(fresh, name, signal.source_offset)
    fresh.last_at = max(fresh.last_at, signal.at)
    audit: tuple[AuditEntry, ...] = ()
    if worse:
        gist = fresh.gist
        fresh.priority, fresh.severity, rank, fresh.reasons = priority_of(
            fresh.type,
            gist.claims,
            (policy.life_priority, fresh.severity),
            fresh.reporters,
            len(gist.kinds),
            fresh.opened_at,
            policy,
        )
        fresh.rank = max(rank, incident.rank)
        fresh.lane = Lane.LIFE
        fresh.decision_version += 1
        audit = (_entry(incident, now, "priority", incident.priority, fresh.priority, f"signal of {signal.source}"),)
    return _again(signal, name, incident, fresh, audit)


def _clear(signal: Signal, incident: Incident, name: str, known: int, now: float) -> Again:
    if known < 0:
        return _again(signal, name, incident, None)
    fresh = copied(incident)
    _remember(fresh, name, -signal.source_offset - 1)
    fresh.last_at = max(fresh.last_at, signal.at)
    if all(offset < 0 for offset in fresh.gist.episodes.values()):
        fresh.flags = with_flag(fresh.flags, CLEARED)
    return _again(
        signal, name, incident, fresh, (_entry(incident, now, CLEARED, False, True, f"signal of {signal.source}"),)
    )


def _entry(incident: Incident, now: float, action: str, before: object, after: object, reason: str) -> AuditEntry:
    return AuditEntry(
        at=now,
        actor=ACTOR,
        action=action,
        entity="incident",
        entity_id=incident.id,
        before={action: before},
        after={action: after},
        reason=reason,
    )
