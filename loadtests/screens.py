# SPDX-License-Identifier: Apache-2.0
"""Writes the README's pictures: `python -m loadtests.screens --link URL` against a house that runs.

The link is a one-use sign-in link of a dispatcher (`weirhouse demo` prints one). Every screen is written in both
languages, light and dark: `queue.en.light.png`. Nothing is changed in the house.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Error, Page, StorageState, sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "screens"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOOKS = tuple(
    (language, locale, scheme)
    for language, locale in (("en", "en-GB"), ("zh", "zh-CN"))
    for scheme in ("light", "dark")
)
CALLS = {"en": ("Water is over the kerb and still rising", "Road"), "zh": ("路面积水已漫过路沿，还在上涨", "路")}
SETTLE_MS = 800
"""Fonts, the first frames and the look-up nearby are done by then."""


def picture(page: Page, folder: Path, name: str) -> Path:
    """Wait until the page is at rest, then write it."""
    page.wait_for_timeout(SETTLE_MS)
    path = folder / f"{name}.png"
    page.screenshot(path=path)
    return path


def sign_in(browser: Browser, link: str) -> StorageState:
    """Return the session that the link opens."""
    page = browser.new_page()
    page.goto(link)
    page.locator(".rows-all .row").first.wait_for()
    state = page.context.storage_state()
    page.context.close()
    return state


def shoot(browser: Browser, house: str, session: StorageState, look: tuple[str, str, str], folder: Path) -> list[Path]:
    """Return the pictures of one language and theme."""
    language, locale, scheme = look
    context = browser.new_context(
        storage_state=session,
        locale=locale,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 1440, "height": 900},
    )
    page = context.new_page()
    page.goto(house)
    page.locator(".rows-all .row").first.wait_for()
    written = [picture(page, folder, f"queue.{language}.{scheme}")]
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator(".reports li").first.wait_for()
    written.append(picture(page, folder, f"incident.{language}.{scheme}"))
    page.keyboard.press("a")
    page.locator(".teams-list .option").first.wait_for()
    written.append(picture(page, folder, f"assign.{language}.{scheme}"))
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    page.keyboard.press("c")
    words, place = CALLS[language]
    page.locator("textarea").wait_for()
    page.keyboard.insert_text(words)
    page.keyboard.press("Tab")
    page.keyboard.insert_text(place)
    page.locator(".popover .option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    written.append(picture(page, folder, f"call.{language}.{scheme}"))
    page.goto(f"{house}#/teams")
    page.locator(".team").first.wait_for()
    written.append(picture(page, folder, f"teams.{language}.{scheme}"))
    context.close()
    return written


def main() -> int:
    """Write the pictures; return 0, or 1 with one sentence when a page did not come."""
    parser = argparse.ArgumentParser(description="Write the README's pictures.")
    parser.add_argument("--link", required=True, help="one-use sign-in link of a dispatcher")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write to")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="the browser")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=given.chromium, args=FLAGS)
        try:
            house = f"{urlsplit(given.link).scheme}://{urlsplit(given.link).netloc}/"
            session = sign_in(browser, given.link)
            for look in LOOKS:
                for path in shoot(browser, house, session, look, given.out):
                    print(path.name)
        except Error as error:
            print(f"a page did not come: {error.message.splitlines()[0]}", file=sys.stderr)
            return 1
        finally:
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
