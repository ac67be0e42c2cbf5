# SPDX-License-Identifier: Apache-2.0
"""`keyboard`: a call logged and a team sent by keys alone, counted; and by accessible names alone."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Page, expect

from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.console.stand import Stand, standing

WORDS: Final = "Smoke and flames from the roof, people are shouting"
PLACE: Final = "north r"
"""Letters a call taker types until the gazetteer's first answer is the place."""

FLOOR_KEYS: Final = 40
"""Our own floor: twice the goal."""

OPENED: Final = re.compile(r"(Opened|Joined) incident (\d+)")


class Keys:
    """Presses keys and counts them; a chord counts each of its keys."""

    def __init__(self, page: Page) -> None:
        self._page, self.count = page, 0

    def press(self, *keys: str) -> None:
        """Press one after another."""
        for key in keys:
            self._page.keyboard.press(key)
            self.count += len(key.split("+"))

    def type(self, text: str) -> None:
        """Type letter by letter; every letter counts."""
        for letter in text:
            self._page.keyboard.press("Space" if letter == " " else letter)
            self.count += 1

    def say(self, text: str) -> None:
        """Type the caller's words; they do not count."""
        self._page.keyboard.insert_text(text)


def log_call(page: Page, keys: Keys) -> str:
    """Log a call with a place and return its incident's number."""
    keys.press("c")
    expect(page.locator("textarea")).to_be_focused()
    keys.say(WORDS)
    keys.press("Tab")
    keys.type(PLACE)
    page.locator(".popover .option").first.wait_for()
    keys.press("ArrowDown", "Enter")
    expect(page.locator(".found")).to_be_visible()
    keys.press("Control+Enter")
    became = page.get_by_text(OPENED)
    expect(became).to_be_visible(timeout=15_000)
    found = OPENED.search(became.inner_text())
    if found is None:
        raise AssertionError("the call has no incident")
    return found.group(2)


def send_team(page: Page, keys: Keys, number: str) -> None:
    """Open the incident by its number and send it an engine."""
    keys.press("Control+k")
    page.get_by_role("dialog").wait_for()
    keys.type(number)
    page.get_by_role("menuitem").first.wait_for()
    keys.press("ArrowDown", "Enter")
    expect(page.get_by_role("heading", level=1, name=re.compile(rf"^{number} "))).to_be_visible()
    keys.press("a")
    page.get_by_role("dialog").get_by_role("option").first.wait_for()
    keys.type("engine")
    keys.press("Enter", "Control+Enter")
    expect(page.get_by_text("✓ Assigned")).to_be_visible()


def by_names(page: Page) -> None:
    """Do the same with roles and accessible names only, as somebody who hears the screen does."""
    page.get_by_role("link", name="Take a call").click()
    page.get_by_role("textbox", name="What the caller says").fill("Water stands in the cellar")
    place = page.get_by_role("combobox", name="Place")
    place.press_sequentially("south e")
    page.get_by_role("option").first.click()
    page.get_by_role("button", name=re.compile("^Send")).click()
    page.get_by_role("button", name=OPENED).click()
    page.get_by_role("button", name=re.compile("^Assign teams")).click()
    dialog = page.get_by_role("dialog", name=re.compile("^Assign teams to"))
    dialog.get_by_role("searchbox", name=re.compile("^Search teams")).fill("Engine 3")
    dialog.get_by_role("option", name=re.compile("^Engine 3")).click()
    dialog.get_by_role("button", name=re.compile("^Assign 1 team")).click()
    expect(page.get_by_role("status").filter(has_text="Assigned")).to_be_visible()


def walk(stand: Stand) -> tuple[int, int]:
    """Return the keys pressed beside the words for the call, and for the team."""
    page = stand.seat()
    keys = Keys(page)
    number = log_call(page, keys)
    for_call = keys.count
    send_team(page, keys, number)
    for_team = keys.count - for_call
    by_names(page)
    page.context.close()
    return for_call, for_team


def run(args: Arguments) -> Result:
    """Count the keys."""
    del args
    with standing() as stand:
        for_call, for_team = walk(stand)
    figures = {"keys_for_a_call": float(for_call), "keys_for_a_team": float(for_team), "by_names_alone": 1.0}
    bars = [
        Bar("by_keyboard_and_by_names", 1, 1, 1.0),
        Bar("keys_beside_the_words", FLOOR_KEYS, 19, float(for_call), lower_is_better=True),
    ]
    return Result("keyboard", figures, bars)
