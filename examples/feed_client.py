# SPDX-License-Identifier: Apache-2.0
"""A wallboard: follows the live feed and proves that nothing is missing.

    python examples/feed_client.py --api http://127.0.0.1:8420 --link LINK

LINK is a one-use link of `weirhouse link operator`. Every message names the number of the one this subscriber got
before (`prev`): when that is not the number we hold, something is missing and we ask for a fresh snapshot. After a lost
connection `Last-Event-ID` takes up where we were.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx


class Gap(Exception):
    """A message is missing: connect again without `Last-Event-ID` and take the snapshot."""


@dataclass
class Board:
    """The incidents by id, as of message `seq` of ledger `epoch`."""

    incidents: dict[str, dict[str, Any]] = field(default_factory=dict)
    epoch: str = ""
    seq: int | None = None

    def take(self, event: str, message: dict[str, Any]) -> None:
        """Apply one message.

        Raises
        ------
        Gap
            It does not follow the one before.
        """
        if event == "snapshot":
            self.incidents = {row["id"]: row for row in message["incidents"]}
        elif event == "delta":
            if (self.epoch, self.seq) != (message["epoch"], message["prev"]):
                raise Gap(
                    f"held {self.seq} of {self.epoch}, got a message after {message['prev']} of {message['epoch']}"
                )
            for item in message["items"]:
                if item["kind"] == "incident":
                    self._put(item["body"])
        elif event == "reset":
            raise Gap(message.get("reason", "reset"))
        else:
            return
        self.epoch, self.seq = message["epoch"], message["seq"]

    def _put(self, row: dict[str, Any]) -> None:
        held = self.incidents.get(row["id"])
        if held is None or held["version"] < row["version"]:
            self.incidents[row["id"]] = row


def events(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (event, message) from the lines of a `text/event-stream`."""
    event = ""
    data: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        if not line:
            if event and data:
                yield event, json.loads("\n".join(data))
            event, data = "", []
        elif name == "event":
            event = value.strip()
        elif name == "data":
            data.append(value.strip())


def follow(http: httpx.Client, board: Board) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every message after it was applied; connect again after a gap or a lost line, for ever."""
    while True:
        headers = {"Accept": "text/event-stream"}
        if board.seq is not None:
            headers["Last-Event-ID"] = f"{board.epoch}:{board.seq}"
        try:
            with http.stream("GET", "/v1/feed", headers=headers) as answer:
                answer.raise_for_status()
                for event, message in events(answer.iter_lines()):
                    board.take(event, message)
                    yield event, message
        except Gap:
            board.seq = None
        except httpx.TransportError:
            continue


def main() -> None:
    """Sign in with the link and print what changes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--api", default="http://127.0.0.1:8420")
    parser.add_argument("--link", required=True)
    given = parser.parse_args()
    board = Board()
    with httpx.Client(base_url=given.api, timeout=httpx.Timeout(10.0, read=25.0)) as http:
        http.get(httpx.URL(given.link).path)
        for event, message in follow(http, board):
            print(event, message.get("seq"), f"{len(board.incidents)} incidents")


if __name__ == "__main__":
    main()
