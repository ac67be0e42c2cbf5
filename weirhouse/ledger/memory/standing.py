# SPDX-License-Identifier: Apache-2.0
"""Standing data in memory."""

from __future__ import annotations

import msgspec

from weirhouse.domain.city import City, Place, Source, Zone
from weirhouse.ledger.memory.store import Store
from weirhouse.ledger.ports import LedgerRefuses
from weirhouse.ledger.zoning import NO_ZONE, partition_of


class MemoryStanding:
    """`weirhouse.ledger.ports.Standing` in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def apply_city(self, city: City, partitions: int, actor: str, now: float) -> None:
        """Insert or bring up to date what the city file says (see the port)."""
        store = self._store
        if store.partition_count not in (0, partitions):
            raise LedgerRefuses(f"zones stand on {store.partition_count} partitions; {partitions} would move them")
        store.partition_count = partitions
        store.city = msgspec.structs.replace(city, zones=[], places=[], sources=[], teams=[])
        for zone in [*city.zones, NO_ZONE]:
            store.zones[zone.id] = zone
            store.partitions.setdefault(zone.id, partition_of(zone.id, partitions))
            store.memberships.setdefault(zone.id, 1)
        store.places.update((place.id, place) for place in city.places)
        for source in city.sources:
            before = store.sources.get(source.id)
            version = 1
            if before is not None:
                same = msgspec.structs.replace(before, version=1) == msgspec.structs.replace(source, version=1)
                version = before.version + (0 if same else 1)
            store.sources[source.id] = msgspec.structs.replace(source, version=version)
        for team in city.teams:
            store.teams.setdefault(team.id, msgspec.structs.replace(team, version=1))

    async def city(self) -> City | None:
        """Return the head of the city file, or None before the first."""
        return self._store.city

    async def zones(self) -> list[Zone]:
        """Return all zones, the unplaced one included."""
        return [zone for _, zone in sorted(self._store.zones.items())]

    async def places(self) -> list[Place]:
        """Return the gazetteer."""
        return [place for _, place in sorted(self._store.places.items())]

    async def sources(self) -> list[Source]:
        """Return the active sources, each with the version of its row."""
        return [source for _, source in sorted(self._store.sources.items())]

    async def set_source_key(self, source: str, key_sha256: bytes) -> None:
        """Give `source` its key."""
        if source not in self._store.sources:
            raise LedgerRefuses(f"no source {source}: put it into the city file first")
        kept = {key: holder for key, holder in self._store.source_keys.items() if holder != source}
        self._store.source_keys = {**kept, key_sha256: source}

    async def source_of_key(self, key_sha256: bytes) -> Source | None:
        """Return the source that holds the key, or None."""
        return self._store.sources.get(self._store.source_keys.get(key_sha256, ""))

    async def source_keys(self) -> dict[bytes, str]:
        """Return the ids of active sources by the hash of their keys."""
        return dict(self._store.source_keys)

    async def stamp(self) -> tuple[int, ...]:
        """Return numbers that change whenever sources or zones do."""
        sources, zones = self._store.sources, self._store.zones
        return len(sources), sum(source.version for source in sources.values()), len(zones), hash(str(zones))

    async def policy(self) -> tuple[int, str, bytes]:
        """Return (version, mode, JSON) of the policy in force."""
        return 1, "normal", b"{}"
