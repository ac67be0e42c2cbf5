# SPDX-License-Identifier: Apache-2.0
"""Where the measures are taken: a house of its own with the demo city, its data forgotten afterwards, and a browser."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from loadtests.console.browser import FLAGS, chromium
from loadtests.console.desk import Person
from weirhouse.cli import stores
from weirhouse.cli.rooms import Room, apart, opened, serve
from weirhouse.cli.talk import Talk
from weirhouse.settings import Settings

_T = TypeVar("_T")

LOCALES: Final = {"en": "en-GB", "zh": "zh-CN"}
CALLS: Final = (
    ("Smoke and flames from the roof, people are shouting", "North Ring"),
    ("屋顶冒烟起火，有人在喊救命", "North Ring"),
    ("Water is over the kerb and still rising, cars turn round", "South Embankment"),
    ("He fell from the ladder and is bleeding badly", "Market"),
    ("A tree lies across both lanes", "Road"),
    ("楼上半夜施工噪声很大，影响休息", "Street"),
    ("The street light in front of the school has been out for three nights", "School"),
    ("Rubbish has not been collected for a week", ""),
)
"""Words and what to look for in the gazetteer: every priority, both languages, one without a place."""


@dataclass(frozen=True)
class Stand:
    """A house that runs, people signed in to it, and a browser."""

    room: Room
    browser: Browser
    person: Person
    rival: Person
    session: StorageState
    source_key: str

    @property
    def origin(self) -> str:
        """Where the console is."""
        return self.room.settings.console_url

    def seat(
        self,
        language: str = "en",
        width: int = 1440,
        height: int = 900,
        hash_: str = "",
        origin: str = "",
        context: BrowserContext | None = None,
    ) -> Page:
        """Return a page of a signed-in dispatcher, live."""
        around = context or self.browser.new_context(
            storage_state=self.session, locale=LOCALES[language], viewport={"width": width, "height": height}
        )
        page = around.new_page()
        page.set_default_timeout(20_000)
        page.goto(f"{origin or self.origin}/{hash_}")
        page.locator(".line.live").wait_for()
        return page

    @staticmethod
    def aside(work: Callable[[], _T]) -> _T:
        """Return what `work` does in a thread of its own: the browser's driver holds the event loop of this one."""
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(work).result()

    def calls(self) -> list[dict[str, object]]:
        """Send one call of each sort and return the incidents they went to."""
        sent = [self.person.call(words, place) for words, place in CALLS]
        return [self.person.incident_of(one) for one in sent]


@contextmanager
def standing() -> Iterator[Stand]:
    """Start everything and end it.

    Raises
    ------
    EmbeddedError, playwright.sync_api.Error, FileNotFoundError
    """
    path = chromium()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="weirhouse-console-"))
        settings = Settings.model_validate(
            {"state_dir": Path(folder), "kafka_url": "", "postgres_url": "", "kafka_heap_mb": 256}
        )
        talk = Talk(as_json=True)
        room = stack.enter_context(opened(apart(settings, "console"), talk))
        city = stores.read_city(stores.demo_city())
        asyncio.run(stores.load_city(room.settings, city))
        source = next(source.id for source in city.sources if source.sort == "person")
        key = asyncio.run(stores.make_source_keys(room.settings, [source]))[source]
        serve(room, talk)
        links = [asyncio.run(stores.make_link(room.settings, "dispatcher", f"dispatcher-{n}")) for n in (1, 2, 3)]
        person = stack.enter_context(Person(links[0]))
        rival = stack.enter_context(Person(links[1]))
        playwright = stack.enter_context(sync_playwright())
        started = playwright.chromium.launch(executable_path=path, args=[*FLAGS, "--enable-precise-memory-info"])
        stack.callback(started.close)
        page = started.new_page()
        page.goto(links[2])
        page.get_by_role("grid").wait_for()
        session = page.context.storage_state()
        page.context.close()
        yield Stand(room, started, person, rival, session, key)
