# SPDX-License-Identifier: Apache-2.0
"""The command `weirhouse` as a person runs it: a process of its own, in a state folder and on ports of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import psutil

from weirhouse.embedded.ports import free_port

ROOT = Path(__file__).parents[2]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a small house in `folder`; nothing of the caller's own house is in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WEIRHOUSE_")}
    if cache := os.environ.get("WEIRHOUSE_CACHE_DIR"):
        kept["WEIRHOUSE_CACHE_DIR"] = cache
    ports = {f"WEIRHOUSE_{name}_PORT": str(free_port()) for name in ("API", "WORKER_METRICS", "RELAY_METRICS")}
    return {**kept, "WEIRHOUSE_STATE_DIR": str(folder), "WEIRHOUSE_KAFKA_HEAP_MB": "256", "LANG": "C", **ports, **more}


def call(env: dict[str, str], *arguments: str, within_s: float = 170) -> tuple[int, dict[str, Any], str]:
    """Run a command with `--json` to its end: (exit code, answer, standard error)."""
    argv = [sys.executable, "-m", "weirhouse", *arguments, "--json"]
    done = subprocess.run(argv, env=env, cwd=ROOT, capture_output=True, text=True, timeout=within_s, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return done.returncode, json.loads(lines[-1]) if lines else {}, done.stderr


class Running:
    """A command that stays until it is told to stop; use it as a context manager."""

    def __init__(self, env: dict[str, str], *arguments: str) -> None:
        self.env = env
        argv = [sys.executable, "-m", "weirhouse", *arguments, "--json"]
        self._process = subprocess.Popen(
            argv,
            env=env,
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.end(signal.SIGTERM)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    @property
    def pid(self) -> int:
        """The command's own process."""
        return self._process.pid

    def answer(self, within_s: float = 120) -> dict[str, Any]:
        """Return the JSON object it prints once everything runs."""
        try:
            line = self._lines.get(timeout=within_s)
        except Empty:
            line = ""
        if not line and self._process.poll() is not None:
            assert self._process.stderr is not None
            raise AssertionError(f"it ended with {self._process.returncode}: {self._process.stderr.read()[-2000:]}")
        value = json.loads(line)
        assert isinstance(value, dict)
        assert "error" not in value, value["error"]["message"]
        return value

    def family(self) -> list[psutil.Process]:
        """Return the processes it started, their own children included."""
        return psutil.Process(self.pid).children(recursive=True)

    def end(self, order: signal.Signals, within_s: float = 60) -> int:
        """Send an order to stop to the command alone and return its exit code."""
        self._process.send_signal(order)
        return self._process.wait(within_s)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")
