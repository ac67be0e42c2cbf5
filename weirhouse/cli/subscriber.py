# SPDX-License-Identifier: Apache-2.0
"""A live subscriber inside the demo: follows the feed as a console does and notes when each version arrived."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from weirhouse.clock import Clock

# Longer than two heartbeats of the feed.
SILENCE_S = 25.0


@dataclass
class Seen:
    """What arrived: incident → (arrival in seconds UTC, version), in order; gaps are numbers that do not chain."""

    incidents: dict[str, list[tuple[float, int]]] = field(default_factory=dict)
    messages: int = 0
    snapshots: int = 0
    gaps: int = 0
    resets: int = 0


class Subscriber(threading.Thread):
    """Follows `/v1/feed` with one person's session until told to stop.

    Parameters
    ----------
    api
        Where the API is.
    link
        A one-use sign-in link.
    clock
        The machine's clock: arrivals are compared with the doors' stamps on the same machine.
    """

    def __init__(self, api: str, link: str, clock: Clock) -> None:
        super().__init__(name="subscriber", daemon=True)
        self._api, self._link, self._clock = api, link, clock
        self._stop_asked = threading.Event()
        self.ready = threading.Event()
        self.trouble = ""
        self.seen = Seen()
        self._previous: int | None = None

    def run(self) -> None:
        """Sign in and read; a lost connection is taken up again."""
        timeout = httpx.Timeout(10.0, read=SILENCE_S)
        with httpx.Client(base_url=self._api, timeout=timeout, trust_env=False) as http:
            signed = http.get(httpx.URL(self._link).path)
            if signed.status_code >= 400:
                self.trouble = f"sign-in answered {signed.status_code}"
                self.ready.set()
                return
            while not self._stop_asked.is_set():
                try:
                    self._follow(http)
                except (httpx.HTTPError, OSError) as error:
                    self.trouble = f"{type(error).__name__}: {error}"
                    self._stop_asked.wait(0.5)

    def finish(self) -> Seen:
        """Stop and return what was seen; the thread ends with the feed's next word at the latest."""
        self._stop_asked.set()
        self.join(SILENCE_S)
        return self.seen

    def _follow(self, http: httpx.Client) -> None:
        with http.stream("GET", "/v1/feed", headers={"Accept": "text/event-stream"}) as answer:
            if answer.status_code != 200:
                self.trouble = f"the feed answered {answer.status_code}"
                self._stop_asked.wait(0.5)
                return
            event, data = "", []
            for line in answer.iter_lines():
                if self._stop_asked.is_set():
                    return
                if line.startswith("event:"):
                    event = line[6:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].strip())
                elif not line and event:
                    self._take(event, msgspec.json.decode("\n".join(data)) if data else {})
                    event, data = "", []

    def _take(self, event: str, message: dict[str, Any]) -> None:
        now = self._clock().timestamp()
        self.seen.messages += 1
        match event:
            case "snapshot":
                self.seen.snapshots += 1
                self._previous = message["seq"]
                self.trouble = ""
                self.ready.set()
            case "delta":
                if self._previous is not None and message["prev"] != self._previous:
                    self.seen.gaps += 1
                self._previous = message["seq"]
                for item in message["items"]:
                    if item["kind"] == "incident":
                        self.seen.incidents.setdefault(item["entity"], []).append((now, item["version"]))
            case "reset":
                self.seen.resets += 1
                self._previous = None
            case _:
                return
