# SPDX-License-Identifier: Apache-2.0
"""What a call taker is shown while typing: the incident meant comes first, and every row says why."""

from __future__ import annotations

import msgspec
import pytest

from api.desk.nearby import matches
from weirhouse.domain.gather import opened
from weirhouse.domain.incident import Incident
from weirhouse.domain.policy import Policy
from weirhouse.domain.probe import Probe
from weirhouse.domain.report import Lane, Location, Point, Report

NOW, LAT, LON = 1_700_000_000.0, 10.05, 10.05
METRE = 1 / 111_195


def incident(key: str, kind: str, words: str, away_m: float, age_s: float = 600.0, reports: int = 1) -> Incident:
    """Return an open incident north of the caller."""
    report = Report(
        id=key.ljust(32, "0"), source="app", key=key, channel="app", zone="west", lane=Lane.ORDINARY, type=kind,
        words=words, location=Location(Point(LAT + away_m * METRE, LON, 20.0)), event_time=NOW - age_s,
        received_at=NOW - age_s,
    )  # fmt: skip
    found = opened(Probe(report), Policy())
    found.reports = reports
    return found


@pytest.mark.parametrize(
    ("claimed", "words"),
    [
        ("", "The underpass is flooded and a car is stuck, people are trapped in it"),
        ("flooding_underpass", "a car is stuck in the water, somebody is trapped in it"),
        ("", "下穿通道积水很深，有车被困，里面有人"),
    ],
)
def test_a_cry_from_a_flooded_underpass_finds_the_flooded_underpass(claimed: str, words: str) -> None:
    meant = incident(
        "a", "flooding_underpass", "underpass flooded, water one metre deep 下穿通道积水", 39.0, reports=116
    )
    other = incident("b", "pothole", "deep hole in the road", 12.0)
    rows = matches([other, meant], LAT, LON, claimed, words, NOW, msgspec.json.encode(Policy()), 1)
    assert [row["id"] for row in rows] == [meant.id, other.id]
    assert rows[0]["match"]["score"] > 0.3, rows[0]["match"]
    assert rows[0]["match"]["band"] != "apart"
    assert {term.code for term in rows[0]["match"]["terms"]} >= {"type", "time", "place"}


def test_where_nothing_matches_the_nearest_comes_first_and_says_why() -> None:
    near = incident("a", "pothole", "deep hole in the road", 20.0)
    far = incident("b", "tree_down", "tree over the lane", 90.0)
    rows = matches([far, near], LAT, LON, "medical", "", NOW, msgspec.json.encode(Policy()), 1)
    assert [row["match"]["band"] for row in rows] == ["apart", "apart"]
    assert [row["id"] for row in rows] == [near.id, far.id]
    for row in rows:
        assert {term.code for term in row["match"]["terms"]} >= {"type", "time", "place"}
    assert "m" in next(term.detail for term in rows[0]["match"]["terms"] if term.code == "place")
