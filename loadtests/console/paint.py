# SPDX-License-Identifier: Apache-2.0
"""`paint`: from the door's 202 to the row on the screen, P1 after P1, in a storm of ten times the demo's pace."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.console.stand import Stand, standing
from weirhouse.cli import stores
from weirhouse.domain.city import Place
from weirhouse.domain.geo import haversine_m

STORM: Final = ("--scale", "2", "--speed", "5")
"""Ten times the demo's pace, for the 24 seconds that its 120 then last."""

EACH_S: Final = 0.5
MOST: Final = 48
"""P1 sent while the storm lasts, each at a place of its own, half a kilometre from the others."""

APART_M: Final = 500.0
HEIGHT_PX: Final = 9000
"""A window that shows 140 rows, the storm's own P1 among them."""

WATCH: Final = """() => {
  window.painted = {};
  const look = () => {
    for (const row of document.querySelectorAll(".rows-all > .row")) {
      const id = row.id.replace(/^row-/, "");
      if (id in window.painted) continue;
      window.painted[id] = 0;
      // The next frame carries it to the screen; what runs after that frame knows it has.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => { window.painted[id] = performance.timeOrigin + performance.now(); };
        port2.postMessage(0);
      });
    }
  };
  new MutationObserver(look).observe(document.querySelector(".rows"), { childList: true, subtree: true });
}"""


@contextmanager
def storm(stand: Stand) -> Iterator[None]:
    """Send the demo's storm at ten times its pace, people and devices, while the block runs."""
    sources = [s.id for s in stores.read_city(stores.demo_city()).sources if s.rules is None]
    # The browser's driver holds this thread's event loop, so another makes the keys.
    keys = stand.aside(lambda: asyncio.run(stores.make_source_keys(stand.room.settings, sources)))
    file = Path(stand.room.settings.state_dir) / "keys.json"
    file.write_text(json.dumps(keys), encoding="utf-8")
    settings = stand.room.settings
    argv = [sys.executable, "-m", "loadtests.storm", "demo", *STORM, "--deadline", "60", "--json"]
    argv += ["--api", stand.room.api_url, "--kafka", settings.kafka_url, "--prefix", settings.topic_prefix]
    process = subprocess.Popen([*argv, "--keys", str(file)], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def _apart() -> list[Place]:
    """Return places of the demo city, each far enough from all others."""
    chosen: list[Place] = []
    for place in stores.read_city(stores.demo_city()).places:
        if all(haversine_m(place.lat, place.lon, other.lat, other.lon) > APART_M for other in chosen):
            chosen.append(place)
    if len(chosen) < MOST:
        raise OSError(f"the demo city has {len(chosen)} places {APART_M} m apart, {MOST} are wanted")
    return chosen


def _times(page: Page, stand: Stand, seconds: float) -> tuple[list[float], float]:
    """Return milliseconds to the screen of each P1 that opened an incident, and how many joined one instead."""
    places = _apart()
    accepted: dict[str, float] = {}
    begun = time.monotonic()
    for number in range(min(MOST, int(seconds / EACH_S))):
        place = places[number]
        body = {
            "channel": "phone",
            "description": "He is not breathing, hurry",
            "location": {"point": {"lat": place.lat, "lon": place.lon, "accuracy_m": 10}},
        }
        href = stand.person.post("/v1/reports", body)["href"]
        accepted[href] = time.time() * 1000
        page.wait_for_timeout(max(0.0, (begun + (number + 1) * EACH_S - time.monotonic()) * 1000))
    page.wait_for_timeout(4000)
    painted: dict[str, float] = page.evaluate("() => window.painted")
    late: list[float] = []
    for href, at in accepted.items():
        status = stand.person.get(href)
        # A report that joined a happening of the storm's shows as a number that rises, not as a row of its own.
        if status["disposition"] != "opened":
            continue
        on_screen = painted.get(status["incident"]["id"], 0.0)
        late.append(on_screen - at if on_screen else float("inf"))
    return late, float(len(accepted) - len(late))


def run(args: Arguments) -> Result:
    """Measure in the storm."""
    figures: dict[str, float] = {}
    seconds = min(args.seconds, MOST * EACH_S)
    with standing() as stand:
        stand.calls()
        page = stand.seat(width=1440, height=HEIGHT_PX, hash_="#/queue?priority=1")
        page.evaluate(WATCH)
        with storm(stand):
            found, joined = _times(page, stand, seconds)
            late = sorted(found)
        page.context.close()
    seen = [value for value in late if value != float("inf")]
    p50, p99 = late[len(late) // 2], late[min(len(late) - 1, int(len(late) * 0.99))]
    unseen = float(len(late) - len(seen))
    figures = {
        "p1_opened": float(len(late)),
        "p1_joined": joined,
        "p1_unseen": unseen,
        "p1_p50_ms": min(p50, 1e6),
        "p1_p99_ms": min(p99, 1e6),
    }
    bars = [
        Bar("p1_p50_ms", 300, 150, round(min(p50, 1e6), 1), lower_is_better=True),
        Bar("p1_p99_ms", 2000, 1000, round(min(p99, 1e6), 1), lower_is_better=True),
    ]
    return Result("paint", {name: round(value, 1) for name, value in figures.items()}, bars)
