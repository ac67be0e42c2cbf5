# SPDX-License-Identifier: Apache-2.0
"""Standing data on PostgreSQL: zones, places, sources, teams, policy."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from psycopg.types.json import Jsonb

from weirhouse.domain.city import City, Place, Source, Zone
from weirhouse.ledger.ports import LedgerRefuses
from weirhouse.ledger.postgres.pool import Connection, Database
from weirhouse.ledger.queries import queries
from weirhouse.ledger.zoning import NO_ZONE, partition_of

_SQL = queries("standing")
_RINGS: Final = msgspec.json.Decoder(list[list[tuple[float, float]]])
_SOURCE: Final = msgspec.json.Decoder(Source)


class PostgresStanding:
    """`weirhouse.ledger.ports.Standing` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def apply_city(self, city: City, partitions: int, actor: str, now: float) -> None:
        """Insert or bring up to date what the city file says, in one transaction; nothing is taken away.

        Raises
        ------
        LedgerRefuses
            The zones were laid on another number of partitions before.
        """

        async def work(connection: Connection) -> None:
            async with connection.transaction():
                cursor = await connection.execute(_SQL["partition_count"])
                row = await cursor.fetchone()
                if row is not None and int(row[0]) != partitions:
                    raise LedgerRefuses(f"zones stand on {row[0]} partitions; {partitions} would move them")
                async with connection.pipeline():
                    await _put(connection, city, partitions)
                    await connection.execute(_SQL["put_meta"], {"key": "partitions", "value": str(partitions)})
                    # The head of the city file (names, bounds, time zone) for those who ask later.
                    head = msgspec.structs.replace(city, zones=[], places=[], sources=[], teams=[])
                    value = msgspec.json.encode(head).decode()
                    await connection.execute(_SQL["put_meta"], {"key": "city", "value": value})
                    await connection.execute(_SQL["first_policy"], {"actor": actor, "now": now})

        await self._database.run(work)

    async def zones(self) -> list[Zone]:
        """Return all zones, the unplaced one included."""
        return [
            Zone(id=zone, name_en=en, name_zh=zh, rings=_RINGS.decode(rings), neighbours=tuple(neighbours))
            for zone, en, zh, rings, neighbours in await self._database.rows(_SQL["zones"])
        ]

    async def city(self) -> City | None:
        """Return the head of the city file (names, time zone, bounds, default points), or None before the first."""
        rows = await self._database.rows(_SQL["meta"], {"key": "city"})
        return msgspec.json.decode(rows[0][0], type=City) if rows else None

    async def places(self) -> list[Place]:
        """Return the gazetteer."""
        return [
            Place(
                id=place,
                name_en=en,
                name_zh=zh,
                kind=kind,
                zone=zone,
                lat=lat,
                lon=lon,
                radius_m=radius,
                aliases=tuple(aliases),
                asset_id=asset,
            )
            for place, en, zh, kind, zone, lat, lon, radius, aliases, asset in await self._database.rows(_SQL["places"])
        ]

    async def sources(self) -> list[Source]:
        """Return the active sources, each with the version of its row."""
        return [_source(body, version) for body, version in await self._database.rows(_SQL["sources"])]

    async def set_source_key(self, source: str, key_sha256: bytes) -> None:
        """Give `source` its key.

        Raises
        ------
        LedgerRefuses
            There is no such source.
        """
        if not await self._database.rows(_SQL["set_source_key"], {"source": source, "hash": key_sha256}):
            raise LedgerRefuses(f"no source {source}: put it into the city file first")

    async def source_of_key(self, key_sha256: bytes) -> Source | None:
        """Return the source that holds the key, or None."""
        rows = await self._database.rows(_SQL["source_of_key"], {"hash": key_sha256})
        return _source(*rows[0]) if rows else None

    async def source_keys(self) -> dict[bytes, str]:
        """Return the ids of active sources by the hash of their keys."""
        return {bytes(row[0]): str(row[1]) for row in await self._database.rows(_SQL["source_keys"])}

    async def stamp(self) -> tuple[int, ...]:
        """Return numbers that change whenever sources or zones do."""
        [row] = await self._database.rows(_SQL["stamp"])
        return tuple(int(number) for number in row)

    async def policy(self) -> tuple[int, str, bytes]:
        """Return (version, mode, JSON) of the policy in force; a new ledger has version 1, `normal`, `{}`."""
        rows = await self._database.rows(_SQL["policy"])
        return (rows[0][0], rows[0][1], rows[0][2].encode()) if rows else (1, "normal", b"{}")


def _source(body: str, version: int) -> Source:
    return msgspec.structs.replace(_SOURCE.decode(body), version=version)


def _json(value: Any) -> Jsonb:
    return Jsonb(value, dumps=lambda v: msgspec.json.encode(v).decode())


async def _put(connection: Connection, city: City, partitions: int) -> None:
    for zone in [*city.zones, NO_ZONE]:
        row = {
            "zone": zone.id,
            "name_en": zone.name_en,
            "name_zh": zone.name_zh,
            "rings": _json(zone.rings),
            "neighbours": list(zone.neighbours),
            "partition": partition_of(zone.id, partitions),
        }
        await connection.execute(_SQL["put_zone"], row)
    for place in city.places:
        row = {
            "place": place.id,
            "name_en": place.name_en,
            "name_zh": place.name_zh,
            "aliases": list(place.aliases),
            "kind": place.kind,
            "zone": place.zone,
            "lat": place.lat,
            "lon": place.lon,
            "radius": place.radius_m,
            "asset": place.asset_id,
        }
        await connection.execute(_SQL["put_place"], row)
    for source in city.sources:
        body = _json(msgspec.structs.replace(source, version=1))
        await connection.execute(_SQL["put_source"], {"source": source.id, "body": body})
    for team in city.teams:
        row = {
            "team": team.id,
            "name_en": team.name_en,
            "name_zh": team.name_zh,
            "kind": team.kind,
            "skills": list(team.skills),
            "zone": team.zone,
            "state": team.state,
            "lat": team.lat,
            "lon": team.lon,
            "position_at": team.position_at or None,
            "accuracy_m": team.accuracy_m,
            "exercise": team.exercise,
        }
        await connection.execute(_SQL["put_team"], row)
