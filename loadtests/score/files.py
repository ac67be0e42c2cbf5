# SPDX-License-Identifier: Apache-2.0
"""Recorded data as reports: the columns come from `formats.toml`, the judgement from the door's own triage."""

from __future__ import annotations

import csv
import gzip
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from weirhouse.domain.ids import report_id
from weirhouse.domain.report import UNPLACED, Channel, Location, Point, Report
from weirhouse.domain.triage import Triage, triage

CITY = "city"
"""All placed reports of a file share one zone: zones are how the work is divided, not what happened."""


class WrongFileError(Exception):
    """The file lacks a column or holds a value that its format does not allow; the text says which."""


@dataclass(frozen=True)
class Case:
    """One recorded report with what only a comparison needs (`reason`: the coarser type of a baseline)."""

    key: str
    report: Report
    type: str
    reason: str


def columns(name: str) -> dict[str, Any]:
    """Return the columns of the format `name`."""
    with (Path(__file__).parent / "formats.toml").open("rb") as file:
        found: dict[str, Any] = tomllib.load(file)[name]
    return found


def rows(path: Path, *needed: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file, gzipped or not.

    Raises
    ------
    WrongFileError
        One of the `needed` columns is missing.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in needed if name not in (reader.fieldnames or [])]
        if missing:
            raise WrongFileError(f"{path.name} lacks the column(s) {', '.join(missing)}")
        yield from reader


def instant(text: str) -> float:
    """Return seconds of a local time without offset (or with one); only differences of them are used."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongFileError(f"{text!r} is not a time") from error
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _channel(label: str, known: dict[str, str]) -> Channel:
    for channel in get_args(Channel):
        if known.get(label) == channel:
            found: Channel = channel
            return found
    return "web"


def _point(row: dict[str, str], cols: dict[str, Any]) -> tuple[Point | None, bool]:
    try:
        lat, lon = float(row[cols["lat"]]), float(row[cols["lon"]])
    except ValueError:
        return None, False
    return Point(lat=lat, lon=lon, accuracy_m=cols["accuracy_m"]), row[cols["nowhere"]] == "1"


@lru_cache(maxsize=4096)
def _judged(words: str, label: str) -> Triage:
    return triage(words, label)


def events(path: Path) -> list[Case]:
    """Return the requests of an events file (format `boston311`) in the order of event time."""
    cols = columns("boston311")
    needed = [cols[name] for name in ("id", "at", "type", "reason", "address", "lat", "lon", "nowhere", "source")]
    found = []
    for row in rows(path, *needed, *cols["words"]):
        said = ". ".join(dict.fromkeys(text for name in cols["words"] if (text := row[name].strip())))
        at, label = instant(row[cols["at"]]), row[cols["type"]][:64]
        judged = _judged(said, label)
        point, default = _point(row, cols)
        report = Report(
            id=report_id("score", row[cols["id"]]),
            source="score",
            key=row[cols["id"]],
            channel=_channel(row[cols["source"]], cols["channels"]),
            zone=UNPLACED if point is None or default else CITY,
            lane=judged.lane,
            type=judged.type,
            words=said,
            language=judged.language,
            location=Location(point=point, address=" ".join(row[cols["address"]].split())[:300], default=default),
            event_time=at,
            received_at=at,
            claims=judged.claims,
            attributes={"claimed_type": label} if label != judged.type else {},
            priority_hint=judged.priority_hint,
        )
        found.append(Case(row[cols["id"]], report, label, row[cols["reason"]]))
    found.sort(key=lambda case: (case.report.event_time, case.key))
    return found


def truth_pairs(path: Path, known: set[str]) -> list[tuple[str, str]]:
    """Return (child, parent) of the pairs that count: the strong ones where the file says which are."""
    cols = columns("boston311")
    return [
        (row[cols["child"]], row[cols["parent"]])
        for row in rows(path, cols["child"], cols["parent"])
        if row.get(cols["strong"], "1") == "1" and {row[cols["child"]], row[cols["parent"]]} <= known
    ]


def messages(path: Path) -> list[Case]:
    """Return the messages of a messages file (format `zh-messages`): words alone, no place, no type claimed."""
    cols = columns("zh-messages")
    found = []
    for row in rows(path, cols["id"], cols["at"], cols["reporter"], *cols["words"]):
        # The headline stands on a line of its own, as a web form sends it.
        said = "\n".join(text for name in cols["words"] if (text := row[name].strip()))
        at = instant(row[cols["at"]])
        judged = triage(said)
        report = Report(
            id=report_id("score", row[cols["id"]]),
            source="score",
            key=row[cols["id"]],
            channel="web",
            zone=UNPLACED,
            lane=judged.lane,
            type=judged.type,
            words=said,
            language=judged.language,
            reporter=row[cols["reporter"]],
            event_time=at,
            received_at=at,
            claims=judged.claims,
            priority_hint=judged.priority_hint,
        )
        found.append(Case(row[cols["id"]], report, judged.type, ""))
    found.sort(key=lambda case: (case.report.event_time, case.key))
    return found


def clusters(path: Path) -> dict[str, str]:
    """Return message id to cluster id; a message not listed stands alone."""
    cols = columns("zh-messages")
    return {row[cols["id"]]: row[cols["cluster"]] for row in rows(path, cols["id"], cols["cluster"])}


def uncertain(path: Path) -> set[frozenset[str]]:
    """Return the pairs that no score may count."""
    cols = columns("zh-messages")
    return {frozenset((row[cols["one"]], row[cols["two"]])) for row in rows(path, cols["one"], cols["two"])}
