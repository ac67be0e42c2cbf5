# SPDX-License-Identifier: Apache-2.0
"""The city's standing data as the doors use it: kept in memory, refreshed, and kept on while the ledger is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from time import monotonic
from typing import Final, Protocol

from api.background import Background
from api.doors.placing import Placing
from api.doors.snapshot import Snapshot, SnapshotFile
from weirhouse.domain.city import City as CityFile
from weirhouse.domain.city import Place, Source, Zone
from weirhouse.ledger.ports import LedgerAway
from weirhouse.wire.sealed import source_key_hash

REFRESH_S: Final = 15.0
"""A new source, place or zone counts at the doors after at most this."""
UNKNOWN_KEY_S: Final = 5.0
"""A key nobody knows is asked of the ledger again after this; in between it costs nothing."""
MAX_UNKNOWN: Final = 10_000

_log = logging.getLogger(__name__)


class StandingReader(Protocol):
    """What the doors read of `weirhouse.ledger.ports.Standing`."""

    async def zones(self) -> list[Zone]:
        """Every zone."""
        ...

    async def places(self) -> list[Place]:
        """The gazetteer."""
        ...

    async def sources(self) -> list[Source]:
        """The source registry."""
        ...

    async def city(self) -> CityFile | None:
        """The head of the city file."""
        ...

    async def source_of_key(self, key_sha256: bytes) -> Source | None:
        """Who holds this key."""
        ...

    async def source_keys(self) -> dict[bytes, str]:
        """Source ids by the hash of their keys."""
        ...


class City:
    """One state of the standing data, indexed. Replaced as a whole."""

    def __init__(
        self,
        zones: Sequence[Zone] = (),
        places: Sequence[Place] = (),
        sources: Sequence[Source] = (),
        head: CityFile | None = None,
    ) -> None:
        self.head = head
        self.zones = list(zones)
        self.places = list(places)
        self.sources = {source.id: source for source in sources}
        self.placing = Placing(self.zones, self.places, head)


class StandingCache:
    """Keeps a `City` fresh and answers whose a source's key is.

    Parameters
    ----------
    reader
        The ledger's standing data.
    file
        Where it is kept for a start while the ledger is away; None keeps nothing.
    """

    def __init__(self, reader: StandingReader, file: SnapshotFile | None = None) -> None:
        self._reader, self._file = reader, file
        self._keys: dict[bytes, str] = {}
        self._kept: dict[str, str] = {}
        self._unknown: dict[bytes, float] = {}
        self.background = Background()
        self.city = City()
        self.loaded = self._fresh = False

    async def load(self) -> None:
        """Read everything once.

        Raises
        ------
        LedgerAway
        """
        zones, places, sources = await self._reader.zones(), await self._reader.places(), await self._reader.sources()
        head, keys = await self._reader.city(), await self._reader.source_keys()
        self.city = City(zones, places, sources, head)
        # A key that was taken back ends here.
        self._keys = {hashed: keys[hashed] for hashed in self._keys if hashed in keys}
        self._kept = {hashed.hex(): source for hashed, source in keys.items()}
        self.loaded = self._fresh = True
        if self._file is not None:
            await asyncio.to_thread(self._file.write, Snapshot(zones, places, sources, head, self._kept))

    def restore(self) -> None:
        """Begin with what was kept on disk, until the ledger answers."""
        kept = self._file.read() if self._file is not None and not self.loaded else None
        if kept is not None:
            self.city = City(kept.zones, kept.places, kept.sources, kept.head)
            self._kept = kept.keys
            self.loaded = True

    async def source_of(self, key: str) -> Source | None:
        """Return who holds `key`, or None. Every key of the last snapshot is known while the ledger is away.

        Raises
        ------
        LedgerAway
            A key that is not in it, and nobody to ask.
        """
        hashed = source_key_hash(key)
        known = self._keys.get(hashed)
        if known is not None:
            return self.city.sources.get(known)
        if self._unknown.get(hashed, -UNKNOWN_KEY_S) > monotonic() - UNKNOWN_KEY_S:
            return None
        try:
            source = await self._reader.source_of_key(hashed)
        except LedgerAway:
            if (holder := self._kept.get(hashed.hex())) is None:
                raise
            return self.city.sources.get(holder)
        if source is None:
            if len(self._unknown) >= MAX_UNKNOWN:
                self._unknown.clear()
            self._unknown[hashed] = monotonic()
            return None
        self._keys[hashed] = source.id
        self.city.sources.setdefault(source.id, source)
        return source

    def start(self) -> None:
        """Begin with what was kept, and to refresh in the background."""
        self.restore()
        self.background.start("standing data", self._refresh())

    async def stop(self) -> None:
        """End the refreshing."""
        await self.background.stop()

    async def _refresh(self) -> None:
        while True:
            try:
                await self.load()
            except LedgerAway:
                _log.warning("standing data kept as it was: the ledger is away")
            await asyncio.sleep(REFRESH_S if self._fresh else 1.0)
