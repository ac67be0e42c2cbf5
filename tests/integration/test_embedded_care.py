# SPDX-License-Identifier: Apache-2.0
"""Is every process of a house started again by itself, without any of them waiting for another?"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.services import FreeHouse
from weirhouse.embedded import care
from weirhouse.embedded.errors import EmbeddedError, Sentence
from weirhouse.embedded.house import House, Service
from weirhouse.embedded.ports import free_port
from weirhouse.settings import Settings

LIVES = "import time; time.sleep(600)"
NEVER_READY = "http://127.0.0.1:9/"


def service(name: str, code: str, **values: object) -> Service:
    return Service(name, [sys.executable, "-c", code], **values)  # type: ignore[arg-type]


def bare(folder: Path, say: Callable[[Sentence], None] = lambda said: None) -> House:
    """A house without stores of its own."""
    settings = {"state_dir": folder, "kafka_url": "none:1", "postgres_url": "postgresql://none"}
    return House(Settings.model_validate(settings), say)


def until(condition: Callable[[], bool], within_s: float) -> Callable[[], bool]:
    """What `watch` asks: true as soon as the condition holds; the test fails when it does not in time."""
    deadline = time.monotonic() + within_s

    def look() -> bool:
        assert time.monotonic() < deadline, "not in time"
        return condition()

    return look


def test_postgres_comes_back_while_the_worker_is_still_starting(free_house: FreeHouse) -> None:
    house = free_house(kafka_url="127.0.0.1:1")
    house.start([service("worker", LIVES)])
    worker = house.process("worker")
    # From now on the worker is never ready: whoever waited for it would wait for a minute.
    worker.program = replace(worker.program, ready=lambda: False, ready_within_s=60.0)
    postgres, first = house.process("postgres"), worker.pid
    worker.force_end()
    house.watch(until(lambda: worker.pid not in (None, first), 10))
    old = postgres.pid
    postgres.force_end()
    begun = time.monotonic()
    ready = postgres.program.ready
    assert ready is not None
    house.watch(until(lambda: postgres.pid not in (None, old) and ready(), 20))
    assert time.monotonic() - begun < 15


def test_one_that_dies_again_and_again_does_not_end_the_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(care, "FIRST_PAUSE_S", 0.01)
    said: list[Sentence] = []
    with bare(tmp_path / "state", said.append) as house:
        house.start([service("doors", LIVES), service("worker", "import sys; sys.exit('no memory left')")])
        house.watch(until(lambda: any(each.key == "given-up" for each in said), 20))
        assert house.process("doors").pid is not None
        (last,) = [each for each in said if each.key == "given-up"]
        assert "no memory left" in str(last)
        assert last.values["times"] == care.GIVE_UP_AFTER + 1


def test_a_house_of_which_nothing_lives_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(care, "FIRST_PAUSE_S", 0.01)
    with bare(tmp_path / "state") as house:
        house.start([service("worker", "import sys; sys.exit('no memory left')")])
        with pytest.raises(EmbeddedError, match="no memory left"):
            house.watch(until(lambda: False, 20))


def test_one_that_stopped_with_a_sentence_is_tried_again_and_says_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(care, "STOPPED_PAUSE_S", 0.3)
    mark, said = tmp_path / "mark", list[Sentence]()
    code = f"""
import os, sys, time
if not os.path.exists({str(mark)!r}):
    sys.stderr.write("somebody must do something first\\n")
    sys.exit(3)
time.sleep(600)
"""
    with bare(tmp_path / "state", said.append) as house:
        stopping = service("worker", code, may_stop=True, ready_url=NEVER_READY)
        assert house.start([service("doors", LIVES), stopping]) == ["worker"]
        begun = time.monotonic()
        house.watch(lambda: time.monotonic() - begun > 3)
        assert [each.key for each in said if each.key in ("stands", "given-up", "starting-again")] == ["stands"]
        assert "somebody must do something first" in str(next(each for each in said if each.key == "stands"))
        mark.touch()
        first = time.monotonic()
        house.watch(until(lambda: house.process("worker").pid is not None and time.monotonic() - first > 1.5, 10))


def test_one_that_may_not_stop_ends_the_start(tmp_path: Path) -> None:
    with (
        pytest.raises(EmbeddedError, match="stopped while starting"),
        bare(tmp_path / "state") as house,
    ):
        house.start([service("api", "import sys; sys.exit(3)", ready_url=NEVER_READY)])


def test_one_that_no_longer_says_it_lives_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that runs and answers 503 for long enough is ended, and started again."""
    monkeypatch.setattr(care, "ASK_EVERY_S", 0.1)
    port = free_port()
    code = f"""
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sick = self.path == "/healthz" and os.path.exists({str(tmp_path / "sick")!r})
        self.send_response(503 if sick else 200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
"""
    said: list[Sentence] = []
    with bare(tmp_path / "state", said.append) as house:
        url = f"http://127.0.0.1:{port}"
        house.start([service("worker", code, ready_url=f"{url}/readyz", live_url=f"{url}/healthz")])
        first = house.process("worker").pid
        threading.Timer(1.0, (tmp_path / "sick").touch).start()
        house.watch(until(lambda: any(each.key == "silent" for each in said), 20))
        (tmp_path / "sick").unlink()
        house.watch(until(lambda: any(each.key == "runs-again" for each in said), 20))
        assert house.process("worker").pid not in (None, first)


def test_one_that_waits_for_the_world_is_left_to_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not ready in time, but says that it lives: starting it again would help nobody."""
    monkeypatch.setattr(care, "ASK_EVERY_S", 0.1)
    port = free_port()
    code = f"""
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 503)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
"""
    said: list[Sentence] = []
    with bare(tmp_path / "state", said.append) as house:
        house.start([service("worker", code, live_url=f"http://127.0.0.1:{port}/healthz")])
        worker = house.process("worker")
        worker.program = replace(worker.program, ready=lambda: False, ready_within_s=1.0)
        first = worker.pid
        worker.force_end()
        house.watch(until(lambda: worker.pid not in (None, first), 10))
        again, begun = worker.pid, time.monotonic()
        house.watch(lambda: time.monotonic() - begun > 5)
        assert worker.pid == again
        assert not any(each.key == "silent" for each in said)
