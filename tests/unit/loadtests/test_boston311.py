# SPDX-License-Identifier: Apache-2.0
"""Does the Boston loader map what it is given? The rows here are invented; no row of the data ships."""

from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path

import msgspec
import pytest

from loadtests.datasets import boston311
from weirhouse.domain.city import City

HEAD = [
    "case_id",
    "opened_at",
    "target_at",
    "source",
    "subject",
    "reason",
    "type",
    "title",
    "department",
    "queue",
    "address",
    "neighborhood",
    "ward",
    "police_district",
    "fire_district",
    "lat",
    "lon",
    "submitted_photo",
    "placeholder_latlon",
]


def _row(case: str, opened: str, source: str, lat: str, lon: str, placeholder: str = "0") -> dict[str, str]:
    row = dict.fromkeys(HEAD, "")
    row |= {
        "case_id": case,
        "opened_at": opened,
        "source": source,
        "reason": "Trees",
        "type": "Tree Emergencies",
        "title": "Tree Emergencies",
        "address": "1  Invented St  Boston",
        "neighborhood": "Invented Hill",
        "lat": lat,
        "lon": lon,
        "placeholder_latlon": placeholder,
    }
    return row


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        _row("3", "2011-08-28T23:59:59", "Constituent Call", "42.30", "-71.10"),
        _row("2", "2011-08-27T00:00:01", "Citizens Connect App", "42.31", "-71.11"),
        _row("1", "2011-08-26T23:59:59", "Self Service", "42.31", "-71.11"),
        _row("4", "2011-08-29T12:00:00", "Employee Generated", "42.3594", "-71.0587", "1"),
        _row("5", "2011-08-31T00:00:00", "Twitter", "42.31", "-71.11"),
    ]
    rows += [_row(str(100 + n), "2011-10-01T00:00:00", "Twitter", f"{42.3 + n / 1000}", "-71.10") for n in range(30)]
    with gzip.open(tmp_path / "events.csv.gz", "wt", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEAD)
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path


def test_requests_come_in_order_of_time_and_within_the_days(folder: Path) -> None:
    rows = boston311.requests(folder, date(2011, 8, 27), date(2011, 8, 31))
    assert [row.body["id"] for row in rows] == ["2", "3", "4"]
    assert [row.source for row in rows] == ["app", "hotline", "inspectors"]


def test_local_times_become_utc(folder: Path) -> None:
    first = boston311.requests(folder, date(2011, 8, 27), date(2011, 8, 28))[0]
    assert first.body["observed_at"] == "2011-08-27T04:00:01Z"
    assert boston311.instant("2011-12-01T00:00:00").hour == 5


def test_the_point_that_says_nothing_is_flagged_and_not_sent(folder: Path) -> None:
    hidden = boston311.requests(folder, date(2011, 8, 29), date(2011, 8, 30))[0]
    assert "point" not in hidden.body["location"]
    assert hidden.body["attributes"]["default_point"] == "true"
    assert hidden.body["location"]["address"] == "1 Invented St Boston"


def test_words_are_said_once(folder: Path) -> None:
    row = boston311.requests(folder, date(2011, 8, 27), date(2011, 8, 28))[0]
    assert row.body["description"] == "Tree Emergencies. Trees"


def test_the_city_is_made_from_the_data(folder: Path) -> None:
    city = msgspec.convert(boston311.city(folder), City)
    assert [zone.name_en for zone in city.zones] == ["Invented Hill"]
    assert all(source.clock_behind_s > 10 * 365 * 86_400 for source in city.sources)
    assert city.default_points == [boston311.DEFAULT_POINT]


def test_without_events_it_says_which_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"events\.csv\.gz"):
        boston311.requests(tmp_path, date(2011, 8, 27), date(2011, 8, 28))
