# SPDX-License-Identifier: Apache-2.0
"""Does the replay ask only what was known before each call, and count agreement as its words say?"""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

from loadtests.recommend_sffd import calls_of, home_of, replay, rows_of, run

START = datetime(2017, 1, 1, tzinfo=UTC)
HEAD = "call_number unit_id unit_type dispatch_at response_at on_scene_at available_at final_priority station_area"


def made(path: Path, calls: int = 80) -> Path:
    """Write made-up calls: six stations in a row, each sends its own engine to a call beside it."""
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*HEAD.split(), "lat", "lon"])
        for number in range(calls):
            area = f"{number % 6 + 1:02d}"
            at = START + timedelta(minutes=30 * number)
            times = [(at + timedelta(minutes=later)).isoformat()[:19] for later in (0, 1, 6, 20)]
            writer.writerow([number, f"E{area}", "ENGINE", *times, 3, area, 37.7, -122.4 + int(area) / 50])
    return path


def test_a_city_that_sends_the_nearest_is_agreed_with(tmp_path: Path) -> None:
    rows = rows_of(made(tmp_path / "units.csv.gz"))
    scores = replay(rows, rows[40].at, homing=True)
    assert scores["nearest"].asked == 40
    assert scores["nearest"].first == 40
    assert scores["nearest/engine"].ranks == [1] * 40


def test_the_units_of_one_call_come_together_and_late_ones_are_left_out(tmp_path: Path) -> None:
    rows = rows_of(made(tmp_path / "units.csv.gz", 3))
    assert [len(call) for call in calls_of(rows)] == [1, 1, 1]
    assert home_of("E01", {"01": (1.0, 2.0)}) == (1.0, 2.0)
    assert home_of("B10", {"01": (1.0, 2.0)}) is None


def test_the_report_names_its_figures(tmp_path: Path) -> None:
    figures = run(made(tmp_path / "units.csv.gz")).figures
    assert figures["rows"] == 80.0
    assert figures["home/nearest_same_pct"] == 100.0
    assert figures["ways"] > 0
