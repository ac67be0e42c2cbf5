# SPDX-License-Identifier: Apache-2.0
"""`paint`: from the door's 202 to the row on the screen, P1 after P1, in a storm of ten times the demo's pace."""

from __future__ import annotations

import asyncio
import json
import secrets
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

STORM_SPEED: Final = "10"
EACH_S: Final = 0.5
MOST: Final = 50
"""P1 sent: as many rows as the window of the measure shows at once."""

WATCH: Final = """() => {
  window.painted = {};
  const look = () => {
    for (const row of document.querySelectorAll(".rows-all > .row")) {
      const mark = /mark-[0-9a-f]{8}/.exec(row.textContent);
      if (mark && !(mark[0] in window.painted)) {
        // The next frame carries it to the screen; what runs after that frame knows it has.
        window.painted[mark[0]] = 0;
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => { window.painted[mark[0]] = performance.timeOrigin + performance.now(); };
          port2.postMessage(0);
        });
      }
    }
  };
  new MutationObserver(look).observe(document.querySelector(".rows"), { childList: true, subtree: true, characterData: true });
}"""  # noqa: E501


@contextmanager
def storm(stand: Stand) -> Iterator[None]:
    """Send the demo's storm at ten times its pace, people and devices, while the block runs."""
    sources = [s.id for s in stores.read_city(stores.demo_city()).sources if s.rules is None]
    # The browser's driver holds this thread's event loop, so another makes the keys.
    keys = stand.aside(lambda: asyncio.run(stores.make_source_keys(stand.room.settings, sources)))
    file = Path(stand.room.settings.state_dir) / "keys.json"
    file.write_text(json.dumps(keys), encoding="utf-8")
    settings = stand.room.settings
    argv = [sys.executable, "-m", "loadtests.storm", "demo", "--speed", STORM_SPEED, "--deadline", "60", "--json"]
    argv += ["--api", stand.room.api_url, "--kafka", settings.kafka_url, "--prefix", settings.topic_prefix]
    process = subprocess.Popen([*argv, "--keys", str(file)], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def _times(page: Page, stand: Stand, seconds: float) -> list[float]:
    places = stand.person.get("/v1/places", q="Road", limit=50)["items"]
    accepted: dict[str, float] = {}
    begun = time.monotonic()
    for number in range(min(MOST, int(seconds / EACH_S))):
        mark = f"mark-{secrets.token_hex(4)}"
        place = places[number % len(places)]
        body = {
            "channel": "phone",
            "description": f"{mark} he is not breathing, hurry",
            "location": {"point": {"lat": place["lat"], "lon": place["lon"], "accuracy_m": 10}},
        }
        stand.person.post("/v1/reports", body)
        accepted[mark] = time.time() * 1000
        page.wait_for_timeout(max(0.0, (begun + (number + 1) * EACH_S - time.monotonic()) * 1000))
    page.wait_for_timeout(4000)
    painted: dict[str, float] = page.evaluate("() => window.painted")
    return [painted.get(mark, 0.0) - at if painted.get(mark) else float("inf") for mark, at in accepted.items()]


def run(args: Arguments) -> Result:
    """Measure with the storm and without."""
    figures: dict[str, float] = {}
    seconds = min(args.seconds, MOST * EACH_S)
    with standing() as stand:
        stand.calls()
        page = stand.seat(width=1440, height=4600, hash_="#/queue?priority=1")
        page.evaluate(WATCH)
        with storm(stand):
            late = sorted(_times(page, stand, seconds))
        page.context.close()
    seen = [value for value in late if value != float("inf")]
    p50, p99 = late[len(late) // 2], late[min(len(late) - 1, int(len(late) * 0.99))]
    unseen = float(len(late) - len(seen))
    figures = {"p1_sent": float(len(late)), "p1_unseen": unseen, "p1_p50_ms": min(p50, 1e6), "p1_p99_ms": min(p99, 1e6)}
    bars = [
        Bar("p1_p50_ms", 300, 150, round(min(p50, 1e6), 1), lower_is_better=True),
        Bar("p1_p99_ms", 2000, 1000, round(min(p99, 1e6), 1), lower_is_better=True),
    ]
    return Result("paint", {name: round(value, 1) for name, value in figures.items()}, bars)
