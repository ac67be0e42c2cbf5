# SPDX-License-Identifier: Apache-2.0
"""The numbers a recommendation weighs with: policy data, like every other number of the rules.

Every cost is in seconds, the currency of the desk: "so much later is what this is worth". First values
chosen by hand; what they do is measured in docs/reports/matching.md.
"""

from __future__ import annotations

import msgspec


class Sending(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What counts beside the way, and how much."""

    ease: tuple[float, float, float, float, float] = (0.0, 0.25, 1.0, 1.0, 1.0)
    """P1..P5: share of rest, load, jurisdiction and coverage that counts. For P1 only who is there first."""
    skills_missing_s: float = 1800.0
    """A team that brings nothing of what is wanted: half an hour behind one that does."""
    unknown_travel_s: float = 3600.0
    """Nobody knows where the team, or the incident, is."""
    stale_s: float = 300.0
    """A position older than this is marked: a patrol can be 3 km away from it."""
    age_cost: float = 0.1
    """Seconds of doubt for each second of a position's age …"""
    age_cap_s: float = 1800.0
    """… up to this age."""
    base_s: float = 60.0
    """A team that never said where it is: taken at its base, and this much doubted."""
    neighbour_s: float = 60.0
    elsewhere_s: float = 180.0
    """Another zone's team: a neighbour's, and one from farther away."""
    rest_s: float = 900.0
    rest_cost_s: float = 120.0
    """Freed this moment costs `rest_cost_s`, falling to nothing after `rest_s`."""
    load_window_s: float = 28_800.0
    load_cost_s: float = 15.0
    """Each time the team was sent within the window (a shift) costs this."""
    coverage_s: float = 900.0
    """What losing the whole covered share of the city would cost; a team's own part of it counts."""
    cover_within_s: float = 480.0
    """A place is covered by who can be there within this (8 minutes, the usual ambulance standard)."""
    busy: float = 0.3
    """MEXCLP's busy fraction: how often a team turns out not to be free when it is needed."""
    window_s: tuple[float, float, float, float, float] = (0.0, 10.0, 30.0, 60.0, 60.0)
    """P1..P5: how long an incident may wait for others, so that a batch sends all of them better. P1: never."""
    urgency: tuple[float, float, float, float, float] = (64.0, 16.0, 4.0, 2.0, 1.0)
    """P1..P5: what a second is worth in a batch."""
    horizon_s: float = 7200.0
    """Serving an incident is worth this many seconds, so a batch never leaves one out to spare another a way."""
    patience: float = 0.25
    """… and each second it has waited adds so many: who lives far from every team is not left for ever."""
    mutual_aid: tuple[tuple[str, str], ...] = ()
    """(zone that lends its teams, zone that may send them), `*` for any: the agreements on mutual aid."""

    def lends(self, home: str, zone: str) -> bool:
        """Return whether a team of zone `home` may be sent by whoever answers for `zone` alone.

        A team of no zone is everybody's.
        """
        return home in ("", zone) or any(
            lender in (home, "*") and helped in (zone, "*") for lender, helped in self.mutual_aid
        )
