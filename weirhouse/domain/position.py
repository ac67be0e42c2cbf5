# SPDX-License-Identifier: Apache-2.0
"""Where a team says it is: the newest place counts, an older one changes nothing, none is audited.

Positions come every few seconds; an audit of them would be a record of people's ways, which nobody needs.
"""

from __future__ import annotations

import math
from copy import copy
from typing import Final

from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.errors import InvalidValue
from weirhouse.domain.geo import MIN_ACCURACY_M
from weirhouse.domain.incident import Team

AHEAD_S: Final = 60.0
"""A device's clock may run ahead this far; its position is then dated now, so that it cannot block later ones."""
OLD_S: Final = 86_400.0
"""A position older than a day says nothing about where a team is."""
MAX_ACCURACY_M: Final = 10_000.0


def placed(
    team: Team,
    lat: float,
    lon: float,
    accuracy_m: float,
    at: float,
    now: float,
    bounds: tuple[float, float, float, float] | None = None,
) -> DeskWrite | None:
    """Return the write that puts the team there, or None when it is known to have been elsewhere since.

    Parameters
    ----------
    accuracy_m
        Radius of the circle that holds the true place with about 68 %; taken as 5 m when smaller.
    at
        When the team was there, seconds UTC.
    bounds
        (west, south, east, north) of the city; a place outside is refused.

    Raises
    ------
    InvalidValue
        Naming `lat`, `accuracy_m` or `at`.
    """
    if not (math.isfinite(lat) and math.isfinite(lon) and -90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        raise InvalidValue("lat", "is no place on earth")
    if abs(lat) < 0.01 and abs(lon) < 0.01:
        raise InvalidValue("lat", "(0, 0) is what a device sends that does not know")
    if bounds is not None and not (bounds[0] <= lon <= bounds[2] and bounds[1] <= lat <= bounds[3]):
        raise InvalidValue("lat", "lies outside the city")
    if not 0.0 <= accuracy_m <= MAX_ACCURACY_M:
        raise InvalidValue("accuracy_m", f"must be between 0 and {MAX_ACCURACY_M:.0f}")
    if at > now + AHEAD_S:
        raise InvalidValue("at", f"lies more than {AHEAD_S:.0f} s ahead")
    if at < now - OLD_S:
        raise InvalidValue("at", "is older than a day")
    at = min(at, now)
    if at <= team.position_at:
        return None
    row = copy(team)
    row.lat, row.lon, row.accuracy_m, row.position_at = lat, lon, max(accuracy_m, MIN_ACCURACY_M), at
    return DeskWrite(teams=(row,))
