# SPDX-License-Identifier: Apache-2.0
"""Does every trouble end in one clear sentence, a non-zero exit and nothing left running?"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from weirhouse.embedded.folders import cache_dir, read_json

# The smallest program on a house: what `weirhouse up` does, with one service that waits.
_PROGRAM = """
import sys
from pathlib import Path
from weirhouse.embedded.errors import EmbeddedError
from weirhouse.embedded.house import House, Service
from weirhouse.settings import Settings
try:
    with House(Settings(), fast=True) as house:
        house.start([Service("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"])])
        print("ready", flush=True)
        house.watch()
except EmbeddedError as error:
    sys.exit(str(error))
"""

_REPOSITORY = Path(__file__).parents[2]


def _environment(state: Path, **more: str) -> dict[str, str]:
    ours = {"WEIRHOUSE_STATE_DIR": str(state), "WEIRHOUSE_CACHE_DIR": str(cache_dir()), "PYTHONPATH": str(_REPOSITORY)}
    return {**os.environ, **ours, "WEIRHOUSE_KAFKA_HEAP_MB": "256", **more}


def _start(state: Path, **more: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", _PROGRAM]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        argv, stdout=pipe, stderr=pipe, text=True, env=_environment(state, **more), start_new_session=True
    )


def _wait_ready(house: subprocess.Popen[str]) -> None:
    assert house.stdout is not None
    assert house.stdout.readline() == "ready\n"


def _children(state: Path) -> dict[str, psutil.Process]:
    entries = read_json(state / "state.json")["processes"]
    return {name: psutil.Process(entry["pid"]) for name, entry in entries.items()}


def _belonging_to(state: Path) -> list[str]:
    """Command lines of every process that names the state folder, however it came to run."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = " ".join(process.info["cmdline"] or [])
        if str(state) in words and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(words)
    return found


def _nothing_left(state: Path, children: dict[str, psutil.Process], within_s: float = 15.0) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        running = [name for name, child in children.items() if child.is_running() and child.status() != "zombie"]
        if not running and not _belonging_to(state):
            return
        time.sleep(0.1)
    pytest.fail(f"still running: {running}, {_belonging_to(state)}")


def _refused(state: Path, **more: str) -> str:
    """Run the house, which must refuse; return its one sentence."""
    house = _start(state, **more)
    out, err = house.communicate(timeout=90)
    assert house.returncode not in (0, None)
    assert out == ""
    assert "Traceback" not in err
    lines = err.strip().splitlines()
    assert len(lines) == 1, err
    _nothing_left(state, {})
    return lines[0]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state folder; whatever a failed test leaves running in it is ended."""
    folder = tmp_path / "state"
    yield folder
    for entry in read_json(folder / "state.json").get("processes", {}).values():
        if psutil.pid_exists(entry["pid"]) and psutil.Process(entry["pid"]).create_time() == entry["started"]:
            os.kill(entry["pid"], signal.SIGKILL)


def test_an_unwritable_state_folder(tmp_path: Path) -> None:
    # A file in the way stops root too, whom file modes do not.
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    sentence = _refused(tmp_path / "file" / "state")
    assert "cannot be written" in sentence
    assert "WEIRHOUSE_STATE_DIR" in sentence


@pytest.mark.parametrize(
    ("variable", "what"), [("WEIRHOUSE_KAFKA_PORT", "Kafka"), ("WEIRHOUSE_POSTGRES_PORT", "PostgreSQL")]
)
def test_a_port_that_is_taken(state: Path, variable: str, what: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        sentence = _refused(state, **{variable: port})
    for word in (port, what, "taken", variable):
        assert word in sentence


def test_a_java_that_is_not_there(state: Path, tmp_path: Path) -> None:
    sentence = _refused(state, WEIRHOUSE_JAVA=str(tmp_path / "no" / "java"))
    assert "does not start" in sentence
    assert "WEIRHOUSE_JAVA" in sentence


def test_a_java_that_fails(state: Path, tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'no room for the heap' >&2\nexit 1\n", encoding="utf-8")
    java.chmod(0o755)
    sentence = _refused(state, WEIRHOUSE_JAVA=str(java))
    assert "no room for the heap" in sentence
    assert "WEIRHOUSE_JAVA" in sentence


def test_a_jar_that_was_tampered_with_is_not_run(state: Path, tmp_path: Path) -> None:
    """A wrong file in the cache is thrown away; where no right one can be had, nothing starts."""
    from weirhouse.embedded.jars import locked

    cache = tmp_path / "cache"
    shutil.copytree(cache_dir() / "maven", cache / "maven")
    jar = cache / "maven" / locked()[0].path
    jar.write_bytes(b"not Kafka")
    closed = "http://127.0.0.1:9"
    sentence = _refused(
        state,
        WEIRHOUSE_CACHE_DIR=str(cache),
        HTTP_PROXY=closed,
        HTTPS_PROXY=closed,
        http_proxy=closed,
        https_proxy=closed,
    )
    assert "cannot be fetched" in sentence
    assert not jar.exists()


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_order_to_stop_ends_every_process(state: Path, order: signal.Signals) -> None:
    house = _start(state)
    _wait_ready(house)
    children = _children(state)
    assert set(children) == {"kafka", "postgres", "sleeper"}
    house.send_signal(order)
    house.send_signal(order)  # an impatient second one must not cut the stop short
    house.communicate(timeout=30)
    assert house.returncode != 0
    _nothing_left(state, children, within_s=1.0)


def test_kill_minus_nine_of_the_house_leaves_nothing_and_the_next_start_works(state: Path) -> None:
    house = _start(state)
    _wait_ready(house)
    children = _children(state)
    house.kill()
    house.communicate(timeout=10)
    _nothing_left(state, children)

    again = _start(state)
    _wait_ready(again)
    again.terminate()
    again.communicate(timeout=30)
    _nothing_left(state, {})


def test_strays_of_a_run_whose_leash_died_too_are_ended_by_the_next_start(state: Path) -> None:
    house = _start(state)
    _wait_ready(house)
    children = _children(state)
    for process in psutil.Process(house.pid).children():
        if any("leash.py" in word for word in process.cmdline()):
            process.kill()
    house.kill()
    house.communicate(timeout=10)
    assert children["kafka"].is_running()

    again = _start(state)
    _wait_ready(again)
    assert not children["kafka"].is_running()
    again.terminate()
    again.communicate(timeout=30)
    _nothing_left(state, children)


def test_a_second_house_in_the_same_folder_is_refused(state: Path) -> None:
    first = _start(state)
    _wait_ready(first)
    second = _start(state)
    _, err = second.communicate(timeout=30)
    assert second.returncode != 0
    assert str(first.pid) in err
    assert "already runs" in err
    assert all(child.is_running() for child in _children(state).values())
    first.terminate()
    first.communicate(timeout=30)
    _nothing_left(state, {})


def test_a_service_that_dies_is_started_again(state: Path) -> None:
    house = _start(state)
    _wait_ready(house)
    sleeper = _children(state)["sleeper"]
    sleeper.kill()
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        entry = json.loads((state / "state.json").read_text(encoding="utf-8"))["processes"].get("sleeper", {})
        if entry.get("pid") not in (None, sleeper.pid):
            break
        time.sleep(0.1)
    assert entry["pid"] != sleeper.pid
    house.terminate()
    house.communicate(timeout=30)
    _nothing_left(state, {})
