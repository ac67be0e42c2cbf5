# SPDX-License-Identifier: Apache-2.0
"""`resume`: eight tabs, the cable cut and mended, the server killed and back: the same rows as the ledger's."""

from __future__ import annotations

import time
from typing import Any, Final

from playwright.sync_api import Page, expect

from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.console.desk import Person
from loadtests.console.stand import LOCALES, Stand, standing
from loadtests.console.wire import Cable

TABS: Final = 8
BACK_WITHIN_S: Final = 40.0
"""The longest wait between two tries is 15 s; a busy machine gets some more."""

ROWS: Final = """() => [...document.querySelectorAll(".rows-all > .row")].map((row) => ({
  id: row.id.replace(/^row-/, ""),
  number: Number(row.querySelector(".num").textContent),
  priority: Number(row.querySelector(".priority b").textContent.slice(1)),
  reports: parseInt(row.querySelector(".c-reports").textContent),
}))"""


def shown(page: Page) -> dict[str, tuple[int, int, int]]:
    """Return what a tab shows: number, priority and reports by incident."""
    rows: list[dict[str, Any]] = page.evaluate(ROWS)
    return {row["id"]: (row["number"], row["priority"], row["reports"]) for row in rows}


def true(person: Person) -> dict[str, tuple[int, int, int]]:
    """Return what the ledger says."""
    return {key: (row["number"], row["priority"], row["reports"]) for key, row in person.open_incidents().items()}


def differing(pages: list[Page], person: Person, within_s: float) -> int:
    """Wait until every tab shows the ledger's rows and says that it is live; return how many do not."""
    until = time.monotonic() + within_s
    while True:
        truth = true(person)
        wrong = [page for page in pages if shown(page) != truth or not page.locator(".line.live").count()]
        if not wrong or time.monotonic() > until:
            return len(wrong)
        pages[0].wait_for_timeout(200)


def unmarked(pages: list[Page]) -> int:
    """Return how many tabs do not say that what they show is old, though nobody can reach the house."""
    missing = 0
    for page in pages:
        try:
            expect(page.locator(".line.away, .line.connecting")).to_be_visible(timeout=20_000)
        except AssertionError:
            missing += 1
    return missing


def eight(stand: Stand, cable: Cable) -> list[Page]:
    """Open the tabs of one browser before the house's near end of the cable, tall enough for every row."""
    context = stand.browser.new_context(
        storage_state=stand.session, locale=LOCALES["en"], viewport={"width": 1440, "height": 2400}
    )
    origin = f"http://127.0.0.1:{cable.port}"
    return [stand.seat(context=context, origin=origin, hash_="#/queue") for _ in range(TABS)]


def walk(stand: Stand) -> dict[str, float]:
    """Return how many tabs were wrong after each trouble."""
    host, port = stand.room.settings.api_host, stand.room.settings.api_port
    stand.calls()
    with Cable(host, port) as cable:
        pages = eight(stand, cable)
        figures = {"tabs": float(TABS), "wrong_at_first": float(differing(pages, stand.person, BACK_WITHIN_S))}
        figures["connections"] = float(cable.standing)

        cable.cut()
        figures["stale_unmarked"] = float(unmarked(pages))
        stand.person.call("A wall has fallen on a parked car", "Market")
        stand.person.call("He is not breathing, hurry", "South Embankment")
        begun = time.monotonic()
        cable.mend()
        figures["wrong_after_cut"] = float(differing(pages, stand.person, BACK_WITHIN_S))
        figures["back_after_cut_s"] = round(time.monotonic() - begun, 2)

        api = stand.room.house.process("api")
        api.kill()
        figures["stale_unmarked"] += float(unmarked(pages))
        begun = time.monotonic()
        api.restart()
        stand.person.call("The lift is stuck, two people inside, calm", "School")
        figures["wrong_after_restart"] = float(differing(pages, stand.person, BACK_WITHIN_S))
        figures["back_after_restart_s"] = round(time.monotonic() - begun, 2)
        pages[0].context.close()
    return figures


def run(args: Arguments) -> Result:
    """Cut, mend, kill, restart."""
    del args
    with standing() as stand:
        figures = walk(stand)
    wrong = sum(value for name, value in figures.items() if name.startswith("wrong_"))
    bars = [
        Bar("tabs_with_other_rows", 0, 0, wrong, lower_is_better=True),
        Bar("stale_unmarked", 0, 0, figures["stale_unmarked"], lower_is_better=True),
    ]
    return Result("resume", figures, bars)
