# SPDX-License-Identifier: Apache-2.0
"""A hotline's adapter: hands each call on to Weirhouse exactly once, whatever the network does.

    python examples/hotline_adapter.py --api http://127.0.0.1:8420 --key KEY < calls.ndjson

Each input line is one call: `{"number": "H-2024-0815", "words": "…", "lat": 30.23, "lon": 123.05, "caller": "…"}`.
Three rules make it safe to try again: the hotline's own call number is the report's `id`, the body of a retry is byte
for byte the first one's, and only an answer of 202 counts as handed on.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpx

# 409: the first request with this id is still being answered; the others: nothing could keep it safe just now.
AGAIN = frozenset({409, 429, 502, 503, 504})


class Refused(Exception):
    """The doors will never take this call as it is; the problem document says why."""


def body_of(call: dict[str, Any]) -> bytes:
    """Return the report for one call of the hotline."""
    report: dict[str, Any] = {
        "id": call["number"],
        "source": "hotline",
        "channel": "phone",
        "description": call["words"],
    }
    if "lat" in call:
        report["location"] = {"point": {"lat": call["lat"], "lon": call["lon"], "accuracy_m": 100.0}}
    if "caller" in call:
        report["reporter"] = {"token": call["caller"]}
    if "at" in call:
        report["observed_at"] = call["at"]
    return json.dumps(report, ensure_ascii=False).encode()


def hand_on(
    http: httpx.Client,
    key: str,
    call: dict[str, Any],
    patience_s: float = 120.0,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Hand one call on and return its report id.

    Raises
    ------
    Refused
        The doors say it is wrong.
    TimeoutError
        Nobody could take it within `patience_s`; keep the call and try later with the same number.
    """
    body = body_of(call)
    headers = {"Authorization": f"Source {key}", "Content-Type": "application/json"}
    deadline, pause = time.monotonic() + patience_s, 0.2
    while True:
        try:
            answer = http.post("/v1/reports", content=body, headers=headers)
        except httpx.TransportError:
            answer = None  # lost on the way there or back: both look the same, so ask again
        if answer is not None and answer.status_code == 202:
            return str(answer.json()["id"])
        if answer is not None and answer.status_code not in AGAIN:
            raise Refused(answer.text)
        if answer is not None:
            pause = max(pause, float(answer.headers.get("Retry-After", "0")))
        if time.monotonic() + pause > deadline:
            raise TimeoutError(f"call {call['number']} was not taken within {patience_s:g} s")
        sleep(pause)
        pause = min(10.0, pause * 2)


def main(lines: Iterable[str] = sys.stdin) -> None:
    """Read calls from standard input and hand them on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--api", default="http://127.0.0.1:8420")
    parser.add_argument("--key", required=True, help="made by `weirhouse source-key hotline`")
    given = parser.parse_args()
    with httpx.Client(base_url=given.api, timeout=10.0) as http:
        for line in lines:
            call = json.loads(line)
            try:
                print(call["number"], hand_on(http, given.key, call))
            except Refused as error:
                print(call["number"], "refused:", error, file=sys.stderr)


if __name__ == "__main__":
    main()
