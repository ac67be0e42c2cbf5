# SPDX-License-Identifier: Apache-2.0
"""Can everybody use every screen: by ear, by contrast, at twice the type size, on a phone and on a wall?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from loadtests.console.axe import look, violations
from loadtests.console.desk import Person
from loadtests.console.scenes import SCENES, Props, furnish
from loadtests.console.stand import CALLS
from loadtests.console.widths import HEIGHTS, TYPE_PX, WIDTHS, faults, type_size
from tests.e2e.console.conftest import Sit
from tests.e2e.console.desk import LOCALES, Said, button, log_call
from weirhouse.cli.rooms import Room


@pytest.fixture(scope="module")
def props(links: dict[str, Iterator[str]], browser: Browser, room: Room) -> Iterator[Props]:
    """Incidents of every sort, a team on its way to one of them, and a rival."""
    assert browser
    with Person(next(links["dispatcher"])) as person, Person(next(links["dispatcher"])) as rival:
        incidents = [person.incident_of(person.call(words, place)) for words, place in CALLS]
        yield furnish(person, rival, room.settings.console_url, incidents)


@pytest.mark.parametrize("locale", sorted(LOCALES))
@pytest.mark.timeout(420)
def test_no_scene_breaks_a_rule_of_wcag_or_leaves_its_page(
    sit: Sit, browser: Browser, props: Props, locale: str
) -> None:
    page = sit("dispatcher", locale).page
    nobody = browser.new_context(locale=locale).new_page()
    found: list[dict[str, Any]] = []
    for scene in SCENES:
        at = page if scene.signed_in else nobody
        at.set_viewport_size({"width": 1440, "height": 900})
        type_size(at, 16)
        scene.show(at, props, LOCALES[locale])
        for name in ("light", "dark"):
            look(at, name)
            found += [{"scene": scene.name, "look": name, **one} for one in violations(at)]
        for pixels in TYPE_PX:
            type_size(at, pixels)
            for width in WIDTHS:
                at.set_viewport_size({"width": width, "height": HEIGHTS[width]})
                at.wait_for_timeout(120)
                found += [{"scene": scene.name, "width": width, "type": pixels, **one} for one in faults(at)]
    nobody.context.close()
    assert found == []


def test_a_p1_announces_itself_until_this_seat_acknowledges(sit: Sit) -> None:
    t = Said("en-GB")
    taker, first, second = sit("call_taker"), sit("operator"), sit("operator")
    for seat in (first, second):
        # What earlier tests left is acknowledged; a key also wakes the sound.
        seat.page.keyboard.press("s")
        expect(seat.page.locator(".alarm")).to_contain_text(t("alarm.none"))
        expect(seat.page.locator(".sound")).to_have_text(t("alarm.sound.on"))
    log_call(taker, "She is not breathing and her lips are blue, hurry")
    for seat in (first, second):
        expect(seat.page.locator(".alarm.calling [role=alert]")).to_contain_text("P1")
    first.page.keyboard.press("s")
    expect(first.page.locator(".alarm.calling")).to_have_count(0)
    expect(second.page.locator(".alarm.calling")).to_have_count(1)
    second.page.locator(".alarm").get_by_role("button", name=t("alarm.open")).click()
    expect(button(second.page, t("act.claim"))).to_be_visible()
    second.page.keyboard.press("m")
    expect(second.page.locator(".alarm.calling")).to_have_count(0)


def test_many_tabs_share_one_stream_and_show_the_same(sit: Sit) -> None:
    seat = sit("operator")
    tabs = [seat.page]
    for _ in range(7):
        tab = seat.page.context.new_page()
        tab.goto(f"{seat.origin}/#/queue")
        # Over HTTP/1.1 the seventh stream would never open.
        expect(tab.locator(".line.live")).to_be_visible(timeout=15_000)
        tabs.append(tab)
    log_call(sit("call_taker"), "A bollard lies in the cycle lane, tabs and all")
    for tab in tabs:
        expect(tab.locator(".rows-all .row").filter(has_text="tabs and all")).to_be_visible()
