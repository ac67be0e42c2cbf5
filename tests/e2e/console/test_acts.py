# SPDX-License-Identifier: Apache-2.0
"""Every act of the desk from the screen to the ledger and back, and what is said when somebody was faster."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.console.conftest import Sit
from tests.e2e.console.desk import Said, button, choose_team, log_call, state, step, team_button


def answer(page: Page, act: str, reason: str = "") -> None:
    """Answer the dialog that an act opens: the first closing code when it wants one, a reason when given."""
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    codes = dialog.get_by_role("option")
    if codes.count():
        codes.first.click()
    if reason:
        dialog.get_by_role("textbox").fill(reason)
    dialog.get_by_role("button", name=act, exact=True).click()
    dialog.wait_for(state="detached")


def send_team(page: Page, t: Said, name: str) -> str:
    """Send one free team that `name` finds and return what it is called."""
    button(page, t("act.assign")).click()
    called = choose_team(page, name)
    page.keyboard.press("Control+Enter")
    page.get_by_role("dialog").wait_for(state="detached")
    return called


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_an_incident_lives_from_its_claim_to_its_reopening(sit: Sit, locale: str) -> None:
    t = Said(locale)
    seat = sit("dispatcher", locale)
    page = seat.page
    log_call(seat, {"en-GB": "Water leaks into the cellar", "zh-CN": "地下室渗水"}[locale])
    watcher = sit("operator", locale).page
    watcher.goto(page.url)
    expect(state(watcher)).to_have_text(t("state.new"))

    button(page, t("act.claim")).click()
    expect(page.locator(".done")).to_have_text(f"✓ {t('act.done.claim')}")
    expect(page.locator(".facts")).to_contain_text(t("queue.mine"))
    expect(watcher.locator(".facts")).to_contain_text("dispatcher-")
    expect(state(watcher)).to_have_text(t("state.triaged"))
    button(page, t("act.release")).click()
    expect(page.locator(".facts")).to_contain_text(t("queue.unclaimed"))
    expect(watcher.locator(".facts")).to_contain_text(t("queue.unclaimed"))

    send_team(page, t, "crew")
    expect(step(page)).to_have_text(t("assignment.notified"))
    team_button(page, t("act.decline")).click()
    answer(page, t("act.decline"), "Pump is broken")
    expect(step(page)).to_have_text(t("assignment.declined"))
    expect(state(watcher)).to_have_text(t("state.triaged"))

    send_team(page, t, "crew")
    team_button(page, t("act.accept")).click()
    expect(step(page)).to_have_text(t("assignment.accepted"))
    team_button(page, t("act.en-route")).click()
    expect(step(page)).to_have_text(t("assignment.en_route"))
    expect(step(watcher)).to_have_text(t("assignment.en_route"))
    team_button(page, t("act.arrive")).click()
    expect(step(page)).to_have_text(t("assignment.on_scene"))
    expect(state(watcher)).to_have_text(t("state.in_progress"))
    team_button(page, t("act.clear")).click()
    answer(page, t("act.clear"))
    expect(step(page)).to_have_text(t("assignment.cleared"))
    expect(state(page)).to_have_text(t("state.resolved"))
    expect(state(watcher)).to_have_text(t("state.resolved"))

    button(page, t("act.close")).click()
    answer(page, t("act.close"))
    expect(state(page)).to_have_text(t("state.closed"))
    expect(state(watcher)).to_have_text(t("state.closed"))
    button(page, t("act.reopen")).click()
    answer(page, t("act.reopen"), "The water is back")
    expect(state(page)).to_have_text(t("state.triaged"))
    expect(state(watcher)).to_have_text(t("state.triaged"))
    expect(page.locator(".history")).to_contain_text("The water is back")
    expect(page.locator(".conflict, .fault")).to_have_count(0)


def test_who_comes_second_is_told_who_has_the_team(sit: Sit) -> None:
    t = Said("en-GB")
    first, second = sit("dispatcher"), sit("dispatcher")
    log_call(first, "A branch hangs over the pavement")
    number = first.page.locator("h1 .num").inner_text()
    log_call(second, "Sewage smell from a drain")
    for seat in (first, second):
        button(seat.page, t("act.assign")).click()
    names = [choose_team(seat.page, "boat") for seat in (first, second)]
    assert names[0] == names[1]

    first.page.keyboard.press("Control+Enter")
    expect(step(first.page)).to_have_text(t("assignment.notified"))
    second.page.keyboard.press("Control+Enter")
    panel = second.page.locator(".conflict")
    expect(panel).to_contain_text(re.compile(rf"{names[0]} is taken: dispatcher-\d+ sent it to incident {number}\."))
    expect(second.page.locator(".assignments > li")).to_have_count(0)

    panel.get_by_role("button", name=t("conflict.other")).click()
    expect(panel).to_have_count(0)
    taken = second.page.get_by_role("dialog").get_by_role("option", name=names[0])
    expect(taken).to_have_attribute("aria-disabled", "true")
    choose_team(second.page, "engine")
    second.page.keyboard.press("Control+Enter")
    expect(step(second.page)).to_have_text(t("assignment.notified"))


def test_a_stale_decision_shows_what_changed_before_it_is_made_again(sit: Sit) -> None:
    t = Said("en-GB")
    seat, rival = sit("dispatcher"), sit("operator")
    rival.page.goto(log_call(seat, "Loose roof tiles rattle in the wind"))
    expect(state(rival.page)).to_have_text(t("state.new"))

    def overtaken(route: Route) -> None:
        # While this claim is on its way the rival's arrives.
        button(rival.page, t("act.claim")).click()
        expect(rival.page.locator(".done")).to_have_text(f"✓ {t('act.done.claim')}")
        button(rival.page, t("act.release")).click()
        expect(rival.page.locator(".done")).to_have_text(f"✓ {t('act.done.release')}")
        route.continue_()

    seat.page.route("**/*:claim", overtaken, times=1)
    button(seat.page, t("act.claim")).click()
    panel = seat.page.locator(".conflict")
    expect(panel).to_contain_text(t("problem.version-conflict"))
    expect(panel.locator("del")).to_have_text(t("state.new"))
    expect(panel.locator("ins")).to_have_text(t("state.triaged"))
    panel.get_by_role("button", name=t("conflict.again")).click()
    expect(panel).to_have_count(0)
    expect(seat.page.locator(".facts")).to_contain_text(t("queue.mine"))


def test_a_stale_step_of_a_team_is_made_again_on_what_is_true_now(sit: Sit) -> None:
    t = Said("en-GB")
    seat, rival = sit("dispatcher"), sit("dispatcher")
    rival.page.goto(log_call(seat, "A garden fence has blown over"))
    send_team(seat.page, t, "volunteer")
    expect(step(rival.page)).to_have_text(t("assignment.notified"))

    def overtaken(route: Route) -> None:
        team_button(rival.page, t("act.en-route")).click()
        expect(step(rival.page)).to_have_text(t("assignment.en_route"))
        route.continue_()

    team_button(seat.page, t("act.accept")).click()
    expect(step(rival.page)).to_have_text(t("assignment.accepted"))
    seat.page.route("**/*:arrive", overtaken, times=1)
    team_button(seat.page, t("act.arrive")).click()
    panel = seat.page.locator(".conflict")
    expect(panel).to_contain_text(t("problem.version-conflict"))
    panel.get_by_role("button", name=t("conflict.again")).click()
    expect(step(seat.page)).to_have_text(t("assignment.on_scene"))
