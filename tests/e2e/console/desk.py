# SPDX-License-Identifier: Apache-2.0
"""What seats do at the desk, by the names a person hears: texts come from the console's own catalogues."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.e2e.console.conftest import CONSOLE, Seat

LOCALES = {"en-GB": "en", "zh-CN": "zh"}


class Said:
    """The texts of one language."""

    def __init__(self, locale: str) -> None:
        file: Path = CONSOLE / "src" / "i18n" / f"{LOCALES[locale]}.json"
        self._texts: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))

    def __call__(self, key: str) -> str:
        """Return a text without values in it."""
        return self._texts[key]


def log_call(seat: Seat, words: str) -> str:
    """Send a call from a seat that may and return the address of the incident it opened."""
    page = seat.page
    page.keyboard.press("c")
    expect(page.locator("textarea")).to_be_focused()
    page.keyboard.insert_text(words)
    page.keyboard.press("Control+Enter")
    page.locator(".became .button").click()
    expect(page).to_have_url(re.compile(r"#/incidents/"))
    return page.url


def button(page: Page, name: str) -> Locator:
    """Return an act's button on the incident itself; its key may stand behind its name."""
    return page.locator(".incident-head > .acts").get_by_role("button", name=re.compile(rf"^{re.escape(name)}( \w)?$"))


def team_button(page: Page, name: str) -> Locator:
    """Return an act's button on the first assignment."""
    return page.locator(".assignments > li").first.get_by_role("button", name=re.compile(rf"^{re.escape(name)}: "))


def state(page: Page) -> Locator:
    """Return the incident's state."""
    return page.locator(".incident-head .headline .state")


def step(page: Page) -> Locator:
    """Return the first assignment's state."""
    return page.locator(".assignments > li > .state").first


def choose_team(page: Page, name: str) -> str:
    """Mark one free team in the open dialog and return what it is called."""
    page.get_by_role("dialog").get_by_role("option").first.wait_for()
    page.keyboard.insert_text(name)
    page.keyboard.press("Enter")
    chosen = page.locator(".teams-list .option[data-selected]")
    expect(chosen).to_have_count(1)
    return chosen.locator(".name").inner_text()
