# SPDX-License-Identifier: Apache-2.0
"""`screens`: every scene in every look and both languages, written to `docs/screens/` (`queue.en.light.png`)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.console.axe import look
from loadtests.console.scenes import SCENES, furnish
from loadtests.console.stand import LOCALES, Stand, standing

FOLDER: Final = Path(__file__).parents[2] / "docs" / "screens" / "tmp"
"""Not kept in the repository: two hundred pictures; the README's few are written by `loadtests.screens`."""

LOOKS: Final = ("light", "dark", "contrast-light")
SETTLE_MS: Final = 400


def every(stand: Stand, folder: Path) -> int:
    """Write the pictures and return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    props = furnish(stand.person, stand.rival, stand.origin, stand.calls())
    written = 0
    for language in LOCALES:
        page = stand.seat(language)
        nobody = stand.browser.new_context(locale=LOCALES[language], viewport={"width": 1440, "height": 900}).new_page()
        for scene in SCENES:
            at = page if scene.signed_in else nobody
            scene.show(at, props, language)
            for name in LOOKS:
                look(at, name)
                at.wait_for_timeout(SETTLE_MS)
                at.screenshot(path=folder / f"{scene.name}.{language}.{name}.png")
                written += 1
        page.context.close()
        nobody.context.close()
    return written


def run(args: Arguments) -> Result:
    """Write them."""
    del args
    with standing() as stand:
        written = every(stand, FOLDER)
    wanted = len(SCENES) * len(LOCALES) * len(LOOKS)
    return Result("screens", {"pictures": float(written)}, [Bar("pictures", wanted, wanted, float(written))])
