# SPDX-License-Identifier: Apache-2.0
"""`widths`: no horizontal scroll and no clipped text from 320 to 3840 px, at 100 % and 200 % of the type size."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.console.scenes import SCENES, furnish
from loadtests.console.stand import LOCALES, Stand, standing

WIDTHS: Final = (320, 768, 1440, 3840)
HEIGHTS: Final = {320: 640, 768: 1024, 1440: 900, 3840: 2160}
TYPE_PX: Final = (16, 32)

LOOK: Final = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def faults(page: Page) -> list[dict[str, Any]]:
    """Return what scrolls sideways or is cut on the page as it stands."""
    found: list[dict[str, Any]] = page.evaluate(LOOK)
    return found


def type_size(page: Page, pixels: int) -> None:
    """Set the browser's own type size, as a person does in its settings."""
    page.context.new_cdp_session(page).send(
        "Page.setFontSizes", {"fontSizes": {"standard": pixels, "fixed": round(pixels * 0.8125)}}
    )


def every(stand: Stand) -> tuple[list[dict[str, Any]], int]:
    """Return the faults of every scene, width, type size and language, and how many pictures were judged."""
    props = furnish(stand.person, stand.rival, stand.origin, stand.calls())
    found: list[dict[str, Any]] = []
    judged = 0
    for language in LOCALES:
        page = stand.seat(language)
        nobody = stand.browser.new_context(locale=LOCALES[language]).new_page()
        for scene in SCENES:
            at = page if scene.signed_in else nobody
            for pixels in TYPE_PX:
                type_size(at, pixels)
                at.set_viewport_size({"width": 1440, "height": 900})
                scene.show(at, props, language)
                for width in WIDTHS:
                    at.set_viewport_size({"width": width, "height": HEIGHTS[width]})
                    at.wait_for_timeout(120)
                    judged += 1
                    where = {"scene": scene.name, "width": width, "type_px": pixels, "language": language}
                    found += [{**where, **one} for one in faults(at)]
        page.context.close()
        nobody.context.close()
    return found, judged


def run(args: Arguments) -> Result:
    """Judge every picture."""
    del args
    with standing() as stand:
        found, judged = every(stand)
    for one in found:
        print(
            f"{one['scene']} {one['language']} {one['width']} px, type {one['type_px']}:"
            f" {one['kind']} {one['at']} +{one['by']}"
        )
    figures = {"pictures": float(judged), "faults": float(len(found))}
    return Result("widths", figures, [Bar("faults", 0, 0, float(len(found)), lower_is_better=True)])
