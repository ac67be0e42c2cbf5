# SPDX-License-Identifier: Apache-2.0
"""Are distances, cells, zones and doubts about points right?"""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.makers import LAT, LON, at_m
from weirhouse.domain.city import Zone
from weirhouse.domain.geo import Belief, ZoneIndex, cell, haversine_m, inside, judge, key_of, keys_around, metres
from weirhouse.domain.report import Point

LATS = st.floats(-60, 60)
LONS = st.floats(-180, 180)
BOUNDS = (-71.2, 42.2, -70.9, 42.5)


@given(LATS, LONS, st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_the_plane_agrees_with_the_sphere_in_a_city(lat: float, lon: float, d_lat: float, d_lon: float) -> None:
    flat, round_ = metres(lat, lon, lat + d_lat, lon + d_lon), haversine_m(lat, lon, lat + d_lat, lon + d_lon)
    assert math.isclose(flat, round_, rel_tol=2e-3, abs_tol=0.05)
    assert math.isclose(flat, metres(lat + d_lat, lon + d_lon, lat, lon), rel_tol=1e-9, abs_tol=1e-6)


def test_a_known_distance() -> None:
    assert haversine_m(0.0, 0.0, 0.0, 1.0) == pytest.approx(111_195, abs=1)
    assert metres(10.0, 179.999, 10.0, -179.999) == pytest.approx(219, abs=1)


@given(LATS, st.floats(-179, 179), st.floats(0, 1), st.floats(0, 2 * math.pi), st.sampled_from([50.0, 160.0, 850.0]))
def test_neighbour_cells_hold_all_within_a_cell_size(
    lat: float, lon: float, share: float, angle: float, size_m: float
) -> None:
    away = 0.98 * share * size_m / 111_195.0
    lat2 = lat + away * math.sin(angle)
    lon2 = lon + away * math.cos(angle) / math.cos(math.radians(lat))
    row, col = cell(lat2, lon2, size_m)
    assert key_of(row, col, 7) in keys_around(lat, lon, size_m, 7)
    assert len(set(keys_around(lat, lon, size_m, 7))) == 9


def square(name: str, west: float, south: float, east: float, north: float) -> Zone:
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return Zone(id=name, name_en=name, name_zh=name, rings=[ring])


@given(st.floats(42.2, 42.5), st.floats(-71.2, -70.9))
def test_each_point_of_a_tiled_city_has_one_zone(lat: float, lon: float) -> None:
    zones = [
        square(f"z{i}{j}", -71.2 + 0.1 * i, 42.2 + 0.1 * j, -71.2 + 0.1 * (i + 1), 42.2 + 0.1 * (j + 1))
        for i in range(3)
        for j in range(3)
    ]
    index = ZoneIndex(zones)
    home = index.zone_of(lat, lon)
    slow = [zone.id for zone in zones if inside(zone.rings[0], lat, lon)]
    assert home == (slow[0] if slow else "")
    assert index.nearest(lat, lon) != ""
    assert home not in index.near_border(lat, lon, 500.0)


def test_a_border_point_knows_its_neighbour() -> None:
    index = ZoneIndex([square("a", -71.2, 42.2, -71.0, 42.5), square("b", -71.0, 42.2, -70.9, 42.5)])
    assert index.near_border(42.3, -71.001, 200.0) == ("b",)
    assert index.near_border(42.3, -71.1, 200.0) == ()
    assert index.zone_of(10.0, 10.0) == ""


@pytest.mark.parametrize(
    ("lat", "lon", "accuracy", "belief"),
    [
        (LAT, LON, 10.0, Belief.GOOD),
        (0.0, 0.0, 10.0, Belief.NULL_ISLAND),
        (LON, LAT, 10.0, Belief.SWAPPED),
        (31.2, 121.5, 10.0, Belief.OUTSIDE),
        (LAT, LON, 500_000.0, Belief.COARSE),
        (42.3594, -71.0587, 10.0, Belief.DEFAULT),
        (float("nan"), LON, 10.0, Belief.OUTSIDE),
    ],
)
def test_points_are_judged(lat: float, lon: float, accuracy: float, belief: Belief) -> None:
    judged = judge(Point(lat, lon, accuracy), BOUNDS, [(42.3594, -71.0587)])
    assert judged.belief is belief
    assert (judged.point is not None) == (belief in (Belief.GOOD, Belief.SWAPPED))
    if belief is Belief.SWAPPED:
        assert judged.point is not None
        assert (judged.point.lat, judged.point.lon) == (LAT, LON)


def test_a_claimed_accuracy_of_nothing_is_not_believed() -> None:
    judged = judge(at_m(0, 0, 0.0), BOUNDS)
    assert judged.point is not None
    assert judged.point.accuracy_m > 0
