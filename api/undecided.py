# SPDX-License-Identifier: Apache-2.0
"""Cries that are safe and that nobody has decided yet: shown beside the queue, so that a person may act at once.

Usually there are none: a report is decided within a second. While relay, Kafka or worker are away they are all a
dispatcher can see of what was answered 202.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from api.house import House
from weirhouse.wire.views import instant

WAITED_S: Final = 5.0
"""Younger ones are on their way."""
SHOWN: Final = 50


async def undecided(house: House, zones: Sequence[str]) -> dict[str, Any]:
    """Return the fields `undecided` (longest waiting first, at most 50) and `undecided_total` (at most 1,001).

    Parameters
    ----------
    zones
        Zones one may see; empty means all.

    Raises
    ------
    LedgerAway
    """
    found = await house.desk.undecided(zones, WAITED_S, house.clock().timestamp(), SHOWN)
    items = [
        {
            "id": report.id,
            "zone": report.zone,
            "type": report.type,
            "words": report.words,
            "received_at": instant(report.received_at),
            "location": report.location,
            "exercise": report.exercise,
        }
        for report in found.reports
    ]
    return {"undecided": items, "undecided_total": found.total}
