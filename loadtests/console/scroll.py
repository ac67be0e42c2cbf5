# SPDX-License-Identifier: Apache-2.0
"""`scroll`: frame times while the queue of 20,000 rows is scrolled and 100 incidents a second change."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from typing import Any, Final

import httpx
from playwright.sync_api import expect

from loadtests.bench.crowd import fill
from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.console.stand import Stand, standing
from weirhouse.cli import stores

ROWS: Final = 20_000
CHANGES_PER_S: Final = 100
LINES: Final = 25
"""Reports a batch: four batches a second."""

SCROLL: Final = """(seconds) => new Promise((done) => {
  const list = document.querySelector(".rows");
  const frames = [], long = [];
  const observer = new PerformanceObserver((entries) => { for (const one of entries.getEntries()) long.push(one.duration); });
  observer.observe({ type: "longtask" });
  const begun = performance.now();
  // The way is kept here: asking the list where it stands would lay it out once more in each frame.
  const end = list.scrollHeight - list.clientHeight;
  let last = begun, step = 40, top = 0;
  const frame = (now) => {
    frames.push(now - last);
    last = now;
    if (top >= end) step = -40;
    if (top <= 0) step = 40;
    top += step;
    list.scrollTop = top;
    if (now - begun < seconds * 1000) requestAnimationFrame(frame);
    else { observer.disconnect(); done({ frames: frames.slice(1), long }); }
  };
  requestAnimationFrame(frame);
})"""  # noqa: E501


class Changes(threading.Thread):
    """Sends reports by the batch door at the pace; each opens an incident or joins one."""

    def __init__(self, stand: Stand) -> None:
        super().__init__(daemon=True)
        self._url, self._key = stand.room.api_url, stand.source_key
        self._places = stores.read_city(stores.demo_city()).places
        self.over = threading.Event()
        self.accepted = 0

    def run(self) -> None:
        """Send until told to stop."""
        headers = {"Authorization": f"Source {self._key}", "Content-Type": "application/x-ndjson"}
        begun, batch = time.monotonic(), 0
        with httpx.Client(base_url=self._url, headers=headers, trust_env=False, timeout=30) as http:
            while not self.over.is_set():
                body = "\n".join(self._line(batch * LINES + n) for n in range(LINES))
                answer = http.post("/v1/reports:batch", content=body.encode())
                self.accepted += answer.text.count('"status":202')
                batch += 1
                self.over.wait(max(0.0, begun + batch * LINES / CHANGES_PER_S - time.monotonic()))

    def _line(self, number: int) -> str:
        place = self._places[number % len(self._places)]
        words = ("Water over the kerb", "A tree lies across both lanes", "Rubbish heap, rats", "Street light is out")
        point = f'{{"lat":{place.lat},"lon":{place.lon},"accuracy_m":20}}'
        return (
            f'{{"id":"{secrets.token_hex(8)}","channel":"app","description":"{words[number % 4]}",'
            f'"location":{{"point":{point}}}}}'
        )


def heap_mb(page: Any) -> float:
    """Return the page's JavaScript heap after a collection, in megabytes."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    return used


def run(args: Arguments) -> Result:
    """Fill, open, scroll."""
    with standing() as stand:
        settings = stand.room.settings
        zones = [zone["id"] for zone in stand.person.get("/v1/zones")["items"]]
        stand.aside(lambda: asyncio.run(fill(settings.database, settings.schema_name, zones, ROWS)))
        page = stand.seat(hash_="#/queue")
        expect(page.locator(".rows")).to_have_attribute("aria-rowcount", str(ROWS + 1), timeout=120_000)
        changes = Changes(stand)
        before = heap_mb(page)
        changes.start()
        begun = time.monotonic()
        found = page.evaluate(SCROLL, args.seconds)
        took = time.monotonic() - begun
        changes.over.set()
        changes.join(30)
        after = heap_mb(page)
        page.context.close()
    frames = sorted(found["frames"])
    p95 = frames[int(len(frames) * 0.95)]
    longest = max(found["long"], default=0.0)
    figures = {
        "rows": float(ROWS),
        "changes_per_s": round(changes.accepted / took, 1),
        "frames": float(len(frames)),
        "frame_p50_ms": round(frames[len(frames) // 2], 1),
        "frame_p95_ms": round(p95, 1),
        "long_tasks": float(len(found["long"])),
        "longest_task_ms": round(longest, 1),
        "heap_before_mb": round(before, 1),
        "heap_after_mb": round(after, 1),
    }
    bars = [
        Bar("frame_p95_ms", 33, 16.7, round(p95, 1), lower_is_better=True),
        Bar("longest_task_ms", 200, 100, round(longest, 1), lower_is_better=True),
    ]
    return Result("scroll", figures, bars)
