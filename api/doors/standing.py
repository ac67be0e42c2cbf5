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
    """

    def __init__(self, reader: StandingReader) -> None:
        self._reader = reader
        self._keys: dict[bytes, str] = {}
        self._unknown: dict[bytes, float] = {}
        self.background = Background()
        self.city = City()
        self.loaded = False

    async def load(self) -> None:
        """Read everything once.

        Raises
        ------
        LedgerAway
        """
        zones, places, sources = await self._reader.zones(), await self._reader.places(), await self._reader.sources()
        self.city = City(zones, places, sources, await self._reader.city())
        self.loaded = True

    async def source_of(self, key: str) -> Source | None:
        """Return who holds `key`, or None. A key seen before is known while the ledger is away.

        Raises
        ------
        LedgerAway
            A key not seen before, and nobody to ask.
        """
        hashed = source_key_hash(key)
        known = self._keys.get(hashed)
        if known is not None:
            return self.city.sources.get(known)
        if self._unknown.get(hashed, -UNKNOWN_KEY_S) > monotonic() - UNKNOWN_KEY_S:
            return None
        source = await self._reader.source_of_key(hashed)
        if source is None:
            if len(self._unknown) >= MAX_UNKNOWN:
                self._unknown.clear()
            self._unknown[hashed] = monotonic()
            return None
        self._keys[hashed] = source.id
        self.city.sources.setdefault(source.id, source)
        return source

    async def _ask_again(self) -> None:
        # So that a key that was taken back ends, and one that stands is still known when the ledger goes away.
        for hashed in list(self._keys):
            source = await self._reader.source_of_key(hashed)
            if source is None:
                del self._keys[hashed]
            else:
                self._keys[hashed] = source.id

    def start(self) -> None:
        """Begin to refresh in the background."""
        self.background.start("standing data", self._refresh())

    async def stop(self) -> None:
        """End the refreshing."""
        await self.background.stop()

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S if self.loaded else 1.0)
            try:
                await self.load()
                await self._ask_again()
            except LedgerAway:
                _log.warning("standing data kept as it was: the ledger is away")
