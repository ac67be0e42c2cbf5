# SPDX-License-Identifier: Apache-2.0
"""A storm as data: rates, shares and hot spots, each profile with the source of its numbers."""

from __future__ import annotations

from pathlib import Path

import msgspec

FOLDER = Path(__file__).parents[1] / "profiles"


class Hot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One happening that many see: so many reports from a second on, over so many seconds."""

    kind: str
    reports: int
    from_s: float
    over_s: float


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A storm. Rates are peaks a second; `shape` lists (second, share of the peak), straight lines between.

    `noise_share` of the calls belong to no happening; `redial_share` of the callers call again; `resend_share` of the
    reports are delivered twice; `danger_share` of the happenings threaten lives.
    """

    name: str
    source: str
    duration_s: float
    shape: list[tuple[float, float]]
    calls_per_s: float
    reports_per_happening: float
    noise_share: float
    redial_share: float
    resend_share: float
    chinese_share: float
    danger_share: float
    readings_per_s: float
    mix: dict[str, float]
    hot: list[Hot] = []

    def share_at(self, second: float) -> float:
        """Return the share of the peak rate at `second`; 0 outside the shape."""
        for (t1, s1), (t2, s2) in zip(self.shape, self.shape[1:], strict=False):
            if t1 <= second <= t2:
                return s1 + (s2 - s1) * (second - t1) / (t2 - t1)
        return 0.0

    def scaled(self, scale: float) -> Profile:
        """Return the storm `scale` times as heavy; hot spots multiply rather than grow past what one place can see."""
        copies = max(1, round(scale))
        each = min(1.0, scale)
        hot = [
            msgspec.structs.replace(h, reports=max(1, round(h.reports * each))) for h in self.hot for _ in range(copies)
        ]
        return msgspec.structs.replace(
            self, calls_per_s=self.calls_per_s * scale, readings_per_s=self.readings_per_s * scale, hot=hot
        )


def load(name: str) -> Profile:
    """Return the profile called `name` (a file of `loadtests/profiles`, or a path).

    Raises
    ------
    FileNotFoundError, msgspec.ValidationError
        No such profile, or a field is wrong.
    """
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    return msgspec.toml.decode(path.read_bytes(), type=Profile)


def names() -> list[str]:
    """Return the names of the profiles that ship."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))
