# SPDX-License-Identifier: Apache-2.0
"""A square town of any size for benches, what its people report, what its devices read, and what stands open in it.

Words are the storm's, in both languages; type, claims and lane come from them by the door's own triage, as on the wire.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Final

import msgspec

from loadtests.bench.stage import PARTITIONS, Record
from loadtests.storm.words import Kind, kinds, say
from weirhouse.domain.city import City, Source, Zone
from weirhouse.domain.gather import opened
from weirhouse.domain.ids import report_id
from weirhouse.domain.incident import Incident
from weirhouse.domain.policy import NORMAL
from weirhouse.domain.probe import Probe
from weirhouse.domain.reading import Reading, SourceRules
from weirhouse.domain.report import UNPLACED, Lane, Location, Point, Report
from weirhouse.domain.triage import triage
from weirhouse.ledger.zoning import partition_of
from weirhouse.wire.envelope import encode

SOUTH, WEST = 30.2, 123.0
"""The town lies in the open sea, as the demo city does."""
DEGREE_M: Final = 111_195.0
PER_KM2: Final = 110.0
"""Open incidents a square kilometre: a city in the worst hour of a storm; ten times as many fill ten such cities."""
ZONE_M: Final = 3_800.0
WINDOW_S: Final = 6 * 3600.0
"""What stands open was told within this long."""
PLACELESS: Final = 0.02
"""Share of reports that say nothing of where."""
SERIOUS: Final = 0.05
"""Share of reports that tell of a danger to life; targets.md has 5 % high priorities."""
RETOLD: Final = 0.55
"""Share of reports that tell what stands open already: a storm's 2.2 calls an incident."""
DEVICES: Final = 27_000
"""Devices of one district (targets.md)."""
REPEATS: Final = 0.95
PLACES: Final = {
    "en": ("Main St and 4th Ave", "Elm Gardens block 7", "12 River Road", "the north gate of Weir Park"),
    "zh": ("幸福路12号", "人民广场地铁站", "东方小区3栋", "滨河公园北门"),
}


def side_of(incidents: int) -> float:
    """Return the side in metres of a town in which so many stand open."""
    return math.sqrt(incidents / PER_KM2) * 1_000.0


class Town:
    """A square town of `side_m` metres, cut into square zones of about 3.8 km."""

    def __init__(self, side_m: float, devices: int = 0) -> None:
        self.side_m = side_m
        self.rows = max(2, round(side_m / ZONE_M))
        self.per_lon = DEGREE_M * math.cos(math.radians(SOUTH + 0.5 * side_m / DEGREE_M))
        self.devices = [self._device(number) for number in range(devices)]

    def degrees(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Return (lat, lon), rounded to a decimetre as telephones' are."""
        return round(SOUTH + north_m / DEGREE_M, 6), round(WEST + east_m / self.per_lon, 6)

    def zone_at(self, east_m: float, north_m: float) -> str:
        """Return the id of the zone that holds the spot."""
        cell = self.side_m / self.rows
        row, column = (min(self.rows - 1, max(0, int(way // cell))) for way in (north_m, east_m))
        return f"z{row}-{column}"

    def city(self) -> City:
        """Return the town as a city file has it."""
        return City(
            name_en="Bench Town",
            name_zh="测量城",
            time_zone="Asia/Shanghai",
            bounds=(WEST - 1.0, SOUTH - 1.0, WEST + 5.0, SOUTH + 5.0),
            zones=list(self._zones()),
            sources=[Source(id="bench", name="bench", sort="person", may_claim_life=True), *self.devices],
        )

    def _zones(self) -> Iterator[Zone]:
        cell = self.side_m / self.rows
        for row in range(self.rows):
            for column in range(self.rows):
                corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1), (column, row)]
                ring = [self.degrees(x * cell, y * cell)[::-1] for x, y in corners]
                beside = [(row, column - 1), (row, column + 1), (row - 1, column), (row + 1, column)]
                yield Zone(
                    id=f"z{row}-{column}",
                    name_en=f"Zone {row}-{column}",
                    name_zh=f"{row}-{column}街道",
                    rings=[ring],
                    neighbours=tuple(f"z{r}-{c}" for r, c in beside if 0 <= r < self.rows and 0 <= c < self.rows),
                )

    def _device(self, number: int) -> Source:
        chance = random.Random(number)
        spot = chance.random() * self.side_m, chance.random() * self.side_m
        lat, lon = self.degrees(*spot)
        return Source(
            id=f"gateway-{number // 256:03d}/device-{number % 256:03d}",
            name=f"Device {number}",
            sort="sensor",
            zone=self.zone_at(*spot),
            lat=lat,
            lon=lon,
            # No delays: what a reading does to the signal is told by the reading alone, so that the share of repeats
            # is what the bench says.
            rules=SourceRules(high=50.0, off_delay_s=0.0, refresh_s=86_400.0, type="flooding"),
        )

    def readings(self, count: int, chance: random.Random, now: float) -> Iterator[Record]:
        """Yield readings of all devices in turn, one each ten seconds of theirs; one in twenty turns its signal."""
        began = now - 10.0 * count / len(self.devices)
        high = [False] * len(self.devices)
        for number in range(count):
            which = number % len(self.devices)
            if chance.random() > REPEATS:
                high[which] = not high[which]
            yield self.reading(which, began + 10.0 * number / len(self.devices), high[which], chance, number)

    def reading(self, which: int, at: float, high: bool, chance: random.Random, number: int) -> Record:
        """Return one reading of a device above its limit or below it, as it stands on the wire."""
        device = self.devices[which]
        # A high value never exceeds the first by a tenth of the limit, so that a standing signal does not change.
        value = round((51.0 if high else 20.0) + chance.random() * 4.0, 3)
        reading = Reading(
            source=device.id, at=round(at, 3), type="flooding", value=value, zone=device.zone, seq=number,
            lat=device.lat, lon=device.lon,
        )  # fmt: skip
        return device.id.encode(), encode(reading), partition_of(device.id, PARTITIONS)


class Telling:
    """Reports of a town's people.

    Parameters
    ----------
    now
        Seconds UTC of the newest report.
    """

    def __init__(self, town: Town, chance: random.Random, now: float, texts: int = 2_000) -> None:
        self.town, self.chance, self.now = town, chance, now
        every = list(kinds().values())
        grave, mild = [one for one in every if one.life], [one for one in every if not one.life]
        self._grave = [self._said(chance.choice(grave), True) for _ in range(texts // 4)]
        self._mild = [self._said(chance.choice(mild), False) for _ in range(texts)]

    def _said(self, kind: Kind, danger: bool) -> tuple[str, str, tuple[str, ...], Lane, int]:
        language = self.chance.choice(("en", "zh"))
        words = say(kind, language, self.chance.choice(PLACES[language]), danger, self.chance)
        judged = triage(words)
        lane = Lane.LIFE if judged.lane is Lane.LIFE else Lane.ORDINARY
        return words, judged.type, judged.claims, lane, judged.priority_hint

    def fresh(self, prefix: str, count: int, window_s: float = 0.0) -> Iterator[Report]:
        """Yield reports of happenings of their own, anywhere, told within the last `window_s`."""
        chance = self.chance
        for number in range(count):
            said = chance.choice(self._grave if chance.random() < SERIOUS else self._mild)
            spot = chance.random() * self.town.side_m, chance.random() * self.town.side_m
            placed = chance.random() >= PLACELESS
            at = self.now - chance.random() * window_s
            yield self._report(f"{prefix}{number}", said, spot if placed else None, at)

    def mixed(self, prefix: str, count: int, about: list[Report]) -> Iterator[Report]:
        """Yield reports, half of them about what others told before, in words of their own kind, some metres away."""
        chance = self.chance
        alone = self.fresh(prefix, count)
        for number, report in enumerate(alone):
            if not about or chance.random() >= RETOLD:
                yield report
                continue
            told = chance.choice(about)
            point = told.location.point
            if point is not None:
                near = 15.0 / DEGREE_M
                lat, lon = point.lat + chance.gauss(0.0, near), point.lon + chance.gauss(0.0, near)
                told = msgspec.structs.replace(told, location=Location(point=Point(round(lat, 6), round(lon, 6), 25.0)))
            key = f"{prefix}{number}"
            yield msgspec.structs.replace(
                told, id=report_id("bench", key), key=key, reporter=f"{chance.getrandbits(128):032x}",
                event_time=self.now, received_at=self.now,
            )  # fmt: skip

    def _report(
        self, key: str, said: tuple[str, str, tuple[str, ...], Lane, int], spot: tuple[float, float] | None, at: float
    ) -> Report:
        words, kind, claims, lane, hint = said
        place = Location()
        if spot is not None:
            place = Location(point=Point(*self.town.degrees(*spot), self.chance.choice((10.0, 20.0, 50.0))))
        return Report(
            id=report_id("bench", key),
            source="bench",
            key=key,
            channel="phone",
            zone=self.town.zone_at(*spot) if spot is not None else UNPLACED,
            lane=lane,
            type=kind,
            words=words,
            location=place,
            reporter=f"{self.chance.getrandbits(128):032x}",
            event_time=at,
            received_at=at,
            claims=claims,
            priority_hint=hint,
        )


def record(report: Report) -> Record:
    """Return a report as it stands on the wire."""
    return report.zone.encode(), encode(report), partition_of(report.zone, PARTITIONS)


def standing(telling: Telling, count: int, seen: list[Report], distinct: int = 20_000) -> Iterator[Incident]:
    """Yield `count` open incidents with numbers from 1; the reports that opened the first of them go into `seen`.

    Past `distinct` they are copies of these at other places, for opening each by the rules takes a tenth of a
    millisecond; every copy is an object of its own again where it is loaded.
    """
    made: list[Incident] = []
    for number in range(count):
        if number < distinct:
            [report] = telling.fresh(f"open{number}-", 1, WINDOW_S)
            seen.append(report)
            row = opened(Probe(report), NORMAL)
            row.version, row.number = 1, number + 1
            made.append(row)
            yield row
        else:
            yield _copy(telling, made[number % distinct], number)


def _copy(telling: Telling, row: Incident, number: int) -> Incident:
    key, chance, town = f"copy{number}", telling.chance, telling.town
    opener, reporter = report_id("bench", key), chance.getrandbits(63)
    zone, lat, lon, home = row.zone, row.lat, row.lon, None
    if row.lat is not None:
        spot = chance.random() * town.side_m, chance.random() * town.side_m
        home = town.degrees(*spot)
        zone, (lat, lon) = town.zone_at(*spot), home
    gist = msgspec.structs.replace(row.gist, reporters=[reporter], folds={reporter: row.first_at}, home=home)
    return msgspec.structs.replace(
        row, id=report_id("incident", key), number=number + 1, zone=zone, lat=lat, lon=lon, opened_by=opener, gist=gist
    )
