# SPDX-License-Identifier: Apache-2.0
"""One child process: started in a group of its own, waited for, stopped, killed, paused, started again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from weirhouse.embedded.errors import EmbeddedError, one_line

Probe = Callable[[], bool]
"""Answers whether a process does its work now; raises nothing."""

# The gate: the shell waits for a line before it becomes the program. The house writes that line once the leash knows
# the process, so a house killed in between leaves nothing: the gate then reads end of file and goes.
_GATE = ("/bin/sh", "-c", 'read -r go || exit 125; exec "$@" </dev/null', "gate")

_LOG_KEPT_BYTES = 16 * 2**20


class Leash(Protocol):
    """Who ends the children if we cannot."""

    def hold(self, pid: int, stop_signal: int) -> None:
        """Put a child on the leash."""

    def free(self, pid: int) -> None:
        """Let go of a child that has ended."""


@dataclass(frozen=True)
class Program:
    """What to run.

    Attributes
    ----------
    name
        Short name; also the name of the log file.
    argv
        Command and arguments.
    env
        Variables added to our own environment.
    ready
        Asked until it says yes.
    alive
        Asked while it runs; one that keeps saying no is started again. None: running is enough.
    ready_within_s, stop_within_s
        Longest wait for readiness, and between the stop signal and SIGKILL; seconds.
    restart
        Whether it is started again when it ends by itself.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Probe | None = None
    alive: Probe | None = None
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    ready_within_s: float = 60.0
    stop_within_s: float = 15.0
    restart: bool = True


class Process:
    """A program that runs, or ran. Methods are safe to call in any state."""

    def __init__(self, program: Program, log: Path, leash: Leash) -> None:
        self.program = program
        self.log = log
        self._leash = leash
        self._popen: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self.expected = False

    @property
    def name(self) -> str:
        """The program's short name."""
        return self.program.name

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._popen.pid if self._popen is not None and self._popen.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """Exit code once it ended (negative: the signal that ended it)."""
        return None if self._popen is None else self._popen.poll()

    def start(self) -> None:
        """Start, without waiting for readiness.

        Raises
        ------
        EmbeddedError
            The program or its log file cannot be opened.
        """
        if self.pid is not None:
            return
        env = {**os.environ, **self.program.env}
        try:
            with open(self.log, "ab") as log:
                if log.tell() > _LOG_KEPT_BYTES:
                    log.truncate(0)
                self._log_start = log.tell()
                self._popen = subprocess.Popen(
                    [*_GATE, *self.program.argv],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=env,
                    cwd=self.program.cwd,
                    start_new_session=True,
                )
        except OSError as error:
            raise EmbeddedError("not-started", name=self.name, why=error) from error
        self._leash.hold(self._popen.pid, self.program.stop_signal)
        self.expected = True
        with contextlib.suppress(BrokenPipeError):  # it died at the gate; whoever waits for it says so
            assert self._popen.stdin is not None
            self._popen.stdin.write(b"go\n")
            self._popen.stdin.close()

    def wait_ready(self) -> None:
        """Wait until the program's probe says yes.

        Raises
        ------
        EmbeddedError
            It ended, or did not become ready in time.
        """
        deadline = time.monotonic() + self.program.ready_within_s
        while self.program.ready is not None and not self.program.ready():
            if self.pid is None:
                raise EmbeddedError("stopped-starting", **self.facts())
            if time.monotonic() > deadline:
                raise EmbeddedError("no-answer", seconds=self.program.ready_within_s, **self.facts())
            time.sleep(0.02)

    def stop(self) -> None:
        """Ask it to end, and kill it when it does not within its time."""
        self.expected = False
        if self.pid is None:
            self._reap()
            return
        self._signal(signal.SIGCONT)
        self._signal(self.program.stop_signal)
        assert self._popen is not None
        try:
            self._popen.wait(self.program.stop_within_s)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reap()

    def kill(self) -> None:
        """End it with SIGKILL, at once, as a power cut would."""
        self.expected = False
        if self._popen is not None and self._popen.poll() is None:
            self._signal(signal.SIGKILL)
            self._popen.wait(30)
        self._reap()

    def pause(self) -> None:
        """Stop it in its tracks (SIGSTOP)."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def restart(self) -> None:
        """Stop it if it runs, start it with the same port and data, and wait until it is ready."""
        self.stop()
        self.start()
        self.wait_ready()

    def ask_to_end(self) -> None:
        """Send it the stop signal and go on at once; it stays expected, so whoever watches starts it again."""
        self._signal(signal.SIGCONT)
        self._signal(self.program.stop_signal)

    def force_end(self) -> None:
        """Send it SIGKILL and go on at once; it stays expected, so whoever watches starts it again."""
        self._signal(signal.SIGKILL)

    def facts(self) -> dict[str, object]:
        """What a sentence about its end names: name, exit code, last words, log."""
        return {"name": self.name, "status": self.exit_code, "why": self.last_words(), "log": self.log}

    def last_words(self) -> str:
        """The last line it wrote to its log since it was started."""
        try:
            with open(self.log, "rb") as log:
                log.seek(self._log_start)
                return one_line(log.read(65_536).decode(errors="replace"))
        except OSError as error:
            return f"its log cannot be read ({error.strerror})"

    def _signal(self, number: int) -> None:
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def _reap(self) -> None:
        if self._popen is not None and self._popen.poll() is not None:
            self._leash.free(self._popen.pid)
