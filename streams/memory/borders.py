# SPDX-License-Identifier: Apache-2.0
"""Which neighbours hear of an incident near the border, and what they hear: outlines on `crossings`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from weirhouse.domain.city import Zone
from weirhouse.domain.correlate import reach_m
from weirhouse.domain.geo import ZoneIndex
from weirhouse.domain.incident import Gist, Incident
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.report import UNPLACED, Lane
from weirhouse.domain.taxonomy import kind_of
from weirhouse.domain.text import packed
from weirhouse.ledger.ports import IncidentWrite, OutboxRow
from weirhouse.wire.envelope import Crossing, Outline, encode

Signature = tuple[str, int, bool, int]

OVER: Final = frozenset({IncidentState.CLOSED, IncidentState.MERGED})
_GROWS_UNTIL: Final = 5
"""The words of that many first reports describe an incident; later ones change no outline."""


def signature_of(incident: Incident) -> Signature:
    """Return what must change before the neighbours are told again."""
    return incident.type, incident.priority, incident.state not in OVER, min(incident.reports, _GROWS_UNTIL)


class Borders:
    """The city's zones, asked who is near.

    Parameters
    ----------
    zones
        All zones of the city; those without rings have no border.
    """

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = {zone.id: zone for zone in zones}
        self._places = ZoneIndex(zones)
        self._has_unplaced = UNPLACED in self._zones

    def neighbours(self, zones: Iterable[str]) -> set[str]:
        """Return the zones whose border incidents matter to `zones`; for the placeless zone all of them."""
        mine = set(zones)
        if UNPLACED in mine:
            return self._zones.keys() - mine
        return {other for zone in mine if zone in self._zones for other in self._zones[zone].neighbours} - mine

    def hearers(self, incident: Incident) -> tuple[str, ...]:
        """Return the zones that are sent the incident's outline."""
        if incident.exercise or incident.zone == UNPLACED or incident.zone not in self._zones:
            return ()
        unplaced = (UNPLACED,) if self._has_unplaced else ()
        lat, lon = incident.lat, incident.lon
        if lat is None or lon is None:
            return unplaced
        far_m = reach_m(kind_of(incident.type)) + incident.radius_m
        near = (name for name in self._places.near_border(lat, lon, far_m) if name != incident.zone)
        return (*near, *unplaced)

    def outlines(
        self, writes: Iterable[IncidentWrite], told: dict[str, Signature], heard: dict[str, tuple[str, ...]], topic: str
    ) -> list[OutboxRow]:
        """Return the messages for neighbours of these rows; `told` and `heard` are the memory's notes."""
        rows: list[OutboxRow] = []
        for write in writes:
            incident = write.incident
            if told.get(incident.id) == signature_of(incident):
                continue
            hearers = heard.get(incident.id)
            if hearers is None:
                hearers = heard[incident.id] = self.hearers(incident)
            rows.extend(_row(zone, incident, write.expected + 1, topic) for zone in hearers)
        return rows

    def farewells(self, incidents: Iterable[Incident], topic: str) -> list[OutboxRow]:
        """Return the messages that tell neighbours of incidents the desk closed or merged."""
        return [
            _row(zone, incident, incident.version, topic)
            for incident in incidents
            if incident.state in OVER
            for zone in self.hearers(incident)
        ]


def _row(zone: str, incident: Incident, version: int, topic: str) -> OutboxRow:
    value = encode(Crossing(outline=outline_for(zone, incident, version)))
    return OutboxRow(topic=topic, key=zone, lane=incident.lane, value=value)


def outline_for(zone: str, incident: Incident, version: int) -> Outline:
    """Return what the neighbour `zone` is told of the incident."""
    return Outline(
        zone=zone,
        home=incident.zone,
        incident=incident.id,
        version=version,
        type=incident.type,
        priority=incident.priority,
        lat=incident.lat,
        lon=incident.lon,
        radius_m=incident.radius_m,
        first_at=incident.first_at,
        last_at=incident.last_at,
        open=incident.state not in OVER,
        sketch=tuple(incident.gist.sketch),
    )


def incident_of(outline: Outline) -> Incident:
    """Return the outline as an incident that a report can be weighed against; it is never stored."""
    return Incident(
        id=outline.incident,
        zone=outline.home,
        type=outline.type,
        priority=outline.priority,
        lane=Lane.LIFE if outline.priority <= 2 else Lane.ORDINARY,
        lat=outline.lat,
        lon=outline.lon,
        radius_m=outline.radius_m,
        first_at=outline.first_at,
        last_at=outline.last_at,
        version=outline.version,
        gist=Gist(grams=packed(outline.sketch)),
    )
