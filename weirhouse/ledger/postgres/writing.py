# SPDX-License-Identifier: Apache-2.0
"""What one slice writes, as parameters of the statements in `sql/slices.sql`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from weirhouse.domain.decision import Decided
from weirhouse.domain.incident import Incident
from weirhouse.domain.report import Lane, Report
from weirhouse.ledger.ports import PersonalPart, SlicePlan
from weirhouse.ledger.postgres.columns import Blobs, Flags, Floats, Instants, Ints, Jsons, Longs, Texts, Uuids
from weirhouse.ledger.postgres.doors import key_id
from weirhouse.ledger.postgres.rows import ChangeRow, Params, audit_params, change_params, lane_of
from weirhouse.ledger.slicing import audit_of, written, zone_of
from weirhouse.wire.envelope import encode
from weirhouse.wire.topics import INCIDENTS
from weirhouse.wire.views import record_length, view_json

_NONE: Final[Mapping[str, str]] = {}
_TERMS: Final = msgspec.json.Encoder().encode


def offset_params(plan: SlicePlan) -> Params:
    """Return the parameters of `move_offsets` and `standing_offsets`."""
    return {
        "cluster": plan.cluster_id,
        "topics": Texts([step.topic for step in plan.offsets]),
        "partitions": Ints([step.partition for step in plan.offsets]),
        "expected": Longs([step.expected for step in plan.offsets]),
        "next": Longs([step.next for step in plan.offsets]),
    }


def decide_params(decided: Sequence[Decided], now: float, policy: int) -> Params:
    """Return the parameters of `decide`; `decided` in the order of report ids."""
    return {
        "now": now,
        "policy": policy,
        "ids": Uuids([d.report.id for d in decided]),
        "received": Instants([d.report.received_at for d in decided]),
        "kinds": Texts([d.disposition for d in decided]),
        "incidents": Uuids([d.incident.id if d.incident is not None else "" for d in decided]),
        "zones": Texts([zone_of(d) for d in decided]),
        "scores": Floats([d.score for d in decided]),
        "terms": Jsons([_TERMS(d.terms) if d.terms else b"[]" for d in decided]),
        "lanes": Texts([d.report.lane for d in decided]),
        "own_lines": Flags([d.own_line for d in decided]),
    }


def report_params(reports: Sequence[Report]) -> Params:
    """Return the parameters of `reports`."""
    return {
        "ids": Uuids([r.id for r in reports]),
        "received": Instants([r.received_at for r in reports]),
        "sources": Texts([r.source for r in reports]),
        "zones": Texts([r.zone for r in reports]),
        "lanes": Texts([r.lane for r in reports]),
        "types": Texts([r.type for r in reports]),
        "event": Instants([r.event_time for r in reports]),
        "bodies": Blobs([encode(r) for r in reports]),
    }


def inbox_params(rows: Sequence[tuple[Report, bytes]]) -> Params:
    """Return the parameters of `inbox`; the door's hash is not known here, so it stays empty."""
    ordered = sorted(rows, key=lambda row: row[0].id)
    reports = [report for report, _ in ordered]
    return {
        "ids": Uuids([r.id for r in reports]),
        "sources": Texts([r.source for r in reports]),
        "keys": Texts([r.key for r in reports]),
        "sha": Blobs([b""] * len(reports)),
        "lanes": Texts(["life" if r.lane is Lane.LIFE else "ordinary" for r in reports]),
        "zones": Texts([r.zone for r in reports]),
        "event": Instants([r.event_time for r in reports]),
        "received": Instants([r.received_at for r in reports]),
        "bodies": Blobs([body for _, body in ordered]),
    }


def personal_params(parts: Mapping[str, PersonalPart]) -> Params:
    """Return the parameters of `personal`."""
    ids = sorted(parts)
    return {
        "ids": Uuids(ids),
        "subjects": Texts([parts[key].subject for key in ids]),
        "key_ids": Blobs([key_id(parts[key].subject_key) for key in ids]),
        "sealed_keys": Blobs([parts[key].subject_key for key in ids]),
        "sealed": Blobs([parts[key].sealed for key in ids]),
    }


def incident_news(
    rows: Sequence[Incident], at: float, trace: str, traces: Mapping[str, str] = _NONE
) -> list[ChangeRow]:
    """Return what the feed is told of incident rows; `traces` names those with a trace of their own."""
    news = []
    for row in rows:
        body = view_json(row)
        seen = traces.get(row.id, trace)
        cut = record_length(row, body)
        news.append(ChangeRow("incident", row.id, row.version, row.zone, lane_of(row), at, seen, body, cut))
    return news


def news_params(news: Sequence[ChangeRow], withheld: list[str], prefix: str) -> Params:
    """Return the parameters of `incident_changes`; `withheld` (exercises) never leave the house."""
    params = change_params(news)
    params["topic"] = f"{prefix}{INCIDENTS.name}"
    params["withheld"] = withheld
    params["cuts"] = Ints([row.cut for row in news])
    return params


class Ready:
    """What a slice writes that depends on no compare's answer."""

    def __init__(self, plan: SlicePlan) -> None:
        audit = audit_of(plan)
        self.reports = report_params([d.report for d in plan.decided]) if plan.decided else None
        self.audit = audit_params(audit) if audit else None
        updated = [written(w) for w in plan.incidents if w.expected > 0]
        self.news = incident_news(updated, plan.now, plan.trace, plan.traces)
