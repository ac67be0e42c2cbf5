# SPDX-License-Identifier: Apache-2.0
"""Does the score mean what it says: bounded, explained, sensible in each of its terms?"""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.makers import T0, Room, at_m, report
from weirhouse.domain.correlate import logistic, score, weigh
from weirhouse.domain.decision import Band
from weirhouse.domain.incident import Incident
from weirhouse.domain.policy import DEFAULTS, NORMAL, Policy, from_json, to_json
from weirhouse.domain.probe import Probe
from weirhouse.domain.taxonomy import TYPES

DEEP = "下穿通道积水很深，有两辆车熄火"


def opened(**changes: object) -> Incident:
    changes.setdefault("point", at_m(0, 0))
    incident = Room().take(report("first", **changes)).incident  # type: ignore[arg-type]
    assert incident is not None
    return incident


def test_near_and_soon_of_one_type_joins_far_and_late_does_not() -> None:
    incident = opened()
    assert score(report("b", point=at_m(40, 0)), incident, NORMAL).band is Band.JOIN
    assert score(report("b", point=at_m(2000, 0)), incident, NORMAL).band is Band.APART
    late = report("b", point=at_m(0, 0), event_time=T0 + 30 * 86_400)
    assert score(late, incident, NORMAL).band is Band.APART


def test_a_coarse_place_proves_little_and_disproves_little() -> None:
    incident = opened()
    fine_near, fine_far = (score(report("b", point=at_m(d, 0, 10)), incident, NORMAL).score for d in (0, 600))
    coarse_near, coarse_far = (score(report("b", point=at_m(d, 0, 800)), incident, NORMAL).score for d in (0, 600))
    assert fine_near > coarse_near > coarse_far > fine_far


def test_without_a_place_words_must_carry_it() -> None:
    incident = opened(point=None, words=DEEP)
    assert score(report("b", words="路灯不亮好几天了没人管"), incident, NORMAL).band is Band.APART
    assert score(report("b"), incident, NORMAL).band is not Band.JOIN
    assert score(report("b", words="下穿通道积水很深，有两辆车熄火了"), incident, NORMAL).band is Band.JOIN


def test_two_house_numbers_in_one_street_are_kept_apart() -> None:
    incident = opened(type_="fire", address="12 Elm St")
    same = score(report("b", "fire", at_m(60, 0), address="12 Elm Street"), incident, NORMAL)
    other = score(report("b", "fire", at_m(60, 0), address="48 Elm St"), incident, NORMAL)
    assert same.band is Band.JOIN
    assert other.band is not Band.JOIN


def test_the_same_asset_outweighs_a_poor_place() -> None:
    incident = opened(type_="street_light", asset="lamp-7")
    with_asset = score(report("b", "street_light", at_m(90, 0, 60), asset="lamp-7"), incident, NORMAL)
    other = score(report("b", "street_light", at_m(90, 0, 60), asset="lamp-8"), incident, NORMAL)
    assert with_asset.score > 0.9
    assert other.band is Band.APART


def test_exercise_and_real_never_meet() -> None:
    assert score(report("b", point=at_m(0, 0), exercise=True), opened(), NORMAL).score < 1e-6


def test_a_cannot_link_is_kept() -> None:
    incident, item = opened(), report("b", point=at_m(0, 0))
    incident.gist.cannot = [item.id]
    assert score(item, incident, NORMAL).band is Band.APART


@given(
    st.sampled_from(sorted(TYPES)),
    st.sampled_from(sorted(TYPES)),
    st.floats(0, 5000),
    st.floats(5, 2000),
    st.floats(-1e6, 1e6),
    st.text(max_size=60),
    st.text(max_size=60),
)
def test_scores_are_bounded_explained_and_symmetric(
    one: str, two: str, east_m: float, accuracy_m: float, later_s: float, words: str, other: str
) -> None:
    here, there = at_m(0, 0, accuracy_m), at_m(east_m, 0, accuracy_m)
    a = report("a", one, here, words=words)
    b = report("b", two, there, words=other, event_time=T0 + later_s)
    to_a, to_b = opened_by(a), opened_by(b)
    forward, backward = score(b, to_a, NORMAL), score(a, to_b, NORMAL)
    assert 0.0 <= forward.score <= 1.0
    if forward.terms and not hopeless(b, to_a):
        assert math.isclose(logistic(sum(term.value for term in forward.terms)), forward.score, abs_tol=1e-9)
    if one == two and abs(later_s) < 3000 and not hopeless(b, to_a) and not hopeless(a, to_b):
        assert math.isclose(forward.score, backward.score, abs_tol=1e-6)


def opened_by(item: object) -> Incident:
    incident = Room().take(item).incident  # type: ignore[arg-type]
    assert incident is not None
    return incident


def hopeless(item: object, incident: Incident) -> bool:
    return weigh(Probe(item), incident, NORMAL) < -2.9  # type: ignore[arg-type]


@given(st.floats(0, 400), st.floats(0, 400))
def test_nearer_is_never_less_likely(one_m: float, two_m: float) -> None:
    incident = opened()
    near, far = sorted((one_m, two_m))
    assert (
        score(report("b", point=at_m(near, 0)), incident, NORMAL).score + 1e-9
        >= score(report("b", point=at_m(far, 0)), incident, NORMAL).score
    )


@pytest.mark.parametrize("mode", ["normal", "heightened", "emergency"])
def test_policies_survive_json(mode: str) -> None:
    policy: Policy = DEFAULTS[mode]  # type: ignore[index]
    assert from_json(to_json(policy)) == policy
    assert from_json(to_json(policy), version=9).version == 9
