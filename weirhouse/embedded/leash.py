# SPDX-License-Identifier: Apache-2.0
"""A small process that ends the children of a house whose own process died without doing so.

Run as a script with nothing but the standard library. It reads lines from its standard input, whose other end
only the house holds: `+ PID SIGNAL` puts a child on the leash, `- PID` lets go of it, `.` ends the watch. End of input
without `.` means that the house is gone (kill -9, a crash): every child is sent its signal, then SIGKILL after a grace.
"""

from __future__ import annotations

import os
import signal
import sys
import time

# Kafka needs 0.4 s, PostgreSQL's fast shutdown 0.2 s; a machine under load ten times that.
GRACE_S = 5.0


def alive(pid: int) -> bool:
    """Whether the process still runs (a zombie does, until somebody reaps it)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def send(pid: int, number: int) -> None:
    """Send a signal to a child's whole group; a group already gone is fine."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def end(children: dict[int, int]) -> None:
    """Stop all, the last started first; kill what is still there after the grace."""
    for pid, number in reversed(list(children.items())):
        send(pid, signal.SIGCONT)
        send(pid, number)
    deadline = time.monotonic() + GRACE_S
    while time.monotonic() < deadline and any(alive(pid) for pid in children):
        time.sleep(0.05)
    for pid in children:
        if alive(pid):
            send(pid, signal.SIGKILL)


def main() -> None:
    """Watch until told that all is done, or until the house is gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    children: dict[int, int] = {}
    for line in sys.stdin:
        match line.split():
            case ["+", pid, stop_signal]:
                children[int(pid)] = int(stop_signal)
            case ["-", pid]:
                children.pop(int(pid), None)
            case ["."]:
                return
    end(children)


if __name__ == "__main__":
    main()
