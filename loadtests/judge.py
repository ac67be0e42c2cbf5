# SPDX-License-Identifier: Apache-2.0
"""What the house made of a storm, beside the truth that the generator kept for itself."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

from weirhouse.cli.stores import ledger
from weirhouse.settings import Settings

# A person's report with the incident that holds it now, its priority, and the key of the report that opened it.
_STANDS = b"""
select b.key, replace(d.incident_id::text, '-', ''), i.priority, coalesce(first.key, '')
from dispositions d
join inbox b using (report_id)
join incidents i on i.incident_id = d.incident_id
left join (
    select o.incident_id, min(w.key) as key from dispositions o join inbox w using (report_id)
    where o.kind = 'opened' group by o.incident_id
) first on first.incident_id = d.incident_id
"""


@dataclass(frozen=True)
class Score:
    """Shares in [0, 1] unless they count.

    Attributes
    ----------
    twins
        Incidents more than one for a happening, over the happenings that two or more people told of.
    twin_share
        The same over the incidents that hold reports of a happening.
    false_joins
        People's reports that stand in an incident which a report of another happening opened; noise that hides behind
        a happening and a happening that hides behind noise count, noise gathered with noise does not.
    false_join_share
        The same over all reports that did not open an incident.
    noise_gathered
        Reports of no happening that stand with others of none: one line on a screen instead of many.
    danger
        Reports that told of lives in danger.
    danger_lowered
        Those of them whose incident stands below P2.
    """

    reports: int
    happenings: int
    incidents: int
    twins: int
    twin_share: float
    false_joins: int
    false_join_share: float
    noise_gathered: int
    danger: int
    danger_lowered: int

    def figures(self) -> dict[str, float]:
        """Return the score by name."""
        return {name: float(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Stood:
    """Where one report stands: its incident, that incident's priority, and the report that opened it."""

    key: str
    incident: str
    priority: int
    opener: str


def score(truth: list[dict[str, object]], stood: list[Stood]) -> Score:
    """Compare. A report of no happening is one of its own; an incident that a device opened has no opener here."""
    told = {str(row["report"]): row for row in truth if "report" in row}
    meant = {key: str(row["happening"]) or f"alone {key}" for key, row in told.items()}
    holders: dict[str, set[str]] = defaultdict(set)
    sizes: Counter[str] = Counter(meant.values())
    joined = false = gathered = lowered = 0
    for report in stood:
        holders[meant[report.key]].add(report.incident)
        if report.opener and report.opener != report.key:
            joined += 1
            noise = not told[report.key]["happening"] and not told[report.opener]["happening"]
            gathered += noise
            false += not noise and meant[report.opener] != meant[report.key]
        lowered += bool(told[report.key]["danger"]) and report.priority > 2
    shared = {name for name, size in sizes.items() if size > 1}
    twins = sum(len(holders[name]) - 1 for name in shared if holders[name])
    of_shared = sum(len(holders[name]) for name in shared)
    return Score(
        reports=len(stood),
        happenings=len(sizes),
        incidents=len({report.incident for report in stood}),
        twins=twins,
        twin_share=round(twins / of_shared, 4) if of_shared else 0.0,
        false_joins=false,
        false_join_share=round(false / joined, 4) if joined else 0.0,
        noise_gathered=gathered,
        danger=sum(bool(row["danger"]) for row in told.values()),
        danger_lowered=lowered,
    )


async def stands(settings: Settings) -> list[Stood]:
    """Return where every person's report stands in the ledger."""
    async with ledger(settings) as book:
        rows = await book.database.rows(_STANDS)
    return [Stood(key, incident, priority, opener) for key, incident, priority, opener in rows]


def of_run(settings: Settings, truth: Path) -> Score:
    """Score one run by its truth file."""
    rows = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    return score(rows, asyncio.run(stands(settings)))
