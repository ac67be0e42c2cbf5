# SPDX-License-Identifier: Apache-2.0
"""From a checked body to what is made safe: identity, place, lane, clock, seal. No I/O."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

import msgspec

from api.doors.intake import ReportIn
from api.doors.seal import Sealer, personal_part
from api.doors.standing import City
from api.problems import Problem, field
from api.security import Principal, Role
from weirhouse.domain import ids
from weirhouse.domain.city import Source
from weirhouse.domain.report import Channel, Lane, Location, Point, Report
from weirhouse.domain.triage import Triage, triage
from weirhouse.ledger.ports import Accept
from weirhouse.wire.topics import REPORTS_LIFE, REPORTS_ORDINARY

DESK_SOURCE: Final = "desk"
PEOPLE: Final = "person"
"""The sort of source for which people at a desk may write: hotline, app, web, messages."""
CLAIMED_PRIORITY: Final = 2
"""What `life_safety: true` claims: serious harm likely; only words or an entitled type make it more."""
_NO_LOCATION: Final = Location()


class Answer(msgspec.Struct, frozen=True):
    """The 202's body."""

    id: str
    status: str
    lane: str
    zone: str
    type: str
    claims: tuple[str, ...]
    href: str


class Prepared(msgspec.Struct, frozen=True):
    """Ready to be made safe. `plain` is the personal part in the clear, for the box only; never kept."""

    accept: Accept
    plain: bytes
    raised: tuple[str, ...]
    """Claims by which the words alone raised it into the life-safety lane."""


class Limits(msgspec.Struct, frozen=True):
    """How far a source's clock may be believed."""

    past: timedelta
    future: timedelta


_UNKNOWN: Final = Source(id="", name="", sort="person")


def prepare(
    report: ReportIn,
    body: bytes,
    key: str,
    principal: Principal,
    city: City,
    sealer: Sealer,
    limits: Limits,
    now: float,
    trace: str,
    topics: tuple[str, str],
) -> Prepared:
    """Return the report as it will be kept.

    Parameters
    ----------
    body
        Its bytes: the same key with other bytes is refused later.
    key
        `Idempotency-Key`, used when the report has no id of its own.
    now
        The door's stamp, seconds UTC.
    topics
        Full names of the life-safety and the ordinary topic.

    Raises
    ------
    Problem
        `forbidden`, `key-required`, `invalid-value`.
    """
    source_id, source = _source(report, principal, city)
    own = report.id or key
    if not own:
        raise Problem("key-required", "give the report an id, or send Idempotency-Key")
    report_id = ids.report_id(source_id, own)
    entitled = source.may_claim_life or Role.SOURCE not in principal.roles
    judged = triage(report.description, report.type, CLAIMED_PRIORITY if report.life_safety else 0, entitled)
    lane = Lane.LIFE if judged.lane is Lane.LIFE else Lane.ORDINARY
    zone, location = city.placing.settle(_location(report), source.zone, report.description)
    reporter = report.reporter
    subject = sealer.subject(source_id, reporter) if reporter else ""
    plain = personal_part(reporter) if reporter else b""
    sealed = sealer.seal(subject, report_id, plain)
    kept = Report(
        id=report_id,
        source=source_id,
        key=own,
        channel=report.channel or _channel(principal),
        zone=zone,
        lane=lane,
        type=judged.type,
        words=report.description,
        language=report.language or judged.language,
        location=location,
        reporter=subject,
        event_time=_event_time(report, source, limits, now),
        received_at=now,
        claims=judged.claims,
        attributes=_attributes(report, judged),
        priority_hint=judged.priority_hint,
        joins=report.joins,
        exercise=report.exercise or source.exercise,
    )
    accept = Accept(
        report=kept,
        body_sha256=hashlib.sha256(body).digest(),
        topic=topics[0] if lane is Lane.LIFE else topics[1],
        subject=sealed.subject,
        subject_key=sealed.subject_key,
        personal=sealed.part,
        trace=trace,
    )
    raised = judged.claims if lane is Lane.LIFE and not report.life_safety else ()
    return Prepared(accept, plain, raised)


def answer_of(report: Report) -> Answer:
    """Return what the door answers for a report that is safe: the same whenever it is asked again."""
    href = f"/v1/reports/{report.id}"
    return Answer(report.id, "accepted", report.lane.value, report.zone, report.type, report.claims, href)


def topics_of(namespace: str) -> tuple[str, str]:
    """Return the full names of the life-safety and the ordinary topic."""
    return REPORTS_LIFE.full(namespace), REPORTS_ORDINARY.full(namespace)


def _source(report: ReportIn, principal: Principal, city: City) -> tuple[str, Source]:
    if principal.source is not None:
        # The registry's ids were checked when the city file was read.
        if report.source and report.source != principal.source.id:
            raise Problem("forbidden", f"source: this key speaks for {principal.source.id} only")
        return principal.source.id, principal.source
    if Role.SOURCE in principal.roles:
        raise _unregistered(principal.subject, city)
    source_id = report.source or DESK_SOURCE
    if not ids.names_a_source(source_id):
        raise field("source", f"holds a control character or `{ids.EPISODE_SEPARATOR}`", "forbidden-character")
    found = city.sources.get(source_id)
    if source_id == DESK_SOURCE:
        return source_id, found or _UNKNOWN
    if found is None:
        raise _unregistered(source_id, city)
    if found.sort != PEOPLE:
        raise Problem("forbidden", f"source: people at a desk do not speak for a {found.sort}")
    return source_id, found


def _unregistered(source_id: str, city: City) -> Problem:
    if not city.zones:
        # Nothing was read yet: nobody can say whether there is such a source.
        return Problem("not-safe", "the source registry cannot be read now; send it again")
    return field("source", f"unknown source {source_id}", "unknown-source")


def _channel(principal: Principal) -> Channel:
    if principal.source is None:
        return "phone"
    match principal.source.sort:
        case "sensor":
            return "sensor"
        case "camera":
            return "camera"
        case "field":
            return "field"
        case "partner":
            return "partner"
        case _:
            return "app"


def _location(report: ReportIn) -> Location:
    given = report.location
    if given is None:
        return _NO_LOCATION
    point = given.point
    at = Point(point.lat, point.lon, point.accuracy_m) if point is not None else None
    return Location(at, given.address, given.asset_id, given.place_id)


def _event_time(report: ReportIn, source: Source, limits: Limits, now: float) -> float:
    if report.observed_at is None:
        return now
    try:
        at = report.observed_at.timestamp()
    except (OverflowError, ValueError):
        raise field("observed_at", "is not an instant of our time", "out-of-range") from None
    if at < now - limits.past.total_seconds():
        raise field("observed_at", f"is more than {limits.past.days} days ago", "out-of-range")
    if at > now + limits.future.total_seconds():
        raise field("observed_at", f"is more than {limits.future.total_seconds():g} s ahead", "out-of-range")
    # A clock cannot poison: within what the registry trusts this source, and never ahead of the door's stamp.
    return min(now, max(at, now - source.clock_behind_s))


def _attributes(report: ReportIn, judged: Triage) -> dict[str, str]:
    if not judged.claimed_type or judged.claimed_type == judged.type:
        return report.attributes
    return {**report.attributes, "claimed_type": judged.claimed_type}
