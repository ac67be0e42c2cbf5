# SPDX-License-Identifier: Apache-2.0
"""`axe`: violations of WCAG 2.2 AA that axe-core finds on every screen, in every look and language."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.console.scenes import SCENES, Props, Scene, furnish
from loadtests.console.stand import LOCALES, Stand, standing

SCRIPT: Final = Path(__file__).parents[2] / "api" / "console" / "node_modules" / "axe-core" / "axe.min.js"
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS: Final = ("light", "dark", "contrast-light", "contrast-dark")
RUN: Final = """async (tags) => {
  const found = await axe.run(document, {
    runOnly: { type: "tag", values: tags },
    rules: { "target-size": { enabled: true } },
    resultTypes: ["violations"],
  });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => ({
    rule: rule.id, target: node.target.join(" "), html: node.html.slice(0, 160),
    why: node.any.concat(node.all, node.none).map((check) => check.message).join("; ").slice(0, 300),
  })));
}"""


def look(page: Page, name: str) -> None:
    """Make the page look as a system that wishes so would."""
    page.emulate_media(
        color_scheme="dark" if name.endswith("dark") else "light",
        contrast="more" if name.startswith("contrast") else "no-preference",
        reduced_motion="reduce",
    )


def violations(page: Page) -> list[dict[str, Any]]:
    """Return what axe-core finds on the page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT.read_text(encoding="utf-8") + "; undefined")
    found: list[dict[str, Any]] = page.evaluate(RUN, TAGS)
    return found


def of_scene(page: Page, scene: Scene, props: Props, language: str) -> list[dict[str, Any]]:
    """Show a scene and return its violations in every look."""
    scene.show(page, props, language)
    found = []
    for name in LOOKS:
        look(page, name)
        found += [{"scene": scene.name, "look": name, "language": language, **one} for one in violations(page)]
    return found


def every(stand: Stand) -> tuple[list[dict[str, Any]], int]:
    """Return the violations of all scenes, looks and languages, and how many pictures were judged."""
    props = furnish(stand.person, stand.rival, stand.origin, stand.calls())
    found: list[dict[str, Any]] = []
    for language in LOCALES:
        page = stand.seat(language)
        nobody = stand.browser.new_context(locale=LOCALES[language]).new_page()
        for scene in SCENES:
            found += of_scene(page if scene.signed_in else nobody, scene, props, language)
        page.context.close()
        nobody.context.close()
    return found, len(SCENES) * len(LOOKS) * len(LOCALES)


def run(args: Arguments) -> Result:
    """Judge every picture."""
    del args
    with standing() as stand:
        found, judged = every(stand)
    for one in found:
        print(f"{one['scene']} {one['language']} {one['look']}: {one['rule']} at {one['target']}: {one['why']}")
    figures = {"pictures": float(judged), "violations": float(len(found))}
    return Result("axe", figures, [Bar("violations", 0, 0, float(len(found)), lower_is_better=True)])
