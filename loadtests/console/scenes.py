# SPDX-License-Identifier: Apache-2.0
"""Every screen and window of the console, each with the way to it; none depends on a language."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Page, Route, expect

from loadtests.console.desk import Person

PLACE_LETTERS: Final = {"en": "Road", "zh": "路"}
WORDS: Final = {"en": "Water is over the kerb and still rising", "zh": "路面积水已漫过路沿，还在上涨"}


@dataclass(frozen=True)
class Props:
    """What the scenes need to stand somewhere: the house, two incidents, somebody who is faster."""

    origin: str
    busy: dict[str, Any]
    quiet: dict[str, Any]
    rival: Person


@dataclass(frozen=True)
class Scene:
    """One picture: `show` leads a page of a dispatcher (or, signed out, of nobody) to it."""

    name: str
    show: Callable[[Page, Props, str], None]
    signed_in: bool = True


def go(page: Page, props: Props, address: str) -> None:
    """Open an address of the console anew, so that nothing of the scene before is left."""
    page.goto("about:blank")
    page.goto(f"{props.origin}/#/{address}")


def _queue(page: Page, props: Props, language: str) -> None:
    del language
    page.mouse.move(0, 0)
    go(page, props, "queue")
    page.locator(".rows-all .row").first.wait_for()
    page.locator(".line.live").wait_for()


def _held(page: Page, props: Props, language: str) -> None:
    _queue(page, props, language)
    page.keyboard.press("j")
    page.locator(".rows-all .row.active").wait_for()


def _why(page: Page, props: Props, language: str) -> None:
    _held(page, props, language)
    page.keyboard.press("w")
    page.locator(".reasons").wait_for()


def _zones(page: Page, props: Props, language: str) -> None:
    _queue(page, props, language)
    page.locator(".filters > .button").first.click()
    page.locator(".pick .option").first.wait_for()


def _incident(page: Page, props: Props, language: str) -> None:
    del language
    go(page, props, f"incidents/{props.busy['id']}")
    page.locator(".reports li").first.wait_for()
    page.locator(".assignments li").first.wait_for()


def _conflict(page: Page, props: Props, language: str) -> None:
    go(page, props, f"incidents/{props.quiet['id']}")
    page.locator(".reports li").first.wait_for()

    def overtaken(route: Route) -> None:
        props.rival.act(props.quiet["id"], "claim")
        props.rival.act(props.quiet["id"], "release")
        route.continue_()

    page.route("**/*:claim", overtaken, times=1)
    page.keyboard.press("m")
    page.locator(".conflict").wait_for()
    del language


def _assign(page: Page, props: Props, language: str) -> None:
    _incident(page, props, language)
    page.keyboard.press("a")
    page.locator(".teams-list .option").first.wait_for()


def _close(page: Page, props: Props, language: str) -> None:
    del language
    go(page, props, f"incidents/{props.quiet['id']}")
    page.locator(".reports li").first.wait_for()
    page.locator(".incident-head > .acts").get_by_role("button").last.click()
    page.get_by_role("dialog").get_by_role("option").first.wait_for()


def _call(page: Page, props: Props, language: str) -> None:
    go(page, props, "call")
    page.evaluate("sessionStorage.clear()")
    go(page, props, "queue")
    page.evaluate("sessionStorage.clear()")
    go(page, props, "call")
    page.locator("textarea").fill(WORDS[language])
    page.locator("textarea").press("Tab")
    page.keyboard.insert_text(PLACE_LETTERS[language])
    page.locator(".popover .option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".found").wait_for()


def _accepted(page: Page, props: Props, language: str) -> None:
    _call(page, props, language)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".became .button")).to_be_visible()


def _teams(page: Page, props: Props, language: str) -> None:
    del language
    go(page, props, "teams")
    page.locator(".team").first.wait_for()


def _help(page: Page, props: Props, language: str) -> None:
    _teams(page, props, language)
    page.keyboard.press("?")
    page.locator(".keys").wait_for()


def _palette(page: Page, props: Props, language: str) -> None:
    _teams(page, props, language)
    page.keyboard.press("Control+k")
    page.locator(".dialog .option").first.wait_for()


def _signin(page: Page, props: Props, language: str) -> None:
    del language
    go(page, props, "")
    page.locator(".signin a.button").wait_for()


SCENES: Final = (
    Scene("signin", _signin, signed_in=False),
    Scene("queue", _queue),
    Scene("held", _held),
    Scene("why", _why),
    Scene("zones", _zones),
    Scene("incident", _incident),
    Scene("conflict", _conflict),
    Scene("assign", _assign),
    Scene("close", _close),
    Scene("call", _call),
    Scene("accepted", _accepted),
    Scene("teams", _teams),
    Scene("help", _help),
    Scene("palette", _palette),
)


def furnish(person: Person, rival: Person, origin: str, incidents: list[dict[str, Any]]) -> Props:
    """Send a team to the first incident and return what the scenes need; the last one stays quiet."""
    busy, quiet = incidents[0], incidents[-1]
    free = [team for team in person.get("/v1/teams")["items"] if team["state"] == "available"]
    engine = next(team for team in free if re.search("fire", team["kind"]))
    answer = person.act(busy["id"], "assign", team_ids=[engine["id"]])
    first = answer["assignments"][0]
    person.post(f"/v1/assignments/{first['id']}:accept", {"reason": "", "fence": first["fence"]}, str(first["version"]))
    return Props(origin, busy, quiet, rival)
