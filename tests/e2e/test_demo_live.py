# SPDX-License-Identifier: Apache-2.0
"""Does the demo end everything it started, and only that; and does a second start keep yesterday's data?"""

from __future__ import annotations

import signal
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.cli import Running, call, environment

STORM = ("demo", "--profile", "small", "--speed", "4")


def _drained(env: dict[str, str], at_least: int, within_s: float = 60) -> int:
    """Wait until so many reports are accepted and none is in flight; return how many there are."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        _, answer, _ = call(env, "reconcile")
        if answer["accepted"] >= at_least and answer["in_flight"] == 0:
            assert answer["holds"] is True
            return int(answer["accepted"])
        time.sleep(1)
    raise AssertionError(f"not drained within {within_s} s: {answer}")


def _gone(family: list[psutil.Process]) -> list[psutil.Process]:
    _, alive = psutil.wait_procs(family, timeout=20)
    return alive


@pytest.mark.timeout(300)
def test_ctrl_c_ends_everything_and_a_second_start_keeps_the_data(tmp_path: Path) -> None:
    env = environment(tmp_path / "state")
    stranger = psutil.Popen(["sleep", "300"])
    try:
        with Running(env, *STORM) as demo:
            answer = demo.answer()
            assert set(answer["links"]) >= {"dispatcher", "call_taker", "supervisor"}
            with httpx.Client(trust_env=False) as http:
                # The link signs in once; the second time it is used up.
                first = http.get(answer["links"]["dispatcher"])
                assert first.status_code in (200, 302, 303)
                assert httpx.get(answer["links"]["dispatcher"], trust_env=False).status_code >= 400
            kept = _drained(env, 100)
            family = demo.family()
            assert {"java", "postgres"} <= {process.name() for process in family}
            assert demo.end(signal.SIGINT) == 130
            assert _gone(family) == []
        assert stranger.is_running()

        begun = time.monotonic()
        with Running(env, "up") as up:
            up.answer()
            took = time.monotonic() - begun
            assert _drained(env, kept) == kept
            code, answer, _ = call(env, "verify")
            assert (code, answer["holds"]) == (0, True)
            code, answer, _ = call(env, "doctor")
            assert (code, answer["wrong"]) == (0, [])
            assert {row["process"] for row in answer["processes"] if row["runs"]} >= {
                "kafka",
                "postgres",
                "api",
                "worker",
            }
            family = up.family()
            assert call(env, "down")[1]["stopped"] == up.pid
            assert _gone(family) == []
        # A few seconds on an idle machine; the bar leaves room for a loaded one.
        assert took < 60
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.timeout(120)
def test_a_lost_terminal_ends_everything(tmp_path: Path) -> None:
    env = environment(tmp_path / "state")
    with Running(env, "up") as up:
        up.answer()
        family = up.family()
        up.end(signal.SIGHUP)
        assert _gone(family) == []
