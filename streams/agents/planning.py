# SPDX-License-Identifier: Apache-2.0
"""Items become one transaction's plan: every item is asked of the domain, on an overlay of the memory. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

import msgspec

from streams.agents.decode import Item, header
from streams.memory.borders import OVER
from streams.memory.partition import Memory
from weirhouse.domain.correlate import match
from weirhouse.domain.decide import decide
from weirhouse.domain.decision import Again, Decided
from weirhouse.domain.ids import signal_report_id
from weirhouse.domain.incident import Term
from weirhouse.domain.index import IncidentIndex
from weirhouse.domain.policy import Policy
from weirhouse.domain.probe import Probe
from weirhouse.domain.reading import Signal
from weirhouse.domain.report import Disposition, Report
from weirhouse.domain.signals import decide_signal
from weirhouse.ledger.ports import IncidentWrite, OffsetStep, OutboxRow, PersonalPart, SlicePlan
from weirhouse.wire import topics
from weirhouse.wire.envelope import Crossing, Forwarded, encode

Unseal = Callable[[Report, bytes], PersonalPart | None]


def _stays_closed(report: Report, boxed: bytes) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Ground:
    """What a plan stands on beside its items. `crossings` is the topic's full name; `unseal` opens personal parts."""

    cluster_id: str
    policy: Policy
    crossings: str
    now: float
    unseal: Unseal = _stays_closed


@dataclass(slots=True)
class Planned:
    """A plan and the overlay it was decided on; the overlay is merged after the commit, or thrown away."""

    plan: SlicePlan
    overlay: IncidentIndex


def report_id_of(item: Item) -> str:
    """Return the id under which the item counts."""
    match item.value:
        case Report():
            return item.value.id
        case Signal():
            return signal_report_id(item.value.source, item.value.episode)
        case Forwarded():
            return item.value.report.id
        case _:
            assert_never(item.value)


def plan_items(
    items: Iterable[Item], memory: Memory, ground: Ground, offsets: list[OffsetStep], repeated: frozenset[str]
) -> Planned:
    """Decide the items in their order.

    Parameters
    ----------
    offsets
        The inputs' steps, the compare-and-set of the plan.
    repeated
        Report ids that the ledger said it knows: they are not decided again, signals among them count as repeats.
    """
    memory.index.policy = ground.policy
    overlay = memory.index.overlay()
    plan = SlicePlan(
        cluster_id=ground.cluster_id,
        partition=memory.number,
        epoch=memory.epoch,
        now=ground.now,
        policy=ground.policy.version,
        offsets=offsets,
    )
    seen: set[str] = set()
    zones: set[str] = set()
    for item in items:
        report_id = report_id_of(item)
        known = report_id in repeated or report_id in seen
        zones.add(item.zone)
        match item.value:
            case Report() as report:
                if known or memory.knows(report_id):
                    continue
                _past_the_ledger(plan, item, report, ground.unseal)
                _note(plan, overlay, item, decide(report, overlay, ground.policy, ground.now), ground)
            case Forwarded(report=report):
                # Its disposition stands as `moving`: the ledger's compare tells a repeat.
                if known:
                    continue
                _note(plan, overlay, item, _arrive(item.value, overlay, ground), ground)
            case Signal() as signal:
                if not _signal(plan, overlay, item, signal, ground, known and report_id not in seen):
                    continue
            case _:
                assert_never(item.value)
        seen.add(report_id)
    _rows(plan, memory, overlay)
    zones.update(write.incident.zone for write in plan.incidents)
    plan.memberships = {zone: memory.memberships[zone] for zone in zones if zone in memory.memberships}
    return Planned(plan, overlay)


def _signal(plan: SlicePlan, overlay: IncidentIndex, item: Item, signal: Signal, ground: Ground, known: bool) -> bool:
    """Decide one signal; return True if it counts as a report of its own in this plan."""
    decided = decide_signal(signal, overlay, ground.policy, ground.now)
    match decided:
        case None:
            return False
        case Decided() if known:
            # The ledger knows the episode, its incident left the memory long ago.
            plan.repeats[decided.report.id] = plan.repeats.get(decided.report.id, 0) + signal.repeats
            return False
        case Decided():
            _note(plan, overlay, item, decided, ground)
            return True
        case Again():
            plan.repeats[decided.report_id] = plan.repeats.get(decided.report_id, 0) + signal.repeats
            plan.audit.extend(decided.audit)
            if decided.incident is not None:
                overlay.put(decided.incident)
                if item.trace:
                    plan.traces[decided.incident.id] = item.trace
            return False
        case _:
            assert_never(decided)


def _arrive(forwarded: Forwarded, overlay: IncidentIndex, ground: Ground) -> Decided:
    """Decide a report that a neighbour forwarded: into the incident it was matched with, if that still stands.

    A target that was closed or is gone since is no reason to reopen it: the report is then judged like any other.
    """
    target = overlay.get(forwarded.incident)
    stands = target is not None and target.state not in OVER
    joins = forwarded.report.joins or (target.id if stands and target is not None else "")
    report = msgspec.structs.replace(forwarded.report, joins=joins, zone=forwarded.zone)
    decided = decide(report, overlay, ground.policy, ground.now, may_move=False)
    if joins and not forwarded.report.joins:
        # Nobody chose: the reasons are the neighbour's match, weighed again against the whole incident.
        found = match(Probe(report, ground.policy.life_priority), target, ground.policy) if target is not None else None
        decided.report = msgspec.structs.replace(report, joins="")
        if found is not None:
            decided.score = found.score
            decided.terms = (Term("forwarded", 1.0, f"matched from zone {forwarded.origin}"), *found.terms)
    return decided


def _past_the_ledger(plan: SlicePlan, item: Item, report: Report, unseal: Unseal) -> None:
    """A report that only Kafka held, because the ledger was away at the door: into the inbox with it."""
    if not item.record.headers or not any(name == topics.HEADER_SEALED for name, _ in item.record.headers):
        return
    plan.inbox.append((report, item.record.value or b""))
    boxed = header(item.record, topics.HEADER_SEALED)
    if not boxed:
        return
    part = unseal(report, boxed)
    if part is not None:
        plan.personal[report.id] = part
    else:
        plan.sealed[report.id] = boxed


def _note(plan: SlicePlan, overlay: IncidentIndex, item: Item, decided: Decided, ground: Ground) -> None:
    plan.decided.append(decided)
    if decided.incident is not None:
        overlay.put(decided.incident)
        if item.trace:
            plan.traces[decided.incident.id] = item.trace
    if decided.disposition is Disposition.MOVING:
        forwarded = Forwarded(
            zone=decided.forward_to,
            origin=decided.report.zone,
            report=decided.report,
            incident=decided.forward_incident,
        )
        plan.outbox.append(
            OutboxRow(
                topic=ground.crossings,
                key=decided.forward_to,
                lane=decided.report.lane,
                value=encode(Crossing(forwarded=forwarded)),
                trace=item.trace,
            )
        )


def _rows(plan: SlicePlan, memory: Memory, overlay: IncidentIndex) -> None:
    for incident in overlay:
        before = memory.index.by_id.get(incident.id)
        plan.incidents.append(IncidentWrite(incident, before.version if before is not None else 0))


def set_aside(report: Report, reason: str) -> Decided:
    """Return the disposition of a report that nobody could handle."""
    return Decided(report=report, disposition=Disposition.SET_ASIDE, terms=(Term("set_aside", 0.0, reason),))


def settle(planned: Planned, numbers: Mapping[str, int]) -> None:
    """Merge what is durable into the memory: rows carry the versions and numbers they were stored with."""
    for write in planned.plan.incidents:
        write.incident.version = write.expected + 1
        write.incident.number = numbers.get(write.incident.id, write.incident.number)
    planned.overlay.merge()
