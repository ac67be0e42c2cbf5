# SPDX-License-Identifier: Apache-2.0
"""Who starts whom: the children of one house, their run state on disk, and the leash that outlives us."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from weirhouse.embedded import leash
from weirhouse.embedded.errors import EmbeddedError
from weirhouse.embedded.folders import read_json, write_json
from weirhouse.embedded.processes import Process, Program


class Supervisor:
    """Starts programs, remembers them in `state.json`, stops exactly those.

    Parameters
    ----------
    folder
        State folder; logs go to `logs/` in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: dict[str, Process] = {}
        self.facts: dict[str, Any] = {}
        self._leash: subprocess.Popen[bytes] | None = None

    def add(self, program: Program) -> Process:
        """Start `program` and return its process; the caller waits for readiness.

        Raises
        ------
        EmbeddedError
            It cannot be started.
        """
        logs = self.folder / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        process = Process(program, logs / f"{program.name}.log", self)
        self.processes[program.name] = process
        process.start()
        return process

    def hold(self, pid: int, stop_signal: int) -> None:
        """Put a child on the leash and into `state.json`.

        Raises
        ------
        EmbeddedError
            The leash cannot be started.
        """
        if self._leash is None:
            self._leash = _start_leash()
        self._tell(f"+ {pid} {int(stop_signal)}")
        self.save()

    def free(self, pid: int) -> None:
        """Let go of a child that has ended."""
        self._tell(f"- {pid}")
        self.save()

    def save(self) -> None:
        """Write pids, start instants and facts (ports, versions) to `state.json`."""
        running = {p.name: {"pid": p.pid, "started": started(p.pid)} for p in self.processes.values() if p.pid}
        write_json(self.folder / "state.json", {**self.facts, "processes": running})

    def stop(self) -> None:
        """Stop every child, the last started first, then the leash."""
        for process in reversed(list(self.processes.values())):
            process.stop()
        if self._leash is not None:
            self._tell(".")
            assert self._leash.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                self._leash.stdin.close()
            self._leash.wait(10)
            self._leash = None
        self.save()

    def _tell(self, line: str) -> None:
        if self._leash is not None and self._leash.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._leash.stdin.write(line.encode() + b"\n")
                self._leash.stdin.flush()


def _start_leash() -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(leash.__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise EmbeddedError("no-leash", path=sys.executable, why=error) from error


def started(pid: int | None) -> float | None:
    """When a process began (seconds since 1970), to tell it from another that was given its number later."""
    try:
        return psutil.Process(pid).create_time() if pid else None
    except psutil.Error:
        return None


def strays(folder: Path) -> list[psutil.Process]:
    """Return the processes that a crashed house of this folder left, by pid *and* start instant."""
    left = []
    for entry in read_json(folder / "state.json").get("processes", {}).values():
        with contextlib.suppress(psutil.Error, KeyError, TypeError):
            process = psutil.Process(entry["pid"])
            if abs(process.create_time() - entry["started"]) < 0.05 and process.status() != psutil.STATUS_ZOMBIE:
                left.append(process)
    return left


def end_strays(folder: Path) -> int:
    """Kill what a crashed house left behind and return how many that were."""
    left = strays(folder)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=10)
    return len(left)
