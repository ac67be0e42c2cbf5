# SPDX-License-Identifier: Apache-2.0
"""What the domain's rules return: decisions as types, for the agent or the desk to carry out."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

import msgspec

from weirhouse.domain.incident import Assignment, Incident, Team, Term
from weirhouse.domain.report import Disposition, Report
from weirhouse.domain.telling import Told


class Band(StrEnum):
    """The three answers to "does this report speak of that incident?" (并入、建议并入、不并)."""

    JOIN = "join"
    SUGGEST = "suggest"
    APART = "apart"


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate with its calibrated score in [0, 1], the terms behind it and the band it falls in."""

    incident_id: str
    score: float
    band: Band
    terms: tuple[Term, ...]


class AuditEntry(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of the audit: who did what to which row, and why. `at` in seconds UTC."""

    at: float
    actor: str
    action: str
    entity: str
    entity_id: str
    before: dict[str, object] = msgspec.field(default_factory=dict)
    after: dict[str, object] = msgspec.field(default_factory=dict)
    reason: str = ""


class Decided(msgspec.Struct, kw_only=True):
    """What becomes of one report, decided by `weirhouse.domain.decide.decide`.

    `incident` is the row after the decision (a new object, never the one in memory; None for
    moving and set aside); `zone` where the report lives now. `own_line` shows a life-safety report
    on a line of its own. `forward_to` names the neighbour zone for `moving`.
    """

    report: Report
    disposition: Disposition
    incident: Incident | None = None
    score: float = 0.0
    terms: tuple[Term, ...] = ()
    own_line: bool = False
    forward_to: str = ""
    forward_incident: str = ""
    suggestions: tuple[Match, ...] = ()
    audit: tuple[AuditEntry, ...] = ()


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """A device's episode that already counts speaks again: no new report, `repeats` one more.

    `incident` is the row after it when the signal changed something (cleared, worse), else None.
    """

    report_id: str
    incident_id: str
    incident: Incident | None = None
    audit: tuple[AuditEntry, ...] = ()


class Candidates(Protocol):
    """What a decision may look at: the open (and lately closed) incidents of the report's partition."""

    def tell(self, report: Report) -> Told | None:
        """Return what the words of a report without a place tell here; None for one with a place or no words."""
        ...

    def near(self, report: Report) -> Iterable[Incident]:
        """Incidents of the zone that could be meant, by place, type and time; bounded (at most 200)."""
        ...

    def get(self, incident_id: str) -> Incident | None:
        """Return the incident, merges followed to the root, or None when memory does not know it."""
        ...

    def root(self, incident_id: str) -> str:
        """Return the id of the incident that it was merged into, though memory may not hold that one."""
        ...

    def standing(self, source: str, episode: str) -> Incident | None:
        """Return the incident in which the device's episode stands (or stood), or None. An empty
        episode asks for the newest incident in which any episode of the source stands or stood."""
        ...

    def across(self, report: Report) -> Iterable[tuple[str, Incident]]:
        """Outlines of neighbour zones' border incidents: (home zone, outline as an incident)."""
        ...


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Reports that go from one incident to another; carried out in the order of `DeskWrite.moves`.

    Each keeps what it was there as its last term (`moved`, "kind incident"). What opened an incident joins, unless it
    is the one that `opens` the target; a life-safety report that had opened one is shown on a line of its own.
    """

    source: str
    target: str
    zone: str
    """The target's zone, where the reports live from now on."""
    ids: tuple[str, ...] = ()
    """Which reports; empty for all that stand in the source."""
    opens: str = ""
    back: bool = False
    """Only those whose last term says that they came from the target: what they were there is given back."""


MOVED = "moved"
"""Code of the term that says where a report stood before a person moved it."""


class DeskWrite(msgspec.Struct, kw_only=True):
    """What one act of the desk changes: rows after the act, to be written by compare-and-set together."""

    incident: Incident | None = None
    others: tuple[Incident, ...] = ()
    """Further incident rows of the same act (merged away, split off, linked)."""
    moves: tuple[Moved, ...] = ()
    teams: tuple[Team, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    audit: tuple[AuditEntry, ...] = ()
    membership: tuple[str, ...] = ()
    """Zones whose membership version must rise (the act opens, reopens or retypes)."""
    everybody: bool = False
    """Whether the teams' news go to every zone, in the life lane (distress and its end)."""
