# SPDX-License-Identifier: Apache-2.0
"""Does the downtime sheet show what is open, and nothing that must not leave the house?"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.domain.makers import team
from weirhouse.cli.downtime import gathered, write
from weirhouse.cli.paper import Sheet, page
from weirhouse.cli.talk import Stop
from weirhouse.cli.words import Language
from weirhouse.domain.incident import Assignment, Incident
from weirhouse.ledger.ports import Page, QueueFilter

AT = datetime(2024, 5, 6, 7, 8, tzinfo=UTC)


def _incident(number: int, **changes: object) -> Incident:
    given = {"id": f"{number:032x}", "zone": "north", "type": "fire", "number": number, "opened_at": AT.timestamp()}
    return Incident(**{**given, **changes})  # type: ignore[arg-type]


def _page(*incidents: Incident, spoken: Language = "en", **changes: object) -> str:
    given = {"at": AT, "incidents": incidents, "total": len(incidents), "teams": [], "blank": 0}
    return page(Sheet(**{**given, **changes}), spoken)  # type: ignore[arg-type]


def test_what_people_said_is_text_and_never_markup() -> None:
    made = _page(_incident(7, summary="<script>x</script>", address='"><img src=x>'))
    assert "<script" not in made
    assert "<img" not in made
    assert "&lt;script&gt;x&lt;/script&gt;" in made


def test_a_telephone_number_does_not_go_on_paper() -> None:
    made = _page(_incident(7, summary="call me on 13812345678", address="Gate 3, ring 13987654321"))
    assert "13812345678" not in made
    assert "13987654321" not in made
    assert "Gate 3" in made


@pytest.mark.parametrize(
    ("spoken", "title", "mark"), [("en", "Downtime sheet", "EXERCISE"), ("zh", "停机登记表", "演练")]
)
def test_an_exercise_is_marked_and_its_teams_are_left_out(spoken: Language, title: str, mark: str) -> None:
    teams = [team("engine-1"), team("pretend-1", exercise=True)]
    made = _page(_incident(7, exercise=True), spoken=spoken, teams=teams)
    assert f"<h1>{title}</h1>" in made
    assert f"[{mark}]" in made
    assert "engine-1" in made
    assert "pretend-1" not in made
    assert mark not in _page(_incident(8), spoken=spoken)


def test_it_says_what_is_left_off_and_leaves_lines_to_write_on() -> None:
    assert "3 more are open" in _page(_incident(7), total=4)
    assert "more are open" not in _page(_incident(7))
    assert _page(blank=5).count("<tr>") - _page(blank=0).count("<tr>") == 5


class _Desk:
    """A queue of `count` incidents in pages; each has one team under way and one that has cleared."""

    def __init__(self, count: int) -> None:
        self.rows = [_incident(number, teams=1) for number in range(1, count + 1)]
        self.asked: list[QueueFilter] = []

    async def queue(self, wanted: QueueFilter, cursor: str, limit: int) -> Page:
        self.asked.append(wanted)
        start = int(cursor or 0)
        end = start + limit
        return Page(self.rows[start:end], str(end) if end < len(self.rows) else "", len(self.rows))

    async def assignments_of(self, incident_id: str) -> list[Assignment]:
        states = {"engine-1": "en_route", "engine-2": "cleared"}
        return [
            Assignment(id=name, incident_id=incident_id, team_id=name, state=state, by="lin", at=0.0)
            for name, state in states.items()
        ]

    async def teams(self, zones: object = (), states: object = ()) -> list[object]:
        return [team("engine-1"), team("engine-2")]


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (250, 250), (730, 500)])
def test_all_pages_are_read_up_to_the_bound(count: int, shown: int) -> None:
    desk = _Desk(count)
    found = asyncio.run(gathered(desk, ["north"], 3))  # type: ignore[arg-type]
    assert [one.number for one in found.incidents] == list(range(1, shown + 1))
    assert found.total == count
    assert all(wanted.zones == ("north",) and wanted.open_only for wanted in desk.asked)
    assert all(list(teams) == ["engine-1"] for teams in found.sent.values())
    assert len(found.sent) == shown


def test_a_new_sheet_replaces_the_old_one_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "sheet.html"
    path.write_text("old")
    write(path, "新")
    assert path.read_text(encoding="utf-8") == "新"
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="cannot be written"):
        write(tmp_path / "missing" / "sheet.html", "x")
