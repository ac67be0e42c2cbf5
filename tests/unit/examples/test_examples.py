# SPDX-License-Identifier: Apache-2.0
"""Do the examples keep their promises when the network does not? (The real doors are in tests/e2e.)"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from examples.feed_client import Board, Gap, events
from examples.hotline_adapter import Refused, hand_on

CALL = {"number": "H-1", "words": "a tree is down", "lat": 30.2, "lon": 123.0, "caller": "c-1"}


def _http(*answers: httpx.Response | Exception) -> tuple[httpx.Client, list[httpx.Request]]:
    seen: list[httpx.Request] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        given = left.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    return httpx.Client(base_url="http://house", transport=httpx.MockTransport(answer)), seen


def test_a_retry_is_byte_for_byte_the_same() -> None:
    http, seen = _http(
        httpx.ConnectError("lost"),
        httpx.Response(503, headers={"Retry-After": "3"}),
        httpx.Response(202, json={"id": "abc"}),
    )
    pauses: list[float] = []
    assert hand_on(http, "key", CALL, sleep=pauses.append) == "abc"
    assert len({request.content for request in seen}) == 1
    assert pauses[1] == 3.0


def test_a_refusal_is_final() -> None:
    http, seen = _http(httpx.Response(422, json={"code": "invalid-value"}))
    with pytest.raises(Refused, match="invalid-value"):
        hand_on(http, "key", CALL, sleep=lambda s: None)
    assert len(seen) == 1


def test_patience_ends() -> None:
    http, _ = _http(httpx.Response(503), httpx.Response(503))
    with pytest.raises(TimeoutError, match="H-1"):
        hand_on(http, "key", CALL, patience_s=0.0, sleep=lambda s: None)


def _delta(prev: int, seq: int, version: int) -> dict[str, Any]:
    body = {"id": "i1", "version": version}
    return {"epoch": "e", "prev": prev, "seq": seq, "items": [{"kind": "incident", "entity": "i1", "body": body}]}


def test_the_board_follows_and_never_goes_back() -> None:
    board = Board()
    board.take("snapshot", {"epoch": "e", "seq": 5, "incidents": [{"id": "i1", "version": 3}]})
    board.take("delta", _delta(5, 9, 4))
    board.take("delta", _delta(9, 10, 2))
    assert (board.seq, board.incidents["i1"]["version"]) == (10, 4)


def test_a_missing_message_is_noticed() -> None:
    board = Board()
    board.take("snapshot", {"epoch": "e", "seq": 5, "incidents": []})
    with pytest.raises(Gap, match="held 5"):
        board.take("delta", _delta(6, 7, 1))


def test_events_are_cut_out_of_the_stream() -> None:
    lines = ["event: heartbeat", 'data: {"seq": 1}', "", ": comment", "", "event: delta", 'data: {"a":', "data: 1}", ""]
    assert list(events(lines)) == [("heartbeat", {"seq": 1}), ("delta", {"a": 1})]
