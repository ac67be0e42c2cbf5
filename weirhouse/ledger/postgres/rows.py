# SPDX-License-Identifier: Apache-2.0
"""Rows as columns: what the statements that write incidents, changes, audit and outbox are given."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import Final

import msgspec

from weirhouse.domain.decision import AuditEntry
from weirhouse.domain.incident import Incident
from weirhouse.ledger.cells import cell_of
from weirhouse.ledger.ports import OutboxRow
from weirhouse.ledger.postgres.columns import Blobs, Flags, Floats, Instants, Ints, Longs, Texts, Uuids

Params = dict[str, object]

_PACK: Final = msgspec.msgpack.Encoder().encode
_UNPACK_ALL: Final = msgspec.msgpack.Decoder(list[Incident]).decode
_AUDIT: Final = msgspec.json.Encoder(order="sorted").encode
AUDIT_ENTRY: Final = msgspec.json.Decoder(AuditEntry)

_MANY: Final = 100
"""Incidents at once from which the collector is held off."""


def unpack(bodies: Sequence[bytes]) -> list[Incident]:
    """Return the incidents of `incidents.body` values, decoded in one call."""
    whole = b"\xdd" + len(bodies).to_bytes(4, "big") + b"".join(bodies)
    if len(bodies) < _MANY or not gc.isenabled():
        return _UNPACK_ALL(whole)
    # None of them is garbage: without this the collector walks the growing heap again and again, half of the time.
    gc.disable()
    try:
        return _UNPACK_ALL(whole)
    finally:
        gc.enable()


def canonical(entry: AuditEntry) -> bytes:
    """Return the bytes of an audit entry that the chain hashes: JSON, keys sorted, no white space."""
    return _AUDIT(entry)


def lane_of(incident: Incident) -> str:
    """Return the lane that what is said of `incident` travels in."""
    return "life" if incident.lane == "life" else "ordinary"


def incident_params(rows: Sequence[Incident]) -> Params:
    """Return the columns of incident rows."""
    return {
        "ids": Uuids([i.id for i in rows]),
        "numbers": Longs([i.number for i in rows]),
        "zones": Texts([i.zone for i in rows]),
        "types": Texts([i.type for i in rows]),
        "states": Texts([i.state for i in rows]),
        "priorities": Ints([i.priority for i in rows]),
        "ranks": Floats([i.rank for i in rows]),
        "lanes": Texts([i.lane for i in rows]),
        "lats": Floats([i.lat for i in rows]),
        "lons": Floats([i.lon for i in rows]),
        "cells": Ints([cell_of(i.lat, i.lon) for i in rows]),
        "addresses": Texts([i.address for i in rows]),
        "opened": Instants([i.opened_at for i in rows]),
        "last": Instants([i.last_at for i in rows]),
        "closed": Instants([i.closed_at or None for i in rows]),
        "reports": Ints([i.reports for i in rows]),
        "summaries": Texts([i.summary for i in rows]),
        "owners": Texts([i.owner for i in rows]),
        "merged": Uuids([i.merged_into for i in rows]),
        "teams": Ints([i.teams for i in rows]),
        "policies": Ints([i.policy for i in rows]),
        "exercises": Flags([i.exercise for i in rows]),
        "versions": Longs([i.version for i in rows]),
        "decisions": Longs([i.decision_version for i in rows]),
        "bodies": Blobs([_PACK(i) for i in rows]),
    }


class ChangeRow(msgspec.Struct, frozen=True):
    """One row of `changes` before its number; `at` in seconds UTC.

    `cut`: of an incident's body, the bytes that may leave the house (`weirhouse.wire.views.record_length`).
    """

    kind: str
    entity: str
    version: int
    zone: str
    lane: str
    at: float
    trace: str
    body: bytes
    cut: int = 0


def change_params(rows: Sequence[ChangeRow]) -> Params:
    """Return the columns of `changes`."""
    return {
        "kinds": Texts([c.kind for c in rows]),
        "entities": Texts([c.entity for c in rows]),
        "versions": Longs([c.version for c in rows]),
        "zones": Texts([c.zone for c in rows]),
        "lanes": Texts([c.lane for c in rows]),
        "at": Instants([c.at for c in rows]),
        "traces": Texts([c.trace for c in rows]),
        "bodies": Blobs([c.body for c in rows]),
    }


def audit_params(rows: Sequence[AuditEntry]) -> Params:
    """Return the columns of `audit`."""
    return {
        "at": Instants([a.at for a in rows]),
        "actors": Texts([a.actor for a in rows]),
        "actions": Texts([a.action for a in rows]),
        "entities": Texts([a.entity for a in rows]),
        "ids": Texts([a.entity_id for a in rows]),
        "bodies": Blobs([canonical(a) for a in rows]),
    }


def outbox_params(rows: Sequence[OutboxRow], now: float) -> Params:
    """Return the columns of `outbox`."""
    return {
        "now": now,
        "topics": Texts([o.topic for o in rows]),
        "keys": Texts([o.key for o in rows]),
        "lanes": Texts(["life" if o.lane == "life" else "ordinary" for o in rows]),
        "values": Blobs([o.value for o in rows]),
        "traces": Texts([o.trace for o in rows]),
    }
