# SPDX-License-Identifier: Apache-2.0
"""Is the demo city whole, and is the file in the checkout the one its code makes?"""

from __future__ import annotations

import itertools

import msgspec
import pytest

from loadtests import democity
from weirhouse.domain.city import City, Zone


@pytest.fixture(scope="module")
def city() -> City:
    return msgspec.json.decode(democity.TARGET.read_bytes(), type=City)


def test_the_file_is_what_the_code_makes() -> None:
    assert democity.TARGET.read_text(encoding="utf-8") == democity.dump(democity.build())


def test_the_file_is_small_enough_to_read() -> None:
    assert democity.TARGET.stat().st_size < 400_000


def test_every_id_is_used_once(city: City) -> None:
    columns = (
        [r.id for r in city.zones],
        [r.id for r in city.places],
        [r.id for r in city.sources],
        [r.id for r in city.teams],
    )
    for ids in columns:
        assert len(ids) == len(set(ids))
    assert (len(city.zones), len(city.sources), len(city.teams)) == (8, 62, 42)


def test_neighbours_are_mutual(city: City) -> None:
    beside = {zone.id: set(zone.neighbours) for zone in city.zones}
    assert all(zone in beside[other] for zone, others in beside.items() for other in others)


def test_every_place_lies_in_its_zone(city: City) -> None:
    zones = {zone.id: zone for zone in city.zones}
    outside = [place.id for place in city.places if not _inside(zones[place.zone], place.lat, place.lon)]
    assert outside == []


def test_rings_are_closed_and_in_bounds(city: City) -> None:
    west, south, east, north = city.bounds
    for zone in city.zones:
        for ring in zone.rings:
            assert ring[0] == ring[-1]
            assert all(west < lon < east and south < lat < north for lon, lat in ring)


def test_every_row_speaks_both_languages(city: City) -> None:
    names = [(r.name_en, r.name_zh) for r in city.zones]
    names += [(r.name_en, r.name_zh) for r in city.places]
    names += [(r.name_en, r.name_zh) for r in city.teams]
    assert all(english.isascii() and not chinese.isascii() for english, chinese in names)


def _inside(zone: Zone, lat: float, lon: float) -> bool:
    """Even-odd rule over the zone's first ring."""
    inside = False
    ring = zone.rings[0]
    for (x1, y1), (x2, y2) in itertools.pairwise(ring):
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
