# SPDX-License-Identifier: Apache-2.0
"""One partition's memory: a cache of its zones' open (and lately closed) incidents. The ledger decides.

Loading goes zone by zone. A slice that needs a zone now has it loaded first, so that the first
life-safety report after a take-over waits for its own zone only.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from streams.memory.borders import OVER, Borders, Signature, incident_of, outline_for, signature_of
from weirhouse.clock import Clock
from weirhouse.domain.incident import Incident
from weirhouse.domain.index import IncidentIndex
from weirhouse.domain.taxonomy import TYPES
from weirhouse.ledger.ports import IncidentWrite, OutboxRow, Slices
from weirhouse.wire.envelope import Outline, Touched

KNOWN_IDS: Final = 50_000
"""Newest report ids that a partition remembers: spares the ledger the question for what came twice lately. 5 MB."""

REOPEN_S: Final = max(kind.reopen_s for kind in TYPES.values())
"""Closed incidents younger than this may still be meant by a report."""


class Memory:
    """What the correlator knows of one partition under one epoch.

    Parameters
    ----------
    number
        The partition's number.
    epoch
        The owner's epoch that this memory was loaded under.
    """

    def __init__(self, number: int, epoch: int, slices: Slices, clock: Clock) -> None:
        self.number = number
        self.epoch = epoch
        self.lost = False
        """True once the ledger said that another worker owns the partition."""
        self.index = IncidentIndex()
        self.memberships: dict[str, int] = {}
        self._slices = slices
        self._clock = clock
        self._loaded: set[str] = set()
        self._locks: dict[str, asyncio.Lock] = {}
        self._zones_read = False
        self._known: OrderedDict[str, None] = OrderedDict()
        self.told: dict[str, Signature] = {}
        """What the neighbours were last told of each open incident."""
        self.heard: dict[str, tuple[str, ...]] = {}
        """Who is told of each open incident."""
        self.outbox: list[OutboxRow] = []
        """What must leave with the next slice."""

    # loading ----------------------------------------------------------------------------------------

    @property
    def loaded(self) -> bool:
        """True when every zone is in memory."""
        return self._zones_read and self._loaded >= set(self.memberships)

    async def load(self) -> None:
        """Bring every zone of the partition into memory.

        Raises
        ------
        LedgerAway
            What was loaded stays; call it again.
        """
        await self._read_zones()
        for zone in list(self.memberships):
            await self._load_zone(zone)

    async def need(self, zones: Iterable[str]) -> None:
        """Return when `zones` are in memory; load those that are not, before all others.

        Raises
        ------
        LedgerAway
        """
        missing = set(zones) - self._loaded
        if not missing:
            return
        if not self._zones_read or not missing <= self.memberships.keys():
            # A zone that was added to the city since.
            await self._read_zones()
        for zone in sorted(missing):
            await self._load_zone(zone)

    async def _read_zones(self) -> None:
        for zone, membership in await self._slices.zones_of(self.number):
            # Read before the zone's rows: what the desk adds in between raises it and shows at the compare.
            self.memberships.setdefault(zone, membership)
        self._zones_read = True

    async def _load_zone(self, zone: str) -> None:
        async with self._locks.setdefault(zone, asyncio.Lock()):
            if zone in self._loaded:
                return
            await self._read_rows(zone)
            self._loaded.add(zone)

    async def _read_rows(self, zone: str) -> None:
        closed_since = self._clock().timestamp() - REOPEN_S
        async for page in self._slices.load([zone], closed_since):
            self.take_in(page)
            # A page takes about 10 ms to file: slices of zones already here go between.
            await asyncio.sleep(0)

    # following --------------------------------------------------------------------------------------

    def take_in(self, rows: Iterable[Incident]) -> None:
        """Put rows that are newer than what is known."""
        for row in rows:
            known = self.index.by_id.get(row.id)
            if known is None or known.version < row.version:
                self.index.put(row)

    async def refresh(self, incidents: Iterable[str], zones: Iterable[str] = ()) -> None:
        """Read these rows and zones again: the ledger knows better.

        Raises
        ------
        LedgerAway
        """
        wanted = set(incidents)
        seen: set[str] = set()
        while wanted:
            rows = await self._slices.load_some(sorted(wanted))
            # A person may have put some of our zones' incidents into those of another partition: not ours to keep.
            self.take_in(row for row in rows if row.zone in self.memberships)
            seen |= wanted
            wanted = {row.merged_into for row in rows if row.merged_into} - seen
        stale = set(zones)
        if stale:
            fresh = dict(await self._slices.zones_of(self.number))
            for zone in stale:
                await self._read_rows(zone)
                if zone in fresh:
                    self.memberships[zone] = fresh[zone]
                else:
                    self.memberships.pop(zone, None)

    async def follow(self, touched: Iterable[Touched]) -> None:
        """Follow what the desk or an administrator changed; older news than what is known is passed over.

        Raises
        ------
        LedgerAway
        """
        incidents: set[str] = set()
        zones: set[str] = set()
        for each in touched:
            if each.incident:
                known = self.index.by_id.get(each.incident)
                if known is None or known.version < each.version:
                    incidents.add(each.incident)
            if each.membership > self.memberships.get(each.zone, 0) or not each.incident:
                zones.add(each.zone)
        await self.refresh(incidents, zones & self._loaded)

    # report ids -------------------------------------------------------------------------------------

    def knows(self, report_id: str) -> bool:
        """True if the report was decided here lately."""
        return report_id in self._known

    def remember(self, report_ids: Iterable[str]) -> None:
        """Remember that these were decided."""
        known = self._known
        for report_id in report_ids:
            known[report_id] = None
        while len(known) > KNOWN_IDS:
            known.popitem(last=False)

    # neighbours -------------------------------------------------------------------------------------

    def see(self, outline: Outline) -> None:
        """Keep, or drop, what a neighbour says of an incident near the border."""
        if outline.open:
            self.index.put_outline(outline.home, incident_of(outline))
        else:
            self.index.drop_outline(outline.incident)

    async def load_outlines(self, borders: Borders) -> None:
        """Make up for the outlines that were sent before this worker owned the partition.

        Raises
        ------
        LedgerAway
        """
        mine = set(self.memberships)
        now = self._clock().timestamp()
        for zone in sorted(borders.neighbours(mine)):
            async for page in self._slices.load([zone], now):
                for row in page:
                    if mine.intersection(borders.hearers(row)):
                        self.see(outline_for(row.zone, row, row.version))
                await asyncio.sleep(0)

    def tell(self, writes: Iterable[IncidentWrite]) -> None:
        """Note what the neighbours know now that these rows are durable."""
        for write in writes:
            self.told[write.incident.id] = signature_of(write.incident)

    def over(self, incidents: Iterable[str]) -> list[Incident]:
        """Return those of the incidents that are closed or merged; nobody needs to be told of them again."""
        rows = [row for name in incidents if (row := self.index.by_id.get(name)) is not None and row.state in OVER]
        for row in rows:
            self.told.pop(row.id, None)
            self.heard.pop(row.id, None)
        return rows

    def expire(self) -> int:
        """Forget closed incidents that no report can mean any more; return how many."""
        return self.index.expire(self._clock().timestamp())
