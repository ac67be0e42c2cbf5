# SPDX-License-Identifier: Apache-2.0
"""Waits until a storm has drained: every id decided, every input read, nothing left to relay or to number."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass

from weirhouse.cli import brokers
from weirhouse.cli.rooms import Room
from weirhouse.cli.stores import ledger, statements
from weirhouse.cli.talk import Stop
from weirhouse.embedded.errors import EmbeddedError
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.settings import Settings
from weirhouse.wire import broker
from weirhouse.wire.topics import CORRELATE_INPUTS

# A signal may still be on its way between fold and correlate when both look idle: ask twice.
CALM = 2
PAUSE_S = 0.5


@dataclass(frozen=True)
class Left:
    """What is still on its way, in messages or rows."""

    undecided: int
    moving: int
    outbox: int
    unnumbered: int
    readings: int
    inputs: int

    @property
    def nothing(self) -> bool:
        """Whether all is done."""
        return not any(asdict(self).values())

    def __str__(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in asdict(self).items() if count) or "0"


async def left(settings: Settings, cluster: str) -> Left:
    """Return what is still on its way."""
    readings = await asyncio.to_thread(brokers.unread, settings.kafka_url, settings.namespace)
    ends = await asyncio.to_thread(
        broker.ends, settings.kafka_url, [topic.full(settings.namespace) for topic in CORRELATE_INPUTS]
    )
    async with ledger(settings) as book:
        return await _ledger_left(book, ends, cluster, readings)


async def _ledger_left(book: PostgresLedger, ends: dict[tuple[str, int], int], cluster: str, readings: int) -> Left:
    sql = statements()
    taken = {(topic, part): at for topic, part, at in await book.database.rows(sql["offsets"], {"cluster": cluster})}
    inputs = sum(max(0, end - taken.get(key, 0)) for key, end in ends.items())
    undecided = await book.database.row(sql["inbox"])
    waiting = await book.database.row(sql["waiting"])
    outbox, unnumbered, moving = waiting or (0, 0, 0)
    return Left((undecided or (0, 0))[1], moving, outbox, unnumbered, readings, inputs)


def wait(room: Room, within_s: float) -> float:
    """Wait until nothing is on its way and return how long that took, in seconds.

    Raises
    ------
    Stop
        Something was still on its way after `within_s`.
    EmbeddedError
        A process of the house died too often.
    """
    begun, calm = time.monotonic(), 0
    cluster = broker.cluster_id(room.settings.kafka_url)
    while True:
        now = asyncio.run(left(room.settings, cluster))
        calm = calm + 1 if now.nothing else 0
        if calm >= CALM:
            return time.monotonic() - begun
        if time.monotonic() - begun > within_s:
            raise Stop("not-drained", seconds=within_s, left=now, folder=room.settings.state_dir / "logs")
        for name in ("relay", "worker", "api"):
            process = room.house.process(name)
            if process.pid is None:
                raise EmbeddedError(
                    f"{name} ended (exit code {process.exit_code}): {process.last_words()} — its log is {process.log}."
                )
        time.sleep(PAUSE_S)
