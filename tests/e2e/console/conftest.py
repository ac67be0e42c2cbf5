# SPDX-License-Identifier: Apache-2.0
"""A house with the demo city and its console in Chromium: seats that people of any role sit down at."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.support.services import Kafka, Postgres, settings_for
from tests.support.tools import chromium
from weirhouse.cli import stores
from weirhouse.cli.rooms import Room, apart, opened, serve
from weirhouse.cli.talk import Talk

CONSOLE = Path(__file__).parents[3] / "api" / "console"
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
LINKS_A_ROLE = 24
"""Made before the browser starts: its driver holds the thread's event loop from then on."""


@dataclass
class Seat:
    """A page somebody is signed in at, and what must never happen on it."""

    page: Page
    origin: str
    faults: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note every breach of the content-security policy, every script error, every request to elsewhere."""
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            self.faults.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.faults.append(f"request to {request.url}")


@pytest.fixture(scope="session")
def console_built() -> Path:
    """The built console; built now when it is not there."""
    dist = CONSOLE / "dist"
    if not (dist / "index.html").is_file():
        npm = Path(sys.executable).with_name("npm")
        for step in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([npm, *step], cwd=CONSOLE, check=True, timeout=300)
    return dist


@pytest.fixture(scope="session")
def room(
    kafka: Kafka, postgres: Postgres, console_built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Room]:
    """Relay, worker and API over the session's Kafka and a database of its own, with the demo city."""
    name = postgres.create()
    folder = tmp_path_factory.mktemp("console-house")
    settings = settings_for(folder, kafka_url=kafka.bootstrap, postgres_url=postgres.address(name))
    talk = Talk(as_json=True)
    with opened(apart(settings, "console"), talk) as there:
        asyncio.run(stores.load_city(there.settings, stores.read_city(stores.demo_city())))
        serve(there, talk)
        yield there
    postgres.drop(name)


@pytest.fixture(scope="session")
def links(room: Room) -> dict[str, Iterator[str]]:
    """One-use sign-in links, by role."""
    numbers = itertools.count(1)

    def of(role: str) -> Iterator[str]:
        made = [
            asyncio.run(stores.make_link(room.settings, role, f"{role}-{next(numbers)}")) for _ in range(LINKS_A_ROLE)
        ]
        return iter(made)

    return {role: of(role) for role in ("call_taker", "operator", "dispatcher")}


@pytest.fixture(scope="module")
def browser(links: dict[str, Iterator[str]]) -> Iterator[Browser]:
    """The system's Chromium."""
    assert links
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield started
        started.close()


Sit = Callable[..., Seat]


@pytest.fixture
def sit(browser: Browser, links: dict[str, Iterator[str]], room: Room) -> Iterator[Sit]:
    """`sit("dispatcher", "zh-CN")`: a signed-in seat; at the end none may have seen a fault."""
    seats: list[Seat] = []

    def down(role: str, locale: str = "en-GB") -> Seat:
        page = browser.new_context(locale=locale, viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(15_000)
        seat = Seat(page, room.settings.console_url)
        seat.watch()
        seats.append(seat)
        page.goto(next(links[role]))
        page.get_by_role("grid").wait_for()
        page.wait_for_selector(".line.live")
        return seat

    yield down
    for seat in seats:
        seat.page.context.close()
    assert [fault for seat in seats for fault in seat.faults] == []
