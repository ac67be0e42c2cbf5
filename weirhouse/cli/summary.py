# SPDX-License-Identifier: Apache-2.0
"""The demo's summary: what became of everything that was sent, how fast, and whether nothing was lost or doubled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from weirhouse.cli.stores import ledger, statements
from weirhouse.cli.subscriber import Seen
from weirhouse.cli.talk import Talk
from weirhouse.cli.words import sentence
from weirhouse.domain.report import Disposition
from weirhouse.ledger.reconcile import Reconciliation
from weirhouse.ledger.verify import Verification
from weirhouse.settings import Settings

KINDS = tuple(kind.value for kind in Disposition if kind is not Disposition.IN_FLIGHT)


@dataclass(frozen=True)
class Line:
    """One conservation line: both sides and whether they agree; `key` names its sentence in `words`."""

    key: str
    left: int
    right: int

    @property
    def what(self) -> str:
        """The line's sentence in English, for programs."""
        return sentence("en", self.key)

    @property
    def holds(self) -> bool:
        """Whether both sides are equal."""
        return self.left == self.right


@dataclass
class Figures:
    """The ledger's figures after a run; latencies in milliseconds."""

    received: int = 0
    in_flight: int = 0
    people: dict[str, int] = field(default_factory=dict)
    signals: dict[str, int] = field(default_factory=dict)
    incidents: int = 0
    incidents_open: int = 0
    incident_reports: int = 0
    largest: int = 0
    held: int = 0
    door_ledger_ms: dict[str, float | None] = field(default_factory=dict)
    door_feed_ms: dict[str, float | None] = field(default_factory=dict)


def quantiles(values: Sequence[float]) -> dict[str, float | None]:
    """Return p50, p99 and the count of values given in seconds, in milliseconds (nearest rank)."""
    ordered = sorted(values)
    if not ordered:
        return {"p50": None, "p99": None, "n": 0}
    out: dict[str, float | None] = {"n": len(ordered)}
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        out[name] = round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 1)
    return out


async def figures(settings: Settings, seen: Seen | None) -> Figures:
    """Read the figures from the ledger; with a subscriber's record also how long the way to a screen took."""
    sql = statements()
    out = Figures()
    async with ledger(settings) as book:
        for kind, person, count in await book.database.rows(sql["counts"]):
            (out.people if person else out.signals)[kind] = count
        row = await book.database.row(sql["inbox"])
        out.received, out.in_flight = row or (0, 0)
        row = await book.database.row(sql["incidents"])
        out.incidents, out.incidents_open, out.incident_reports, out.largest = row or (0, 0, 0, 0)
        row = await book.database.row(sql["held"])
        out.held = row[0] if row else 0
        decided = await book.database.rows(sql["decided"])
    out.door_ledger_ms = quantiles([done - came for _, _, came, done in decided])
    if seen is not None:
        shown = [_shown(seen, incident, version, came) for incident, version, came, _ in decided]
        out.door_feed_ms = quantiles([took for took in shown if took is not None])
    return out


def _shown(seen: Seen, incident: str, version: int | None, came: float) -> float | None:
    """Return the seconds from the door's stamp until the subscriber held that version or a later one."""
    if version is None:
        return None
    return next((at - came for at, held in seen.incidents.get(incident, ()) if held >= version), None)


def conservation(sent: dict[str, Any], found: Figures, sets: Reconciliation, rows: Verification) -> list[Line]:
    """Return the lines that must agree.

    Parameters
    ----------
    sent
        What the generator counted at the doors.
    sets
        What `reconcile` found by sets of ids, everything drained.
    rows
        What `verify` found by deriving every incident again.
    """
    refused = sum(sent["refused"].values()) + sent["unanswered"]
    handled = sent["accepted"] + sent["repeated"] + refused
    dangling = len(sets.without_report) + len(sets.without_incident)
    return [
        Line("line-attempts", sent["attempts"], handled),
        Line("line-kept", sent["accepted"], found.received),
        Line("line-decided", found.received, sum(found.people.values()) + found.in_flight),
        Line("line-lost", found.in_flight + len(sets.lost), 0),
        Line("line-doubled", len(sets.doubled), 0),
        Line("line-dangling", dangling, 0),
        Line("line-counted", found.incident_reports, found.held),
        Line("line-history", len(rows.differences), 0),
        Line("line-chain", rows.broken_link, 0),
    ]


def show(talk: Talk, found: Figures, lines: Sequence[Line]) -> None:
    """Print the summary for people."""

    def pair(values: dict[str, float | None]) -> str:
        return f"{values.get('p50', '-')} / {values.get('p99', '-')}"

    rows: list[tuple[str, object]] = [(talk.word("received"), found.received)]
    rows += [(talk.word(kind), found.people[kind]) for kind in KINDS if found.people.get(kind)]
    rows += [(talk.word("signals"), sum(found.signals.values())), (talk.word("incidents"), found.incidents)]
    rows += [(talk.word("door-ledger"), pair(found.door_ledger_ms)), (talk.word("door-feed"), pair(found.door_feed_ms))]
    talk.table(("", ""), rows, title=talk.word("summary"))
    talk.table(
        ("", "=", "=", ""),
        [
            (talk.word(line.key), line.left, line.right, talk.word("holds" if line.holds else "broken"))
            for line in lines
        ],
    )
    talk.say(talk.word("conserved" if all(line.holds for line in lines) else "not-conserved"))
