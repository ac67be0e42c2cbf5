# SPDX-License-Identifier: Apache-2.0
"""Who hears of a team's change: its zone; of a team in distress, and of the end of it, everybody at once."""

from __future__ import annotations

from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.incident import Team
from weirhouse.domain.lifecycle import TeamState


def heard(act: DeskWrite, team: Team, lane: str) -> tuple[str, str]:
    """Return (zone, lane) of the team's change on the feed; an empty zone is every zone."""
    if act.everybody or team.state == TeamState.DISTRESS.value:
        return "", "life"
    return team.zone, lane
