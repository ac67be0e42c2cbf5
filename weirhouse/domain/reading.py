# SPDX-License-Identifier: Apache-2.0
"""A device's raw message (reading) and what *fold* makes of many of them (signal)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from weirhouse.domain.report import Lane, Location


class Reading(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """One raw message of a device or camera, as it stands on `readings.*` (key: source).

    `at` seconds since 1970-01-01 UTC by the device's clock; `value` in the unit that the source
    registry states; `on` is the device's own verdict where it has one (alarm contact, camera event
    envelope new/update/end); `episode` the device's own name of the happening, if it has one.
    """

    source: str
    at: float
    type: str = ""
    value: float | None = None
    on: bool | None = None
    episode: str = ""
    zone: str = ""
    lat: float | None = None
    lon: float | None = None
    words: str = ""
    seq: int = 0


class SignalState(StrEnum):
    """What a source says of one thing now."""

    RAISED = "raised"
    CHANGED = "changed"
    CLEARED = "cleared"


class Signal(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A source's folded word, on `signals.life` or `signals.ordinary` (key: zone).

    `episode` names one standing happening of the source; (`source_topic`, `source_partition`,
    `source_offset`) is the newest reading it rests on: an older one never beats a newer one.
    `repeats` counts the readings folded since the last emission; `peak` the largest value of the
    episode; `since` its first reading's event time, `at` the newest, in seconds UTC.
    """

    source: str
    episode: str
    state: SignalState
    zone: str
    lane: Lane
    type: str
    since: float
    at: float
    value: float | None = None
    peak: float | None = None
    repeats: int = 1
    location: Location = msgspec.field(default_factory=Location)
    words: str = ""
    source_topic: str = ""
    source_partition: int = 0
    source_offset: int = 0
    refresh: bool = False
    """True when nothing changed and the signal is only repeated while it stands."""


class SourceRules(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How one source, or sort of sources, is folded (ISA-18.2 terms). Durations in seconds.

    `high`/`low` are limits on `value` (raise outside them), `dead_band` in the value's unit,
    `on_delay_s` how long a breach must stand before it is raised, `off_delay_s` how long a return
    must stand before it clears, `refresh_s` the longest silence of a standing signal towards the
    ledger, `chatter` the changes a minute from which the source counts as chattering.
    """

    high: float | None = None
    low: float | None = None
    dead_band: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 60.0
    refresh_s: float = 300.0
    chatter: int = 3
    expire_s: float = 3600.0
    life: bool = False
    type: str = "sensor"
