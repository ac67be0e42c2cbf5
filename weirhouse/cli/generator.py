# SPDX-License-Identifier: Apache-2.0
"""The load generator as a process of the house: it knows the product only from outside, so nobody imports it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from weirhouse.cli.rooms import Room
from weirhouse.cli.talk import Stop
from weirhouse.embedded.house import Service, module
from weirhouse.embedded.processes import Process

CHECKOUT = Path(__file__).parents[2]


def start(room: Room, name: str, arguments: Sequence[str]) -> Process:
    """Start `python -m loadtests.<name>` as a child of the house: it ends with it, however that ends.

    Raises
    ------
    Stop
        There is no generator: this is no checkout.
    """
    if not (CHECKOUT / "loadtests" / name).is_dir():
        raise Stop("no-loadtests")
    service = Service(name, module(f"loadtests.{name}", *arguments), {"PYTHONPATH": str(CHECKOUT)}, restart=False)
    room.house.start([service])
    process = room.house.process(name)
    process.expected = False  # it may end when it is done
    return process


def wait(process: Process, within_s: float) -> int:
    """Wait until the generator ended and return its exit code; 0 all answered and none refused, 1 some were not.

    Raises
    ------
    Stop
        It failed, or was not done in time.
    """
    deadline = time.monotonic() + within_s
    while process.exit_code is None:
        if time.monotonic() > deadline:
            process.stop()
            raise Stop("storm-failed", status="timeout", why=f"{within_s:.0f} s", log=process.log)
        time.sleep(0.1)
    if process.exit_code not in (0, 1):
        raise Stop("storm-failed", status=process.exit_code, why=process.last_words(), log=process.log)
    return process.exit_code


def answer(out: Path, process: Process) -> dict[str, Any]:
    """Return what the generator counted.

    Raises
    ------
    Stop
        It left no answer.
    """
    try:
        value = json.loads(out.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Stop("storm-failed", status=process.exit_code, why=process.last_words(), log=process.log) from error
    assert isinstance(value, dict)
    return value
