# SPDX-License-Identifier: Apache-2.0
"""An incident: what is happening in the city; opened by a report, gathers others."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.report import Lane
from weirhouse.domain.text import packed, unpacked


class Term(msgspec.Struct, frozen=True, gc=False):
    """One reason behind a number: `code` (stable, English), the `value` it adds, `detail` for people."""

    code: str
    value: float
    detail: str = ""


class Gist(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """What the correlator remembers of an incident beside its row; bounded, whatever its size.

    `sketch` holds at most 128 hashed character n-grams (32 bits each) of the words so far;
    `reporters`, `sources` at most 64 hashed distinct ones (past that the counts are estimates that never
    fall); `folds` maps a reporter's hash to the event time of its newest call, for redials, newest 64;
    `episodes` the newest 64 device episodes standing here (`source|episode` → raised source offset);
    `assets` at most 16 asset ids; `must`/`cannot` the report ids that people tied or kept apart.
    """

    grams: bytes = b""
    """`sketch`, packed: 4 bytes a hash."""
    reporters: Sequence[int] = ()
    sources: Sequence[int] = ()
    kinds: Sequence[str] = ()
    folds: dict[int, float] = msgspec.field(default_factory=dict)
    episodes: dict[str, int] = msgspec.field(default_factory=dict)
    assets: Sequence[str] = ()
    claims: Sequence[str] = ()
    must: Sequence[str] = ()
    cannot: Sequence[str] = ()
    told: tuple[bytes, ...] = ()
    """What the first seven texts and the newest told (`telling.pack`), at most 881 bytes each; only while the
    incident has no place."""
    label: str = ""
    """What the opening report's source called it where that is not our type, for `policy.habits`."""
    weight: float = 0.0
    """Sum of location weights (1 / accuracy²) behind the robust place."""
    home: tuple[float, float] | None = None
    """(lat, lon) of the first report with a place: the robust place never drifts far from it."""
    word: int = 0
    """Priority 1..5 that a person gave, 0 without: it holds until graver evidence or another cry for help comes."""
    word_over: int = 0
    """Priority that the evidence had reached when the person spoke; 0 without a word."""
    links: tuple[str, ...] = ()
    """Incidents that a person linked with this one, at most 16."""
    acts: tuple[tuple[str, ...], ...] = ()
    """Merges and splits that may still be undone here, newest last, at most 8: ("merge" or "split", incident ids)."""
    undo: bytes = b""
    """What undoing the merge or split that this incident went or came by gives back (`joining.Before`)."""

    @property
    def sketch(self) -> Sequence[int]:
        """The hashes, ascending, unpacked anew at each look."""
        return unpacked(self.grams)

    @sketch.setter
    def sketch(self, hashes: Sequence[int]) -> None:
        self.grams = packed(hashes)


class Incident(msgspec.Struct, kw_only=True, gc=False):
    """One row of the ledger's `incidents`, the same in memory. Instants: seconds UTC; lengths: metres.

    `rank` orders the queue, highest first, and does not change while nothing happens: it is
    ``score - rate * opened_at`` (decision 9). `version` rises with every change, `decision_version`
    only with what people must not miss (state, priority, ownership, assignments), so that a hot
    incident can still be handled (`If-Match`).
    """

    id: str
    zone: str
    type: str
    state: IncidentState = IncidentState.NEW
    priority: int = 5
    severity: float = 0.0
    rank: float = 0.0
    lane: Lane = Lane.ORDINARY
    lat: float | None = None
    lon: float | None = None
    radius_m: float = 0.0
    address: str = ""
    opened_by: str = ""
    opened_at: float = 0.0
    first_at: float = 0.0
    last_at: float = 0.0
    reports: int = 1
    reporters: int = 1
    sources: int = 1
    summary: str = ""
    reasons: tuple[Term, ...] = ()
    flags: tuple[str, ...] = ()
    """Stable codes: `joined_after_close`, `distinct_cry`, `reopened`, `suggested`, `border` …"""
    owner: str = ""
    claim_until: float = 0.0
    merged_into: str = ""
    closing_code: str = ""
    closed_at: float = 0.0
    teams: int = 0
    """Active assignments."""
    policy: int = 1
    exercise: bool = False
    version: int = 0
    """0 = not yet in the ledger; the first stored version is 1."""
    decision_version: int = 0
    number: int = 0
    """Speakable number, given by the ledger at the first insert; 0 until then."""
    gist: Gist = msgspec.field(default_factory=Gist)


class Team(msgspec.Struct, kw_only=True):
    """Front-line people sent together (one row of `teams`)."""

    id: str
    name_en: str
    name_zh: str
    kind: str
    skills: tuple[str, ...] = ()
    zone: str = ""
    state: str = "available"
    lat: float | None = None
    lon: float | None = None
    position_at: float = 0.0
    """When the team was there, seconds UTC; 0 = it never said: the place is its base."""
    accuracy_m: float = 0.0
    """Radius of the circle that holds the true place with about 68 %; 0 = not said."""
    exercise: bool = False
    version: int = 1


class Assignment(msgspec.Struct, kw_only=True):
    """The recorded decision to send a team (one row of `assignments`). Instants: seconds UTC."""

    id: str
    incident_id: str
    team_id: str
    state: str
    by: str
    at: float
    reason: str = ""
    fence: int = 1
    version: int = 1
    history: tuple[tuple[str, float, str], ...] = ()
    """(state, instant, author) of every step so far."""


class Burden(msgspec.Struct, frozen=True, kw_only=True):
    """What a team has had to do lately: how often it was sent, and when it last became free (seconds UTC, 0: not)."""

    team_id: str
    sent: int = 0
    freed_at: float = 0.0
