# SPDX-License-Identifier: Apache-2.0
"""Do the examples work against a real house, run as their own words say?"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.feed_client import Board, follow
from examples.hotline_adapter import hand_on
from tests.support.cli import ROOT, Running, call, environment


def _python(*arguments: str, given: str = "") -> str:
    argv = [sys.executable, *arguments]
    done = subprocess.run(argv, cwd=ROOT, input=given, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _watch(url: str, link: str, board: Board, enough: threading.Event) -> None:
    timeout = httpx.Timeout(10.0, read=25.0)
    with httpx.Client(base_url=url, timeout=timeout, trust_env=False) as http:
        http.get(httpx.URL(link).path)
        for _ in follow(http, board):
            types = {row["type"] for row in board.incidents.values()}
            if {"water_level", "tree_down"} <= types:
                enough.set()
                return


@pytest.mark.timeout(240)
def test_sensor_hotline_and_wallboard(tmp_path: Path) -> None:
    env = environment(tmp_path / "state")
    with Running(env, "up") as up:
        answer = up.answer()
        url, kafka = answer["console"], answer["kafka"]
        assert call(env, "city")[0] == 0
        key = call(env, "source-key", "hotline")[1]["key"]
        link = call(env, "link", "operator")[1]["link"]

        board, enough = Board(), threading.Event()
        watcher = threading.Thread(target=_watch, args=(url, link, board, enough), daemon=True)
        watcher.start()

        words = {"words": "a tree is down and blocks the road", "lat": 30.235, "lon": 123.05, "caller": "c-1"}
        calls = [{"number": f"H-{number}", **words} for number in (1, 2)]
        lines = "".join(json.dumps(row) + "\n" for row in calls)
        said = _python("examples/hotline_adapter.py", "--api", url, "--key", key, given=lines)
        first = dict(line.split() for line in said.splitlines())
        assert set(first) == {"H-1", "H-2"}
        with httpx.Client(base_url=url, trust_env=False) as http:
            # Sent again with the same number: the same report.
            assert hand_on(http, key, calls[0]) == first["H-1"]
            assert _settled(http, key, first["H-1"])["disposition"] == "opened"

        # A running worker knows the city's new sources within half a minute; readings of before are dead letters.
        for _ in range(8):
            said = _python("examples/sensor.py", "--kafka", kafka, "--every", "0.05", "--values", "0.1", "0.4", "0.6")
            assert "3 readings of gauge-01 are safe" in said
            if enough.wait(6):
                break
        assert enough.is_set(), sorted(row["type"] for row in board.incidents.values())
        _, proof, _ = call(env, "reconcile")
        assert (proof["accepted"], proof["holds"]) == (2, True)


def _settled(http: httpx.Client, key: str, report: str) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while True:
        row = http.get(f"/v1/reports/{report}", headers={"Authorization": f"Source {key}"}).json()
        assert isinstance(row, dict)
        if row["disposition"] != "in_flight" or time.monotonic() > deadline:
            return row
        time.sleep(0.2)
