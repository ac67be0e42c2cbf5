# SPDX-License-Identifier: Apache-2.0
"""The demo city 堰城 / Weir City, made by rule: `python -m loadtests.democity` writes `examples/city/demo.json`.

The city lies in the open sea, so that no real address can be meant. A river parts four zones in the north from four in
the south; streets form a bent grid. The same code always writes the same bytes.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from loadtests import names
from weirhouse.domain.city import City, Place, Ring, Source, Zone
from weirhouse.domain.incident import Team
from weirhouse.domain.reading import SourceRules

TARGET = Path(__file__).parents[1] / "examples" / "city" / "demo.json"

SEED = 20120829

# South-west corner (degrees), zone size (metres). 2 x 4 zones: 10.4 km by 6.4 km, a district of half a million people.
ORIGIN_LAT, ORIGIN_LON = 30.2000, 123.0000
ZONE_WIDTH_M, ZONE_HEIGHT_M = 2_600.0, 3_200.0
COLUMNS = 4

# Metres a degree: latitude, and longitude at the city's middle.
LAT_M = 111_195.0
LON_M = LAT_M * math.cos(math.radians(30.23))

Spot = tuple[float, float]
"""Metres (east, north) of the south-west corner."""


def river_y(x: float) -> float:
    """Return how far north the river's middle runs at `x` metres east; two bends of 260 m."""
    return ZONE_HEIGHT_M + 260.0 * math.sin(2 * math.pi * x / (COLUMNS * ZONE_WIDTH_M) * 2)


def degrees(spot: Spot) -> tuple[float, float]:
    """Return (lat, lon) in degrees, rounded to a decimetre."""
    x, y = spot
    return round(ORIGIN_LAT + y / LAT_M, 6), round(ORIGIN_LON + x / LON_M, 6)


def avenue_spot(avenue: int, x: float) -> Spot:
    """Return where avenue number `avenue` (0 = northernmost) passes `x` metres east; it follows the river's bends."""
    if avenue < 5:
        low, high, share = river_y(x) + 120, 2 * ZONE_HEIGHT_M - 150, (4 - avenue) / 4
    else:
        low, high, share = 150.0, river_y(x) - 120, (9 - avenue) / 4
    return x, low + (high - low) * share


def road_x(road: int) -> float:
    """Return how far east road number `road` runs; three a zone."""
    return (road + 0.5) * ZONE_WIDTH_M / 3


def zone_names() -> list[names.Name]:
    """Return the eight zones' names: north from west to east, then south."""
    return [*names.NORTH, *names.SOUTH]


def zones() -> Iterator[Zone]:
    """Yield the zones with their rings; the river's middle is the border."""
    for number, (slug, english, chinese) in enumerate(zone_names()):
        row, column = divmod(number, COLUMNS)
        west, east = column * ZONE_WIDTH_M, (column + 1) * ZONE_WIDTH_M
        bank = [(x, river_y(x)) for x in (west + (east - west) * step / 8 for step in range(9))]
        far = 2 * ZONE_HEIGHT_M if row == 0 else 0.0
        outline = [*bank, (east, far), (west, far), bank[0]]
        if row == 1:  # GeoJSON's outer rings run against the clock
            outline.reverse()
        ring: Ring = [(degrees(spot)[1], degrees(spot)[0]) for spot in outline]
        beside = [(row, column - 1), (row, column + 1), (1 - row, column)]
        neighbours = tuple(zone_names()[r * COLUMNS + c][0] for r, c in beside if 0 <= c < COLUMNS)
        yield Zone(id=slug, name_en=english, name_zh=f"{chinese}街道", rings=[ring], neighbours=neighbours)


def zone_at(spot: Spot) -> int:
    """Return the number of the zone that holds `spot`."""
    x, y = spot
    column = min(COLUMNS - 1, int(x // ZONE_WIDTH_M))
    return column if y >= river_y(x) else COLUMNS + column


def place(kind: str, key: str, english: str, chinese: str, spot: Spot, radius_m: float, asset_id: str = "") -> Place:
    """Return one entry of the gazetteer at `spot`."""
    lat, lon = degrees(spot)
    zone = zone_names()[zone_at(spot)][0]
    return Place(
        id=f"{kind}-{key}",
        name_en=english,
        name_zh=chinese,
        kind=kind,
        zone=zone,
        lat=lat,
        lon=lon,
        radius_m=radius_m,
        asset_id=asset_id,
    )


def streets() -> Iterator[Place]:
    """Yield streets by zone, every crossing, the underpasses under the second road of each zone, and the bridges."""
    for number, (slug, english, chinese) in enumerate(names.AVENUES):
        for column in range(COLUMNS):
            spot = avenue_spot(number, (column + 0.5) * ZONE_WIDTH_M)
            part = zone_names()[zone_at(spot)]
            yield place(
                "street",
                f"{slug}-{part[0]}",
                f"{english} ({part[1]})",
                f"{chinese}（{part[2]}段）",
                spot,
                ZONE_WIDTH_M / 2,
            )
    for number, (slug, english, chinese) in enumerate(names.ROADS):
        x = road_x(number)
        for y in (river_y(x) / 2, (river_y(x) + 2 * ZONE_HEIGHT_M) / 2):
            part = zone_names()[zone_at((x, y))]
            yield place(
                "street", f"{slug}-{part[0]}", f"{english} ({part[1]})", f"{chinese}（{part[2]}段）", (x, y), 1_400.0
            )
        for avenue, (other, street, jie) in enumerate(names.AVENUES):
            spot = avenue_spot(avenue, x)
            yield place("crossing", f"{other}-{slug}", f"{street} & {english}", f"{jie}与{chinese}路口", spot, 40.0)
        if number % 3 == 1:
            for avenue in (1, 7):
                cx, cy = avenue_spot(avenue, x)
                key = f"{slug}-{names.AVENUES[avenue][0]}"
                yield place(
                    "underpass",
                    key,
                    f"{english} Underpass at {names.AVENUES[avenue][1]}",
                    f"{chinese}下穿{names.AVENUES[avenue][2]}隧道",
                    (cx, cy - 70),
                    80.0,
                    asset_id=f"UP-{number:02d}{avenue}",
                )
        else:
            yield place(
                "bridge", slug, f"{english} Bridge", f"{chinese}大桥", (x, river_y(x) + 20), 150.0, f"BR-{number:02d}"
            )


def sites(chance: random.Random) -> Iterator[Place]:
    """Yield the sites and estates of every zone, spread over it by a fixed chance; each estate has a lift."""
    for number, (slug, english, chinese) in enumerate(zone_names()):
        for kind, what, was, count, radius in names.SITES:
            for turn in range(count):
                spot = _inside(number, chance)
                mark_en, mark_zh = ("", "") if count == 1 else ((f" {turn + 1}"), ("第一", "第二", "第三")[turn])
                yield place(
                    kind,
                    f"{slug}-{what.split()[0].lower()}{turn + 1}",
                    f"{english} {what}{mark_en}",
                    f"{chinese}{mark_zh}{was}",
                    spot,
                    radius,
                )
        for turn, (estate, ting) in enumerate(names.ESTATES):
            spot = _inside(number, chance)
            yield place("estate", f"{slug}-{turn + 1}", f"{english} {estate}", f"{chinese}{ting}", spot, 160.0)
            if turn % 4 == 0:
                asset = f"LIFT-{number}{turn}"
                key = f"{slug}-{turn + 1}"
                yield place("lift", key, f"Lift 1, {english} {estate}", f"{chinese}{ting}1号电梯", spot, 15.0, asset)


def _inside(zone: int, chance: random.Random) -> Spot:
    """Return a spot of the zone, 150 m or more from its border."""
    row, column = divmod(zone, COLUMNS)
    x = column * ZONE_WIDTH_M + chance.uniform(150, ZONE_WIDTH_M - 150)
    low, high = (river_y(x) + 150, 2 * ZONE_HEIGHT_M - 150) if row == 0 else (150.0, river_y(x) - 150)
    return x, chance.uniform(low, high)


def people() -> Iterator[Source]:
    """Yield the sources behind which people stand."""
    for key, name, sort, life in (
        ("hotline", "12345 hotline / 12345热线", "person", True),
        ("emergency", "Emergency line / 紧急报警", "person", True),
        ("desk", "Call takers / 话务席位", "person", True),
        ("app", "City app / 随手拍", "person", False),
        ("web", "Web form / 网上留言", "person", False),
        ("messages", "Messages / 短信与消息", "person", False),
        ("grid", "Grid inspectors / 网格员", "field", True),
        ("volunteers", "Volunteers / 志愿者", "field", False),
        ("metro-control", "Metro control room / 地铁控制中心", "partner", True),
        ("power-company", "Power company / 供电公司", "partner", False),
    ):
        yield Source(id=key, name=name, sort=sort, may_claim_life=life)


def devices(places: list[Place]) -> Iterator[Source]:
    """Yield cameras, water gauges, smoke, lift and gas alarms, each at a place, with the rules they are folded by."""
    gauge = SourceRules(
        high=0.27, dead_band=0.04, on_delay_s=0.0, off_delay_s=120.0, refresh_s=120.0, type="water_level"
    )
    smoke = SourceRules(off_delay_s=60.0, refresh_s=60.0, life=True, type="smoke_alarm")
    lift = SourceRules(off_delay_s=60.0, refresh_s=120.0, type="lift_alarm")
    gas = SourceRules(high=20.0, dead_band=2.0, off_delay_s=120.0, refresh_s=60.0, life=True, type="gas")
    camera = SourceRules(off_delay_s=30.0, refresh_s=120.0, type="camera_event")
    wanted = (
        ("gauge", "underpass", 8, gauge, "sensor", "Water gauge", "积水监测"),
        ("gauge", "pump_station", 6, gauge, "sensor", "Water gauge", "积水监测"),
        ("smoke", "market", 8, smoke, "sensor", "Smoke alarm", "烟感"),
        ("smoke", "care_home", 6, smoke, "sensor", "Smoke alarm", "烟感"),
        ("lift", "lift", 10, lift, "sensor", "Lift alarm", "电梯困人报警"),
        ("gas", "factory", 4, gas, "sensor", "Gas alarm", "燃气报警"),
        ("cam", "crossing", 10, camera, "camera", "Camera", "视频识别"),
    )
    count: dict[str, int] = {}
    for key, kind, many, rules, sort, english, chinese in wanted:
        there = [entry for entry in places if entry.kind == kind]
        for entry in there[:: max(1, len(there) // many)][:many]:
            count[key] = count.get(key, 0) + 1
            yield Source(
                id=f"{key}-{count[key]:02d}",
                name=f"{english}, {entry.name_en} / {entry.name_zh}{chinese}",
                sort=sort,
                may_claim_life=rules.life,
                zone=entry.zone,
                lat=entry.lat,
                lon=entry.lon,
                accuracy_m=15.0,
                clock_behind_s=3_600.0,
                rules=rules,
            )


def teams(places: list[Place]) -> Iterator[Team]:
    """Yield the front line: who they are, what they can do, where they wait."""
    for kind, english, chinese, base, many, skills in (
        ("fire_engine", "Engine", "消防车", "fire_station", 8, ("fire", "gas", "lift")),
        ("ambulance", "Ambulance", "救护车", "hospital", 8, ("medical",)),
        ("police", "Patrol", "巡警", "police_station", 7, ("police",)),
        ("boat", "Rescue Boat", "冲锋舟", "pump_station", 3, ("water_rescue",)),
        ("power_crew", "Power Crew", "供电抢修", "substation", 3, ("power", "lighting")),
        ("water_crew", "Water Crew", "排水抢险", "pump_station", 4, ("drainage", "water", "heating")),
        ("road_crew", "Road Crew", "道路养护", "factory", 3, ("road", "parks", "lighting")),
        (
            "grid_worker",
            "Grid Worker",
            "网格员",
            "market",
            4,
            ("community", "enforcement", "cleaning", "building", "animal", "market"),
        ),
        ("volunteers", "Volunteers", "志愿者队", "school", 2, ("community",)),
    ):
        there = [entry for entry in places if entry.kind == base]
        for turn in range(many):
            home = there[turn * len(there) // many]
            yield Team(
                id=f"{kind.replace('_', '-')}-{turn + 1}",
                name_en=f"{english} {turn + 1}",
                name_zh=f"{chinese}{turn + 1}号" if kind != "volunteers" else f"{chinese}{turn + 1}",
                kind=kind,
                skills=skills,
                zone=home.zone,
                lat=home.lat,
                lon=home.lon,
            )


def build() -> City:
    """Return the whole city; always the same."""
    places = [*streets(), *sites(random.Random(SEED))]
    south, west = degrees((-600.0, -600.0))
    north, east = degrees((COLUMNS * ZONE_WIDTH_M + 600.0, 2 * ZONE_HEIGHT_M + 600.0))
    hall = degrees((2 * ZONE_WIDTH_M, ZONE_HEIGHT_M + 400.0))
    return City(
        name_en="Weir City",
        name_zh="堰城",
        time_zone="Asia/Shanghai",
        bounds=(west, south, east, north),
        default_points=[hall],
        zones=list(zones()),
        places=places,
        sources=[*people(), *devices(places)],
        teams=list(teams(places)),
    )


def dump(city: City) -> str:
    """Return the city file's text: one row a line, so that changes read well in a diff."""
    parts = []
    for key, value in msgspec.to_builtins(city).items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in value)
            parts.append(f'"{key}": [\n{rows}\n]')
        else:
            parts.append(f'"{key}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.write_text(dump(build()), encoding="utf-8")
    print(target)
