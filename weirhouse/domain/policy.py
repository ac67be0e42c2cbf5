# SPDX-License-Identifier: Apache-2.0
"""A mode is policy as data: every number the rules weigh with, versioned and replaceable.

Log-odds throughout: a term of +1 makes a match 2.7 times likelier, the sum goes through the logistic
function, so scores lie in (0, 1) and mean a probability as far as the numbers are honest.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from weirhouse.domain.habits import Habits
from weirhouse.domain.sending import Sending

Mode = Literal["normal", "heightened", "emergency"]


class Bands(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Scores from which a report joins by itself, or is suggested to a person; below stays apart."""

    join: float = 0.8
    suggest: float = 0.4
    placeless_join: float = 0.9
    placeless_suggest: float = 0.55
    life_join: float = 0.9
    """For a life-safety report that would join an incident not yet life-safety: it must be surer."""
    border_margin: float = 0.05
    """How much better a neighbour's outline must fit than anything at home before a report moves."""


class Weights(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Log-odds of the terms of a match. Lengths in metres."""

    bias: float = -4.0
    background_m2: float = 1_000_000.0
    """Area over which an unrelated report of the same type might as well have come: sets what
    nearness is worth (log of this over 2 pi sigma squared) and lets coarse places say little."""
    background_radii: float = 100.0
    """Added to it for each square of the type's radius: what spreads wide is also rarer."""
    place_cap: float = 5.0
    place_floor: float = -12.0
    type: float = 1.5
    several: float = -1.0
    time: float = 1.0
    words: float = 7.0
    words_neutral: float = 0.2
    """Similarity that unrelated texts of one type reach by common words alone."""
    words_against: float = 1.0
    asset_same: float = 4.0
    asset_other: float = -1.5
    place_same: float = 2.0
    place_other: float = -0.7
    telling: float = 10.0
    """For each unit of the two cosines (beginning and rest) of weighted words, where neither side has a place."""
    telling_neutral: float = 0.35
    """Sum of the two cosines that speaks neither for nor against."""
    telling_prior: float = -5.0
    telling_rare: float = 1.6
    """However alike, words prove no more than `telling_prior` plus this for each unit of log(1 / share of texts
    that hold the rarest thing both say): a fixed phrase that every tenth text repeats proves nothing."""
    telling_days: float = -0.2
    """For each power of ten of days between two reports without a place."""
    telling_window_s: float = 365.0 * 86_400.0
    house_other: float = -2.0
    """Both name house numbers and none is shared: two fires in one street."""
    house_same: float = 1.0


class Ranking(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Points of the queue's order. `rank = score - rate * opened_at`: who waits gains the rate."""

    points: tuple[float, float, float, float, float] = (40_000.0, 20_000.0, 1_500.0, 700.0, 0.0)
    """P1..P5. An old wish passes a fresh P4 after 34 hours, a fresh P3 after 3 days, a P2 after 40."""
    severity: float = 200.0
    vulnerable: float = 100.0
    corroboration: float = 150.0
    rate_per_s: float = 500.0 / 86_400.0


class Policy(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The operating policy in force. Durations in seconds. Decisions record its `version`."""

    version: int = 1
    mode: Mode = "normal"
    bands: Bands = msgspec.field(default_factory=Bands)
    type_bands: dict[str, Bands] = msgspec.field(default_factory=dict)
    """Other bands for single types."""
    priors: dict[str, float] = msgspec.field(default_factory=dict)
    """Log-odds added for an incident type: how often neighbours of this type were one happening."""
    weights: Weights = msgspec.field(default_factory=Weights)
    habits: Habits = msgspec.field(default_factory=Habits)
    """What records taught about labels, distance and time: added to the score where it says anything."""
    ranking: Ranking = msgspec.field(default_factory=Ranking)
    radius_factor: float = 1.0
    window_factor: float = 1.0
    redial_window_s: float = 1800.0
    redial_relation: float = 0.5
    """How closely a redial's type must be related to the waiting call's."""
    life_priority: int = 2
    """Priorities up to this one are life-safety: they never move, and distinct cries get own lines."""
    sketch_reports: int = 5
    """The words of that many first reports describe an incident; later ones would blur it."""
    claim_lease_s: float = 300.0
    """How long a claim on an incident lasts unless renewed."""
    sending: Sending = msgspec.field(default_factory=Sending)
    """What a recommendation of teams weighs."""


NORMAL: Final = Policy()
HEIGHTENED: Final = Policy(
    mode="heightened",
    radius_factor=1.15,
    redial_window_s=3600.0,
    claim_lease_s=180.0,
)
EMERGENCY: Final = Policy(
    mode="emergency",
    radius_factor=1.3,
    redial_window_s=7200.0,
    bands=Bands(join=0.75, suggest=0.35),
    claim_lease_s=120.0,
)
DEFAULTS: Final[dict[Mode, Policy]] = {"normal": NORMAL, "heightened": HEIGHTENED, "emergency": EMERGENCY}

_DECODER: Final = msgspec.json.Decoder(Policy)


def to_json(policy: Policy) -> bytes:
    """Return the policy as the ledger's `policies.body` keeps it."""
    return msgspec.json.encode(policy)


def from_json(body: bytes | str, version: int | None = None) -> Policy:
    """Return the policy in `body`; `version` (the ledger's) replaces the one written in it.

    Raises
    ------
    msgspec.ValidationError, msgspec.DecodeError
        Naming the field that does not fit.
    """
    policy = _DECODER.decode(body)
    return policy if version is None else msgspec.structs.replace(policy, version=version)


def bands_for(policy: Policy, type_id: str) -> Bands:
    """Return the bands that hold for incidents of `type_id`."""
    return policy.type_bands.get(type_id, policy.bands) if policy.type_bands else policy.bands
