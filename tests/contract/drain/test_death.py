# SPDX-License-Identifier: Apache-2.0
"""Two worker processes share a group; one is killed, one is stopped: nothing is lost, repeats are counted."""

from __future__ import annotations

import asyncio
import collections
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contract.drain.support import Broker, fresh, until

PARTITIONS = 4
RECORDS = 4_000
WORKER = "tests.contract.drain.worker"


class Crew:
    """Worker processes of one group.

    Parameters
    ----------
    folder
        Where each of them writes what it handled.
    """

    def __init__(self, folder: Path, stack: ExitStack, *arguments: str) -> None:
        self.folder = folder
        self.arguments = arguments
        self.stack = stack

    def hire(self, name: str) -> subprocess.Popen[bytes]:
        """Start a worker; it is killed at the end of the test at the latest."""
        log = self.stack.enter_context((self.folder / f"{name}.log").open("wb"))
        command = [sys.executable, "-m", WORKER, *self.arguments, str(self.folder / f"{name}.done")]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def handled(self, name: str = "*") -> collections.Counter[str]:
        """Count the records handled, by "partition offset"."""
        files = self.folder.glob(f"{name}.done")
        return collections.Counter(line for file in files for line in file.read_text().splitlines())


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Whatever must end with the test."""
    with ExitStack() as stack:
        yield stack


async def write_steadily(broker: Broker, topic: str) -> None:
    """Write all records over about four seconds."""
    async with broker.producer() as producer:
        for number in range(RECORDS // PARTITIONS):
            for partition in range(PARTITIONS):
                await producer.send(topic, b"%d" % number, partition=partition)
            await asyncio.sleep(0.004)


@pytest.mark.parametrize("engine", ["stock", "drain"])
async def test_a_killed_worker_loses_nothing(
    engine: str, broker: Broker, tmp_path: Path, stack: ExitStack, record_property: pytest.FixtureRequest
) -> None:
    topic, group = await broker.topic("killed", PARTITIONS), fresh(f"killed-{engine}")
    crew = Crew(tmp_path, stack, engine, broker.bootstrap, group, topic)
    victim = crew.hire("victim")
    crew.hire("heir")
    await until(lambda: "Worker ready" in (tmp_path / "heir.log").read_text(), within_s=30)
    writing = asyncio.create_task(write_steadily(broker, topic))
    await until(lambda: crew.handled("victim").total() > 300 and crew.handled("heir").total() > 300, within_s=30)
    victim.kill()
    await writing
    await until(lambda: len(crew.handled()) == RECORDS, within_s=30)
    repeats = crew.handled().total() - RECORDS
    record_property("repeats", repeats)  # type: ignore[operator]
    assert repeats < RECORDS / 2


async def test_a_stopped_worker_finishes_what_it_holds_and_commits_it(
    broker: Broker, tmp_path: Path, stack: ExitStack
) -> None:
    topic, group = await broker.topic("stopped", PARTITIONS), fresh("stopped")
    crew = Crew(tmp_path, stack, "drain", broker.bootstrap, group, topic)
    first = crew.hire("first")
    writing = asyncio.create_task(write_steadily(broker, topic))
    await until(lambda: crew.handled().total() > 300, within_s=30)
    first.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(first.wait, 15) == 0
    commits = await broker.committed(group)
    assert sum(commits.values()) == crew.handled().total()
    crew.hire("second")
    await writing
    await until(lambda: len(crew.handled()) == RECORDS, within_s=30)
    assert crew.handled().total() == RECORDS
