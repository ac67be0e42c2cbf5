# SPDX-License-Identifier: Apache-2.0
"""A shift at the console: what a call taker, a dispatcher and an operator do, by keyboard, in both languages."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.console.conftest import Sit

TEXTS: Final = {
    "en-GB": {
        "words": "Smoke and flames from the roof, people are shouting",
        "place": "North Ring",
        "opened": r"(Opened|Joined) incident (\d+)",
        "team": "engine",
        "sent": "✓ Assigned",
        "state": "Assigned",
        "title": "Live queue",
    },
    "zh-CN": {
        "words": "屋顶冒烟起火，有人在喊救命",
        "place": "北环路",
        "opened": r"已(开立|并入)事件 (\d+)",
        "team": "消防车",
        "sent": "✓ 已派单",
        "state": "已派单",
        "title": "实时队列",
    },
}


def take_call(page: Page, words: str, place: str = "") -> None:
    """Write a call by keyboard alone, without sending it."""
    page.keyboard.press("c")
    expect(page.locator("textarea")).to_be_focused()
    page.keyboard.insert_text(words)
    if place:
        page.keyboard.press("Tab")
        page.keyboard.insert_text(place)
        page.locator(".popover .option").first.wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator(".found")).to_be_visible()


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_a_call_becomes_a_team_on_its_way_by_keyboard_alone(sit: Sit, locale: str) -> None:
    texts = TEXTS[locale]
    operator = sit("operator", locale).page
    page = sit("dispatcher", locale).page
    expect(page.get_by_role("heading", name=texts["title"])).to_be_visible()

    take_call(page, texts["words"], texts["place"])
    page.keyboard.press("Control+Enter")
    became = page.get_by_text(re.compile(texts["opened"]))
    expect(became).to_be_visible()
    found = re.search(texts["opened"], became.inner_text())
    assert found is not None
    number = found.group(2)

    # The operator has done nothing: the row comes by itself.
    row = operator.get_by_role("row").filter(has=operator.get_by_text(number, exact=True))
    expect(row).to_be_visible()

    page.keyboard.press("Control+k")
    page.get_by_role("dialog").wait_for()
    page.keyboard.insert_text(number)
    page.get_by_role("menuitem").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=re.compile(rf"^{number} "))).to_be_visible()
    page.keyboard.press("a")
    page.get_by_role("dialog").get_by_role("option").first.wait_for()
    page.keyboard.insert_text(texts["team"])
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(texts["sent"])).to_be_visible()
    expect(row.get_by_text(texts["state"], exact=True)).to_be_visible()


def test_the_list_stands_still_under_the_pointer_and_says_what_waits(sit: Sit) -> None:
    operator = sit("operator").page
    taker = sit("call_taker").page
    take_call(taker, "A tree lies across the pavement", "South")
    taker.keyboard.press("Control+Enter")
    expect(taker.get_by_text("Accepted")).to_be_visible()
    expect(operator.locator(".rows-all .row").filter(has_text="across the pavement")).to_be_visible()

    operator.get_by_role("grid").hover()
    expect(operator.locator(".waiting")).to_contain_text("stands still")
    before = operator.locator(".rows-all .row").all_inner_texts()
    taker.keyboard.press("Enter")
    take_call(taker, "He is not breathing, hurry, at the embankment", "South Embankment")
    taker.keyboard.press("Control+Enter")
    expect(operator.locator(".waiting")).to_contain_text(re.compile(r"1 new, 1 of them P1"))
    assert [text.split("\n")[1] for text in operator.locator(".rows-all .row").all_inner_texts()] == [
        text.split("\n")[1] for text in before
    ]
    operator.keyboard.press(".")
    expect(operator.locator(".rows-all .row")).to_have_count(len(before) + 1)
    expect(operator.locator(".rows-all .row").first).to_contain_text("P1")


def test_a_repeated_enter_sends_one_call(sit: Sit) -> None:
    page = sit("call_taker").page
    keys: list[str | None] = []

    def slowly(route: Route) -> None:
        keys.append(route.request.header_value("idempotency-key"))
        page.wait_for_timeout(300)
        route.continue_()

    page.route("**/v1/reports", slowly)
    take_call(page, "Street lamp flickers")
    for _ in range(5):
        page.keyboard.press("Control+Enter", delay=5)
        if page.get_by_text("Accepted").count():
            break
    expect(page.get_by_text("Accepted")).to_be_visible()
    assert len(keys) == 1


def test_a_call_survives_a_cut_line_and_is_sent_with_the_same_key(sit: Sit) -> None:
    page = sit("call_taker").page
    keys: list[str | None] = []
    page.on(
        "request",
        lambda request: keys.append(request.headers.get("idempotency-key")) if request.method == "POST" else None,
    )
    take_call(page, "Water comes up through the floor")
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="Nothing is lost")).to_be_visible()
    expect(page.locator("textarea")).to_have_value("Water comes up through the floor")
    page.context.set_offline(False)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Accepted")).to_be_visible()
    assert len(keys) == 2
    assert keys[0] is not None
    assert len(set(keys)) == 1


def test_the_language_changes_without_a_reload(sit: Sit) -> None:
    page = sit("operator").page
    page.evaluate("window.here = true")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="实时队列")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Live queue")).to_be_visible()
    assert page.evaluate("window.here") is True


def test_filters_stand_in_the_address(sit: Sit) -> None:
    page = sit("operator").page
    page.get_by_role("button", name="P5").click()
    expect(page).to_have_url(re.compile(r"priority=5"))
    page.reload()
    expect(page.get_by_role("button", name="P5")).to_have_attribute("aria-pressed", "true")
