# SPDX-License-Identifier: Apache-2.0
"""The ports of the ledger: what doors, correlator, desk, relay and feed ask of it.

Two adapters pass one contract suite: PostgreSQL (`weirhouse.ledger.postgres`) and the in-memory
double (`weirhouse.ledger.memory`). Instants are seconds UTC as floats unless a name says otherwise.
Every method may raise `LedgerAway` (the world is away: hold your place and retry).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Literal, Protocol

import msgspec

from weirhouse.domain.city import City, Place, Source, Zone
from weirhouse.domain.decision import AuditEntry, Decided, DeskWrite
from weirhouse.domain.incident import Assignment, Burden, Incident, Team
from weirhouse.domain.report import Lane, Report
from weirhouse.ledger.keyed import Answer
from weirhouse.ledger.keyed import KeyInFlight as KeyInFlight
from weirhouse.ledger.keyed import KeyMismatch as KeyMismatch


class LedgerAway(Exception):
    """The database cannot be reached or is shutting down; nothing was decided."""


class LedgerRefuses(Exception):
    """The database answered, and the statement can never succeed: the message is wrong, or we are."""


class SchemaTooOld(Exception):
    """The schema is older than this release: run `weirhouse migrate` first."""


# doors ---------------------------------------------------------------------------------------------


class Accept(msgspec.Struct, frozen=True, kw_only=True):
    """A report that passed the door's checks, to be made safe."""

    report: Report
    body_sha256: bytes
    topic: str
    subject: str = ""
    subject_key: bytes = b""
    personal: bytes = b""
    """Personal part, encrypted with the subject's key; empty when there is none."""
    trace: str = ""


class Accepted(msgspec.Struct, frozen=True):
    """What the inbox says. `first`: safe now; `repeat`: same key and body were safe before;
    `mismatch`: the key was used with another body."""

    report_id: str
    outcome: Literal["first", "repeat", "mismatch"]
    before: bytes = b""
    """Of a `repeat`: the report as it was kept the first time, as JSON, for the first answer again."""


class ReportStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where a report is now, for its reporter and for 409/GET."""

    report_id: str
    disposition: str
    incident_id: str = ""
    incident_number: int = 0
    zone: str = ""
    score: float = 0.0
    terms: bytes = b"[]"


class Doors(Protocol):
    """Inbox and outbox, for `api/doors`."""

    async def accept(self, items: Sequence[Accept]) -> list[Accepted]:
        """Make all of them safe in one transaction; answers in the same order. Doubles inside one
        call answer like doubles across calls."""
        ...

    async def status(self, report_ids: Sequence[str]) -> list[ReportStatus]:
        """Return the statuses of those that are known."""
        ...


# correlator ----------------------------------------------------------------------------------------


class OffsetStep(msgspec.Struct, frozen=True):
    """Progress of one input: the compare-and-set `expected` → `next`."""

    topic: str
    partition: int
    expected: int
    next: int


class OutboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message that must leave with the transaction."""

    topic: str
    key: str
    lane: Lane
    value: bytes | None
    trace: str = ""


class IncidentWrite(msgspec.Struct, frozen=True):
    """An incident row after the slice; `expected` is the version it was decided on (0 = it opens)."""

    incident: Incident
    expected: int


class PersonalPart(msgspec.Struct, frozen=True, kw_only=True):
    """A person's part as the ledger keeps it: sealed with the subject's key, which is wrapped by the house's."""

    subject: str
    subject_key: bytes
    sealed: bytes


class SlicePlan(msgspec.Struct, kw_only=True):
    """One transaction of the correlator, decided under the assumption that every report is new.

    Every incident stands in `incidents` at most once, with its last state. The ledger sets the stored version to
    `expected` + 1, numbers what opens, writes `decided[].audit` too (an entry that also stands in `audit` once), and
    tells feed and topic `incidents` by itself; `outbox` is for crossings and the like, with full topic names.
    """

    cluster_id: str
    partition: int
    epoch: int
    now: float
    policy: int
    offsets: list[OffsetStep]
    decided: list[Decided] = msgspec.field(default_factory=list)
    repeats: dict[str, int] = msgspec.field(default_factory=dict)
    """Known report ids seen again (a device's episode refreshed): add to `dispositions.repeats`."""
    inbox: list[tuple[Report, bytes]] = msgspec.field(default_factory=list)
    """Reports that came past the ledger (Kafka only) with their wire bytes: into the inbox now."""
    sealed: dict[str, bytes] = msgspec.field(default_factory=dict)
    """Personal parts by report id that could not be opened: still sealed to the house's public key (`wh-sealed`)."""
    personal: dict[str, PersonalPart] = msgspec.field(default_factory=dict)
    """Their personal parts by report id, opened and sealed again as the door does."""
    incidents: list[IncidentWrite] = msgspec.field(default_factory=list)
    memberships: dict[str, int] = msgspec.field(default_factory=dict)
    audit: list[AuditEntry] = msgspec.field(default_factory=list)
    outbox: list[OutboxRow] = msgspec.field(default_factory=list)
    trace: str = ""
    """`traceparent` of the slice."""
    traces: dict[str, str] = msgspec.field(default_factory=dict)
    """`traceparent` of the report that changed an incident last, by incident id; where missing, `trace` counts."""


class Committed(msgspec.Struct, frozen=True):
    """The slice is durable. `numbers`: speakable numbers of the incidents it opened."""

    numbers: dict[str, int]


class Repeated(msgspec.Struct, frozen=True):
    """Rolled back: these report ids were decided before; decide again without them."""

    report_ids: frozenset[str]


class Stale(msgspec.Struct, frozen=True):
    """Rolled back: these rows changed; reload them and decide again."""

    incidents: frozenset[str]
    zones: frozenset[str]


class OffsetsMoved(msgspec.Struct, frozen=True):
    """Rolled back: the inputs stand elsewhere (a commit of unknown outcome, or another owner's)."""

    offsets: dict[tuple[str, int], int]


class NotOwner(msgspec.Struct, frozen=True):
    """Rolled back: another worker took the partition (its epoch is higher); stop working on it."""

    epoch: int


SliceOutcome = Committed | Repeated | Stale | OffsetsMoved | NotOwner


class Slices(Protocol):
    """Ownership, loading and the slice transaction, for `streams`."""

    async def take(self, partition: int, worker: str, now: float) -> int:
        """Raise the partition's epoch, commit, return it. Only then load."""
        ...

    async def offsets(self, cluster_id: str, topics: Sequence[str], partition: int) -> dict[str, int]:
        """Return the next offset of every topic that has one."""
        ...

    async def zones_of(self, partition: int) -> list[tuple[str, int]]:
        """Return (zone, membership version) of the partition, the unplaced zone included."""
        ...

    def load(self, zones: Sequence[str], closed_since: float, life_first: bool = True) -> AsyncIterator[list[Incident]]:
        """Stream the zones' open incidents and those closed since, in pages, life-safety first."""
        ...

    async def load_some(self, incident_ids: Sequence[str]) -> list[Incident]:
        """Return these rows as they are now (merged ones too)."""
        ...

    async def commit_slice(self, plan: SlicePlan) -> SliceOutcome:
        """Run the slice in one transaction; every compare is checked before COMMIT. Deadlocks and
        serialization failures are retried inside. After a commit of unknown outcome the offsets and
        the epoch are read again and tell which answer it was."""
        ...


# desk ----------------------------------------------------------------------------------------------


class Page(msgspec.Struct, frozen=True):
    """One page of a list; `cursor` is empty on the last one. `total` counts all that match, capped at
    10,001 so that it stays flat."""

    items: list[Incident]
    cursor: str
    total: int


class QueueFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a seat watches. Empty tuples mean all; `box` is (west, south, east, north)."""

    zones: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    priorities: tuple[int, ...] = ()
    types: tuple[str, ...] = ()
    words: str = ""
    number: int = 0
    box: tuple[float, float, float, float] | None = None
    open_only: bool = True
    exercise: bool | None = None


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """One report of an incident as the desk shows it (personal data never in it)."""

    report: Report
    disposition: str
    score: float
    terms: bytes
    own_line: bool
    repeats: int
    decided_at: float


class Undecided(msgspec.Struct, frozen=True):
    """Life-safety reports that are safe and not decided yet, longest waiting first. `total` is capped at 1,001."""

    reports: list[Report]
    total: int


class Desk(Protocol):
    """Reading and compare-and-set writing, for `api/desk`."""

    async def queue(self, wanted: QueueFilter, cursor: str, limit: int) -> Page: ...

    async def incident(self, incident_id: str) -> Incident:
        """Return the row (merges not followed). Raises NotFound."""
        ...

    async def incident_by_number(self, number: int) -> Incident: ...

    async def reports_of(self, incident_id: str, cursor: str, limit: int) -> tuple[list[ReportRow], str]: ...

    async def history_of(self, entity: str, entity_id: str, limit: int) -> list[AuditEntry]: ...

    async def assignments_of(self, incident_id: str) -> list[Assignment]: ...

    async def assignment(self, assignment_id: str) -> Assignment: ...

    async def teams(self, zones: Sequence[str] = (), states: Sequence[str] = ()) -> list[Team]: ...

    async def team(self, team_id: str) -> Team: ...

    async def burdens(self, since: float) -> list[Burden]:
        """Return what each team that was sent since then has had to do, by team."""
        ...

    async def undecided(self, zones: Sequence[str], older_than_s: float, now: float, limit: int) -> Undecided:
        """Return life-safety reports of the inbox that have waited `older_than_s` seconds without a disposition:
        the relay, Kafka or the worker is away, and a person must see them. Empty `zones` means all.

        What came past the ledger (Kafka only) is not among them: it enters the inbox with its disposition.
        """
        ...

    async def near(
        self, lat: float, lon: float, radius_m: float, limit: int, zones: Sequence[str] = ()
    ) -> list[Incident]:
        """Return open incidents within `radius_m`, all or of these zones, nearest first."""
        ...

    async def write(self, act: DeskWrite, now: float, trace: str = "", answer: Answer | None = None) -> DeskWrite:
        """Write rows by compare-and-set on their `version` (each row carries the version it was read
        with; the answer carries the new ones; 0 opens), with the reports it moves, audit, changes and outbox
        (`touched`, `incidents`, `dispatches`) in one transaction, and the `answer` under its key, so that whoever
        repeats the request after a crash hears what happened.

        Raises
        ------
        VersionConflict, TeamTaken, KeyInFlight (the answer's key is somebody else's by now, or answered)
            Nothing was written.
        """
        ...

    async def begin_idempotent(self, actor: str, key: str, request_sha256: bytes, now: float) -> bytes | None:
        """None: go on, the key is yours. Bytes: JSON `{"status", "answer"}` given the first time.

        A key that was begun more than 60 s ago and never answered belongs to nobody any more (its process died):
        the same request may take it over, and decides on the rows as they are then.

        Raises
        ------
        KeyMismatch, KeyInFlight
        """
        ...

    async def drop_idempotent(self, actor: str, key: str) -> None:
        """Give the key back after a failure that changed nothing."""
        ...


# feed ----------------------------------------------------------------------------------------------


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One numbered change as the feed sends it; `body` is JSON."""

    seq: int
    kind: str
    entity: str
    version: int
    zone: str
    lane: str
    at: float
    trace: str
    body: bytes


class Feed(Protocol):
    """Numbered changes, for `api/feed`."""

    async def head(self) -> tuple[str, int]:
        """Return (ledger epoch, newest number)."""
        ...

    async def after(self, seq: int, limit: int) -> list[Change]: ...

    async def wait(self, timeout_s: float) -> None:
        """Return when new numbers may be there (LISTEN/NOTIFY), or after the timeout."""
        ...


class Standing(Protocol):
    """Standing data: city, sources, policies."""

    async def apply_city(self, city: City, partitions: int, actor: str, now: float) -> None: ...

    async def zones(self) -> list[Zone]: ...

    async def places(self) -> list[Place]: ...

    async def sources(self) -> list[Source]: ...

    async def set_source_key(self, source: str, key_sha256: bytes) -> None: ...

    async def source_of_key(self, key_sha256: bytes) -> Source | None: ...

    async def source_keys(self) -> dict[bytes, str]:
        """Return the ids of active sources by the hash of their keys."""
        ...

    async def stamp(self) -> tuple[int, ...]:
        """Return numbers that change whenever sources or zones do; cheap enough to be asked each second."""
        ...

    async def policy(self) -> tuple[int, str, bytes]:
        """Return (version, mode, JSON) of the policy in force."""
        ...
