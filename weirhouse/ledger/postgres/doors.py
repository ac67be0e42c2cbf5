# SPDX-License-Identifier: Apache-2.0
"""Inbox and outbox for the doors, on PostgreSQL: one statement a batch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from weirhouse.ledger.ports import Accept, Accepted, ReportStatus
from weirhouse.ledger.postgres.columns import Blobs, Instants, Texts, Uuids
from weirhouse.ledger.postgres.pool import Connection, Database
from weirhouse.ledger.postgres.wakes import Wakes
from weirhouse.ledger.queries import queries
from weirhouse.wire.envelope import encode

_SQL = queries("doors")


def key_id(sealed_key: bytes) -> bytes:
    """Return the id of a wrapped subject key: the first 8 bytes of its SHA-256."""
    return hashlib.sha256(sealed_key).digest()[:8]


class PostgresDoors:
    """`weirhouse.ledger.ports.Doors` on PostgreSQL."""

    def __init__(self, database: Database, wakes: Wakes) -> None:
        self._database = database
        self._wakes = wakes

    async def accept(self, items: Sequence[Accept]) -> list[Accepted]:
        """Make all of them safe in one transaction (see the port)."""
        if not items:
            return []
        firsts: dict[str, Accept] = {}
        for item in items:
            firsts.setdefault(item.report.id, item)
        # One order of ids for everybody: two doors with the same reports wait for each other, never in a circle.
        batch = [firsts[key] for key in sorted(firsts)]
        known = {key: (item.body_sha256, b"") for key, item in firsts.items()}
        params = _params(batch)

        async def work(connection: Connection) -> tuple[set[str], dict[str, tuple[bytes, bytes]]]:
            async with connection.pipeline():
                cursor = await connection.execute(_SQL["accept"], params, binary=True)
                if self._wakes.due():
                    await self._wakes.send(connection)
                fresh = {row[0] for row in await cursor.fetchall()}
            rest = [key for key in firsts if key not in fresh]
            if not rest:
                return fresh, {}
            # A statement of its own sees what another transaction committed while the first one waited for it.
            found = await connection.execute(_SQL["known"], {"ids": Uuids(rest)}, binary=True)
            return fresh, {row[0]: (row[1], row[2]) for row in await found.fetchall()}

        fresh, before = await self._database.run(work)
        known.update(before)
        answers: list[Accepted] = []
        for item in items:
            report_id = item.report.id
            # An empty hash stands for a report that came past the ledger: what the door read then is not known.
            sha, body = known[report_id]
            if sha not in (b"", item.body_sha256):
                answers.append(Accepted(report_id, "mismatch"))
            elif report_id in fresh:
                fresh.discard(report_id)
                answers.append(Accepted(report_id, "first"))
            else:
                answers.append(Accepted(report_id, "repeat", body or encode(firsts[report_id].report)))
        return answers

    async def status(self, report_ids: Sequence[str]) -> list[ReportStatus]:
        """Return the statuses of those that are known."""
        rows = await self._database.rows(_SQL["status"], {"ids": Uuids(list(report_ids))})
        return [
            ReportStatus(
                report_id=report_id,
                disposition=kind,
                incident_id=incident or "",
                incident_number=number or 0,
                zone=zone,
                score=score or 0.0,
                terms=(terms or "[]").encode(),
            )
            for report_id, kind, incident, number, zone, score, terms in rows
        ]


def _params(batch: Sequence[Accept]) -> dict[str, object]:
    reports = [item.report for item in batch]
    return {
        "ids": Uuids([r.id for r in reports]),
        "sources": Texts([r.source for r in reports]),
        "keys": Texts([r.key for r in reports]),
        "sha": Blobs([item.body_sha256 for item in batch]),
        "lanes": Texts(["life" if r.lane == "life" else "ordinary" for r in reports]),
        "zones": Texts([r.zone for r in reports]),
        "event": Instants([r.event_time for r in reports]),
        "received": Instants([r.received_at for r in reports]),
        "bodies": Blobs([encode(r) for r in reports]),
        "topics": Texts([item.topic for item in batch]),
        "traces": Texts([item.trace for item in batch]),
        "subjects": Texts([item.subject for item in batch]),
        "key_ids": Blobs([key_id(item.subject_key) if item.subject_key else b"" for item in batch]),
        "sealed_keys": Blobs([item.subject_key or None for item in batch]),
        "personal": Blobs([item.personal or None for item in batch]),
    }
