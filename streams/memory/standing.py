# SPDX-License-Identifier: Apache-2.0
"""Standing data in the worker: the policy in force, the sources' plans, the zones and their borders."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, cast

import msgspec

from streams.guard import Guard
from streams.memory.borders import Borders
from weirhouse.domain.city import Zone
from weirhouse.domain.fold import Registry
from weirhouse.domain.geo import ZoneIndex
from weirhouse.domain.policy import DEFAULTS, NORMAL, Mode, Policy, from_json
from weirhouse.domain.reading import Signal
from weirhouse.domain.report import UNPLACED
from weirhouse.ledger import ports

LOOK_EVERY_S: Final = 1.0
"""A change of mode, a new source or zone reaches every worker within twice this; a look is two small queries."""

_log = logging.getLogger("streams.standing")


def policy_of(version: int, mode: str, body: bytes) -> Policy:
    """Return the policy that the ledger names: its body, or the mode's default when it has none.

    Raises
    ------
    msgspec.ValidationError
        The body does not fit this release.
    """
    if body.strip() in (b"", b"{}"):
        return msgspec.structs.replace(DEFAULTS[cast("Mode", mode)], version=version)
    return from_json(body, version)


class Standing:
    """Follows the ledger's standing data; `load` before anything else.

    Parameters
    ----------
    source
        The ledger's port.
    """

    def __init__(self, source: ports.Standing) -> None:
        self.policy: Policy = NORMAL
        self.registry = Registry()
        self.borders = Borders(())
        self._zones: frozenset[str] = frozenset()
        self._places = ZoneIndex(())
        self._source = source
        self._known: list[Zone] = []
        self._stamp: tuple[int, ...] = ()

    async def load(self) -> None:
        """Read everything.

        Raises
        ------
        LedgerAway
        """
        await self.load_policy()
        await self.load_city()

    async def load_policy(self) -> None:
        """Read the policy in force; one this release cannot read changes nothing."""
        version, mode, body = await self._source.policy()
        if version == self.policy.version and mode == self.policy.mode:
            return
        try:
            self.policy = policy_of(version, mode, body)
        except (msgspec.ValidationError, msgspec.DecodeError, KeyError) as error:
            _log.error("the policy cannot be read; the last one stays: %s", error, extra={"version": version})
            return
        _log.info("policy in force", extra={"version": version, "mode": mode})

    async def load_city(self) -> None:
        """Read sources and zones, if they changed since the last look."""
        stamp = await self._source.stamp()
        if stamp == self._stamp:
            return
        self.registry = Registry(await self._source.sources())
        zones = await self._source.zones()
        if zones != self._known:
            self._known = zones
            self._zones = frozenset(zone.id for zone in zones)
            self._places = ZoneIndex(zones)
            self.borders = Borders(zones)
        # Kept last, and read first: what changes in between, or fails, is read again at the next look.
        self._stamp = stamp

    def zone_of(self, signal: Signal) -> str:
        """Return the zone that answers for a signal: the one it names, else the one of its place."""
        if signal.zone in self._zones:
            return signal.zone
        point = signal.location.point
        return (self._places.zone_of(point.lat, point.lon) if point is not None else "") or UNPLACED

    async def keep_following(self, guard: Guard) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await guard.hold("standing", self.load)
