# SPDX-License-Identifier: Apache-2.0
"""`weight`: what the queue's route loads when nothing is cached, and when its largest paint is there."""

from __future__ import annotations

import gzip
from statistics import median
from typing import Final

from playwright.sync_api import Response

from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.console.stand import LOCALES, Stand, standing

TIMES: Final = 5
"""Cold loads; the median counts, the machine may be busy."""

PAINT: Final = """() => new Promise((done) => {
  let last = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) last = one.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  setTimeout(() => done(last), 500);
})"""


def cold(stand: Stand) -> tuple[float, float, float]:
    """Return compressed and plain kilobytes of JavaScript and the largest paint in milliseconds, of one cold load."""
    context = stand.browser.new_context(storage_state=stand.session, locale=LOCALES["en"])
    page = context.new_page()
    scripts: list[Response] = []

    def answered(response: Response) -> None:
        if response.request.resource_type == "script" or response.url.endswith(".js"):
            scripts.append(response)

    page.on("response", answered)
    page.goto(f"{stand.origin}/#/queue")
    page.locator(".rows-all .row").first.wait_for()
    paint_ms: float = page.evaluate(PAINT)
    bodies = [script.body() for script in scripts]
    context.close()
    return sum(len(gzip.compress(body, 6)) for body in bodies) / 1000, sum(map(len, bodies)) / 1000, paint_ms


def run(args: Arguments) -> Result:
    """Load the queue cold a few times."""
    del args
    with standing() as stand:
        stand.calls()
        loads = [cold(stand) for _ in range(TIMES)]
    compressed_kb, plain_kb, paint_ms = (median(values) for values in zip(*loads, strict=True))
    figures = {"script_gzip_kb": round(compressed_kb, 1), "script_kb": round(plain_kb, 1), "paint_ms": round(paint_ms)}
    bars = [
        Bar("script_gzip_kb", 300, 250, round(compressed_kb, 1), lower_is_better=True),
        Bar("largest_paint_ms", 1500, 1000, round(paint_ms), lower_is_better=True),
    ]
    return Result("weight", figures, bars)
