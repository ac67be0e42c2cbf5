# SPDX-License-Identifier: Apache-2.0
"""Does `weirhouse demo --once` bring a storm, and real requests, through the whole house without losing one?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.cli import ROOT, call, environment
from tests.support.tools import needs_data

# Boston's requests lie outside the repository, beside it: ../shared/data relative to the project's root.
BOSTON = ROOT.parent / "shared" / "data" / "boston311-2011h2"

IRENE = 2_367
"""Requests from 27 to 30 August 2011, Hurricane Irene."""


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return environment(tmp_path_factory.mktemp("once"))


@pytest.mark.timeout(240)
def test_a_small_storm_drains_and_conservation_holds(env: dict[str, str]) -> None:
    code, answer, said = call(env, "demo", "--once", "--profile", "small", "--speed", "2", within_s=220)
    assert code == 0, said
    assert answer["holds"] is True
    assert [row for row in answer["conservation"] if not row["holds"]] == []
    assert answer["received"] == answer["sent"]["accepted"] > 80
    assert answer["people"]["joined"] > 10
    assert answer["people"]["folded"] > 0
    assert answer["sent"]["repeated"] > 0
    assert sum(answer["signals"].values()) > 0
    assert answer["in_flight"] == 0
    assert answer["subscriber"]["gaps"] == 0
    assert answer["door_ledger_ms"]["n"] == answer["door_feed_ms"]["n"] == answer["received"]
    assert "Traceback" not in said


@pytest.mark.timeout(300)
def test_hurricane_irene_goes_the_same_way(env: dict[str, str]) -> None:
    needs_data("Boston's 311 requests", BOSTON / "events.csv.gz")
    days = ["--from", "2011-08-27", "--to", "2011-08-31"]
    data = os.path.relpath(BOSTON, ROOT)
    code, answer, said = call(
        env, "demo", "--once", "--replay", "boston311", "--data", data, *days, "--speed", "max", within_s=280
    )
    assert code == 0, said
    assert answer["holds"] is True
    assert answer["received"] == answer["sent"]["accepted"] == IRENE
    assert answer["sent"]["refused"] == {}


def test_a_replay_without_its_data_says_what_is_missing(env: dict[str, str], tmp_path: Path) -> None:
    days = ["--from", "2011-08-27", "--to", "2011-08-31"]
    code, answer, said = call(env, "demo", "--once", "--replay", "boston311", "--data", str(tmp_path), *days)
    assert (code, answer["error"]["code"]) == (1, "no-data")
    assert "events.csv.gz" in said
    assert "Traceback" not in said
