# SPDX-License-Identifier: Apache-2.0
"""An incident opened by a report, and the copy of it after one more report: bounded, never milder.

The robust place is the mean of the reports' places weighted by 1 / accuracy squared, held within the
type's radius around the first place, so that it follows evidence and never creeps across the city.
"""

from __future__ import annotations

import math
from copy import copy

from weirhouse.domain.geo import metres
from weirhouse.domain.ids import incident_id
from weirhouse.domain.incident import Gist, Incident
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.policy import Policy
from weirhouse.domain.priority import grade, priority_of, word_of
from weirhouse.domain.probe import Probe
from weirhouse.domain.report import Lane
from weirhouse.domain.taxonomy import kind_of
from weirhouse.domain.telling import kept, pack, tell
from weirhouse.domain.text import MAX_CHARS, bounded, merge_sketches, packed

MAX_REPORTERS = 64
MAX_FOLDS = 64
MAX_EPISODES = 64
MAX_ASSETS = 16
MAX_FLAGS = 16
LOWERED = "lowered"
"""Flag of an incident that a person holds below what its reports say."""
MAX_SUMMARY = min(200, MAX_CHARS)
"""Characters of the first words that stand in the queue."""


def opened(probe: Probe, policy: Policy, flags: tuple[str, ...] = ()) -> Incident:
    """Return the incident that the probe's report opens (version 0: not yet in the ledger)."""
    report = probe.report
    gist = Gist(
        grams=packed(probe.sketch),
        reporters=[probe.reporter] if probe.reporter else (),
        sources=[probe.source],
        kinds=[probe.sort],
        folds={probe.reporter: report.event_time} if probe.reporter else {},
        assets=[name for name in (probe.assets, probe.place) if name] if probe.assets or probe.place else (),
        claims=sorted(probe.claims) if probe.claims else (),
        told=(pack(probe.told or tell(report.words)),) if probe.lat is None and report.words else (),
        label=probe.label if probe.label != probe.kind.id else "",
    )
    radius_m = 0.0
    if probe.lat is not None and probe.lon is not None:
        gist.weight = 1.0 / (probe.accuracy_m * probe.accuracy_m)
        gist.home = (probe.lat, probe.lon)
        radius_m = probe.accuracy_m
    priority, severity, rank, reasons = priority_of(
        probe.kind.id, gist.claims, grade(probe), 1, 1, report.received_at, policy
    )
    return Incident(
        id=incident_id(report.id),
        zone=report.zone,
        type=probe.kind.id,
        priority=priority,
        severity=severity,
        rank=rank,
        lane=lane_of(priority, probe, policy),
        lat=probe.lat,
        lon=probe.lon,
        radius_m=radius_m,
        address=report.location.address[:200],
        opened_by=report.id,
        opened_at=report.received_at,
        first_at=report.event_time,
        last_at=report.event_time,
        summary=bounded(report.words, MAX_SUMMARY) if len(report.words) > MAX_SUMMARY else report.words,
        reasons=reasons,
        flags=flags,
        policy=policy.version,
        exercise=report.exercise,
        decision_version=1,
        gist=gist,
    )


def lane_of(priority: int, probe: Probe, policy: Policy) -> Lane:
    """Return the lane in which the incident travels from now on."""
    if priority <= policy.life_priority or probe.life:
        return Lane.LIFE
    return probe.report.lane


def with_flag(flags: tuple[str, ...], flag: str) -> tuple[str, ...]:
    """Return the flags with `flag` among them, at most 16."""
    return flags if flag in flags or len(flags) >= MAX_FLAGS else (*flags, flag)


def copied(incident: Incident) -> Incident:
    """Return a copy that can be changed: its gist too, the lists still shared until they are replaced."""
    fresh = copy(incident)
    fresh.gist = copy(incident.gist)
    return fresh


def joined(incident: Incident, probe: Probe, policy: Policy) -> Incident:
    """Return the incident with one more report: a new object, the old one untouched.

    Priority, severity and rank never fall; `decision_version` rises when the priority does.
    """
    report, fresh = probe.report, copied(incident)
    gist = fresh.gist
    fresh.reports += 1
    fresh.first_at = min(fresh.first_at, report.event_time)
    fresh.last_at = max(fresh.last_at, report.event_time)
    if fresh.reports <= policy.sketch_reports and probe.sketch:
        gist.sketch = merge_sketches(gist.sketch, probe.sketch)
    if fresh.lat is None and probe.lat is None and report.words:
        gist.told = kept(gist.told, pack(probe.told or tell(report.words)))
    elif gist.told and probe.lat is not None:
        gist.told = ()
    if not fresh.summary and report.words:
        fresh.summary = report.words[:MAX_SUMMARY]
    if probe.reporter and probe.reporter not in gist.reporters:
        if len(gist.reporters) < MAX_REPORTERS:
            gist.reporters = [*gist.reporters, probe.reporter]
            fresh.reporters = max(fresh.reporters, len(gist.reporters))
        elif probe.reporter not in gist.folds:
            fresh.reporters += 1  # an estimate from here on, and it never falls
    if probe.source not in gist.sources and len(gist.sources) < MAX_REPORTERS:
        gist.sources = [*gist.sources, probe.source]
        fresh.sources = max(fresh.sources, len(gist.sources))
    if probe.sort not in gist.kinds:
        gist.kinds = sorted([*gist.kinds, probe.sort])
    if probe.reporter:
        gist.folds = _newest(gist.folds, probe.reporter, report.event_time)
    for name in (probe.assets, probe.place):
        if name and name not in gist.assets and len(gist.assets) < MAX_ASSETS:
            gist.assets = [*gist.assets, name]
    if probe.claims and not set(probe.claims) <= set(gist.claims):
        gist.claims = sorted({*gist.claims, *probe.claims})
    if not fresh.address and report.location.address:
        fresh.address = report.location.address[:200]
    _place(fresh, probe)
    priority, severity = grade(probe)
    if gist.word and (priority <= policy.life_priority or priority < gist.word_over):
        # Another cry, or graver than all that the person knew: the word holds no longer.
        priority = min(priority, gist.word_over)
        gist.word = gist.word_over = 0
        fresh.flags = tuple(flag for flag in fresh.flags if flag != LOWERED)
    floor = (min(priority, fresh.priority), max(severity, fresh.severity))
    fresh.priority, fresh.severity, rank, fresh.reasons = priority_of(
        fresh.type, gist.claims, floor, fresh.reporters, len(gist.kinds), fresh.opened_at, policy, word_of(fresh)
    )
    fresh.rank = max(rank, incident.rank)
    if fresh.priority < incident.priority:
        fresh.decision_version += 1
    if fresh.lane is not Lane.LIFE:
        fresh.lane = lane_of(fresh.priority, probe, policy) if probe.life or fresh.priority <= 2 else fresh.lane
    fresh.policy = policy.version
    return fresh


def reopened(incident: Incident) -> Incident:
    """Change a copy of a closed incident back to triaged, with the flags that say why."""
    incident.state = IncidentState.TRIAGED
    incident.closing_code = ""
    incident.closed_at = 0.0
    incident.owner, incident.claim_until = "", 0.0
    incident.flags = with_flag(with_flag(incident.flags, "joined_after_close"), "reopened")
    incident.decision_version += 1
    return incident


def _newest(folds: dict[int, float], reporter: int, at: float) -> dict[int, float]:
    kept = dict(folds)
    kept[reporter] = max(at, kept.get(reporter, at))
    if len(kept) > MAX_FOLDS:
        del kept[min(kept, key=lambda key: (kept[key], key))]
    return kept


def _place(fresh: Incident, probe: Probe) -> None:
    gist = fresh.gist
    if probe.lat is None or probe.lon is None:
        return
    weight = 1.0 / (probe.accuracy_m * probe.accuracy_m)
    if fresh.lat is None or fresh.lon is None or gist.home is None:
        fresh.lat, fresh.lon, fresh.radius_m = probe.lat, probe.lon, probe.accuracy_m
        gist.weight, gist.home = weight, (probe.lat, probe.lon)
        return
    total = gist.weight + weight
    share = weight / total
    lat = fresh.lat + (probe.lat - fresh.lat) * share
    lon = fresh.lon + (probe.lon - fresh.lon) * share
    home_lat, home_lon = gist.home
    drift_m = metres(home_lat, home_lon, lat, lon)
    leash_m = kind_of(fresh.type).radius_m
    if drift_m > leash_m:
        lat = home_lat + (lat - home_lat) * leash_m / drift_m
        lon = home_lon + (lon - home_lon) * leash_m / drift_m
    fresh.lat, fresh.lon, gist.weight = lat, lon, total
    # What is known of the middle, and how far the happening has been seen to spread (at most its radius).
    spread_m = min(leash_m, metres(lat, lon, probe.lat, probe.lon) * 0.5)
    fresh.radius_m = min(max(fresh.radius_m, leash_m), max(1.0 / math.sqrt(total), fresh.radius_m * 0.9, spread_m))
