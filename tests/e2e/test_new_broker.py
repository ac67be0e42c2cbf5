# SPDX-License-Identifier: Apache-2.0
"""A broker exchanged for an empty one: doors go on, `weirhouse reseed` repairs it, people's reports are all there."""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.cli import Running, call, environment
from weirhouse.embedded.folders import read_json


def _send(url: str, key: str, first: int, count: int) -> None:
    """Send so many calls; each must be safe."""
    head = {"Authorization": f"Source {key}", "Content-Type": "application/json"}
    with httpx.Client(base_url=url, headers=head, trust_env=False, timeout=20) as http:
        for number in range(first, first + count):
            point = {"lat": 30.20 + number % 7 * 0.01, "lon": 123.05, "accuracy_m": 50.0}
            body = {
                "id": f"N-{number}",
                "source": "hotline",
                "channel": "phone",
                "description": "a tree is down and blocks the road",
                "location": {"point": point},
                "reporter": {"token": f"caller-{number}"},
            }
            answer = http.post("/v1/reports", content=json.dumps(body))
            assert answer.status_code == 202, answer.text


def _reconciled(env: dict[str, str], accepted: int, within_s: float = 90) -> None:
    """Wait until so many reports are accepted and each has its disposition."""
    deadline = time.monotonic() + within_s
    while True:
        code, answer, _ = call(env, "reconcile")
        assert (code, answer["accepted"]) == (0, accepted)
        if answer["in_flight"] == 0 and not answer["moving"]:
            break
        assert time.monotonic() < deadline, answer
        time.sleep(1)
    assert call(env, "reconcile", "--drained")[0] == 0
    assert call(env, "verify")[0] == 0


def _lose_kafka(folder: Path) -> None:
    shutil.rmtree(folder / "kafka" / "data")


def _leave_some_undecided(up: Running, folder: Path, url: str, key: str, first: int, count: int) -> None:
    """Send reports past a worker that stands, and end the house before anybody decides them."""
    worker = psutil.Process(read_json(folder / "state.json")["processes"]["worker"]["pid"])
    worker.suspend()
    _send(url, key, first, count)
    worker.kill()
    up.end(signal.SIGTERM)


@pytest.mark.timeout(400)
def test_a_new_broker_is_adopted_while_the_house_runs(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    env = environment(folder)
    with Running(env, "up") as up:
        url = up.answer()["console"]
        assert call(env, "city")[0] == 0
        key = call(env, "source-key", "hotline")[1]["key"]
        _send(url, key, 0, 20)
        _reconciled(env, 20)
        _leave_some_undecided(up, folder, url, key, 20, 20)
    _lose_kafka(folder)

    with Running(env, "up") as up:
        up.answer()
        processes = read_json(folder / "state.json")["processes"]
        assert {"kafka", "postgres", "api"} <= set(processes)
        _send(url, key, 40, 20)  # the doors go on: safe in PostgreSQL
        answer = call(env, "reconcile")[1]
        assert (answer["accepted"], answer["in_flight"]) == (60, 40)
        for name in ("worker", "relay"):
            sentence = (folder / "logs" / f"{name}.log").read_text().splitlines()[-1]
            assert "weirhouse reseed" in sentence
            assert "Traceback" not in sentence
        code, answer, _ = call(env, "reseed")
        assert (code, answer["reseeded"] > 0) == (0, True)
        _reconciled(env, 60)  # worker and relay came back by themselves
        assert {"worker", "relay"} <= set(read_json(folder / "state.json")["processes"])


@pytest.mark.timeout(400)
def test_reseed_starts_the_stores_itself_when_no_house_runs(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    env = environment(folder)
    with Running(env, "up") as up:
        url = up.answer()["console"]
        assert call(env, "city")[0] == 0
        key = call(env, "source-key", "hotline")[1]["key"]
        _leave_some_undecided(up, folder, url, key, 0, 10)
    _lose_kafka(folder)
    code, _, said = call(env, "reseed")
    assert code == 0, said
    assert "Traceback" not in said
    assert read_json(folder / "state.json")["processes"] == {}
    with Running(env, "up") as up:
        up.answer()
        _reconciled(env, 10)
