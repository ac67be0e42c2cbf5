# SPDX-License-Identifier: Apache-2.0
"""Is a storm the same for the same seed, bounded, and shaped as its profile says?"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from loadtests.democity import TARGET
from loadtests.storm import plan as planning
from loadtests.storm import profile as profiles
from loadtests.storm.send import iso
from loadtests.storm.town import Town, metres
from loadtests.storm.words import kinds


@pytest.fixture(scope="module")
def town() -> Town:
    return Town.read(TARGET)


@pytest.mark.parametrize("name", profiles.names())
def test_same_seed_same_storm(town: Town, name: str) -> None:
    storm = profiles.load(name)
    one, two, other = (planning.make(storm, town, seed) for seed in (1, 1, 2))
    assert one.calls == two.calls
    assert one.truth == two.truth
    assert one.calls != other.calls


@pytest.mark.parametrize("name", profiles.names())
def test_every_profile_says_where_its_numbers_come_from(name: str) -> None:
    storm = profiles.load(name)
    assert len(storm.source) > 40
    assert storm.shape[0][0] == 0
    assert storm.shape[-1][0] == storm.duration_s


def test_the_demo_is_shaped_as_its_profile_says(town: Town) -> None:
    storm = profiles.load("demo")
    plan = planning.make(storm, town, 7)
    reports = [row for row in plan.truth if row["happening"]]
    usual = [h for h in plan.happenings if h.size < 60]
    assert 0.25 < 1 - len(reports) / len(plan.truth) < 0.40
    assert 1.8 < sum(h.size for h in usual) / len(usual) < 2.6
    assert max(h.size for h in plan.happenings) >= 120
    assert any(row["redial_of"] for row in plan.truth)
    assert any(call.again for call in plan.calls)
    languages = {call.body["language"] for call in plan.calls}
    assert languages == {"en", "zh"}


def test_calls_stay_inside_the_storm_and_in_order(town: Town) -> None:
    plan = planning.make(profiles.load("demo"), town, 3)
    times = [call.at for call in plan.calls]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= plan.profile.duration_s


def test_two_happenings_of_a_kind_lie_apart(town: Town) -> None:
    plan = planning.make(profiles.load("sandy"), town, 1)
    known = kinds()
    for index, one in enumerate(plan.happenings):
        for two in plan.happenings[index + 1 :]:
            if one.kind == two.kind:
                between = metres(one.spot.lat, one.spot.lon, two.spot.lat, two.spot.lon)
                assert between >= known[one.kind].apart_m


def test_a_gauge_near_a_flooded_underpass_rises(town: Town) -> None:
    plan = planning.make(profiles.load("demo"), town, 1)
    alarmed = {device for device in plan.alarms if device.startswith("gauge")}
    high = {d.id for _, d, r in planning.readings(plan, town, 1) if d.sort == "gauge" and r["value"] > 0.27}
    assert high == alarmed
    assert alarmed


def test_a_storm_too_large_is_refused(town: Town) -> None:
    with pytest.raises(ValueError, match="at most 200000"):
        planning.make(profiles.load("sandy").scaled(1000), town, 1)


def test_scale_multiplies_rates_and_hot_spots() -> None:
    storm = profiles.load("demo").scaled(3)
    assert storm.calls_per_s == pytest.approx(24.0)
    assert [hot.reports for hot in storm.hot] == [120, 120, 120]
    assert profiles.load("demo").scaled(0.1).hot[0].reports == 12


def test_instants_read_as_utc() -> None:
    assert iso(1346198400.25) == "2012-08-29T00:00:00.250Z"


def test_the_generator_knows_nothing_of_the_product() -> None:
    folder = Path(planning.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [n for n in names if n.split(".")[0] in ("weirhouse", "streams", "api")], path.name
