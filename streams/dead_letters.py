# SPDX-License-Identifier: Apache-2.0
"""Dead letters from inside the worker: written durably before the input counts as done, and limited."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

import weirhouse
from streams.drain import Emitter, Outgoing, RawRecord
from streams.failures import StopWorker
from weirhouse.clock import Clock
from weirhouse.telemetry import catalogue
from weirhouse.telemetry.metrics import Metrics
from weirhouse.wire import deadletters
from weirhouse.wire.deadletters import DETAIL_LIMIT, DeadLetter
from weirhouse.wire.topics import DEAD_LETTERS

RATIO = 0.2
"""Above this share of the window's messages the limit bites: bad input from a few sources stays below it."""

IN_A_ROW_SHARE = 0.25
"""So many of the limit without one good message between them: a release that understands nothing."""


def letter_of(
    topic: str, partition: int, record: RawRecord, *, reason: str, detail: str, agent: str, now: float
) -> DeadLetter:
    """Return the letter for one raw record. `now` in seconds UTC."""
    return DeadLetter(
        topic=topic,
        partition=partition,
        offset=record.offset,
        reason=reason,
        detail=detail[:DETAIL_LIMIT],
        agent=agent,
        release=weirhouse.__version__,
        at=now,
        timestamp_ms=record.timestamp or 0,
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
    )


class Limit:
    """Tells a bad release from bad input.

    Bitten when, within the window, at least `most` letters were written and they are more than `RATIO` of
    all messages; or when a quarter of `most` came in a row without one good message.

    Parameters
    ----------
    most
        Letters within the window.
    window_s
        Length of the window, seconds.
    monotonic
        Seconds that never go back.
    """

    def __init__(self, most: int, window_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.window_s = window_s
        self._monotonic = monotonic
        self._seen: deque[tuple[float, int, int]] = deque()
        self._good = 0
        self._bad = 0
        self.in_a_row = 0

    def _note(self, good: int, bad: int) -> None:
        now = self._monotonic()
        # One entry a second at most, so that the window stays small at any rate.
        if self._seen and now - self._seen[-1][0] < 1.0:
            at, before, worse = self._seen.pop()
            self._seen.append((at, before + good, worse + bad))
        else:
            self._seen.append((now, good, bad))
        self._good += good
        self._bad += bad
        while self._seen and now - self._seen[0][0] > self.window_s:
            _, gone, worse = self._seen.popleft()
            self._good -= gone
            self._bad -= worse

    def passed(self, count: int) -> None:
        """Count `count` good messages."""
        if count:
            self.in_a_row = 0
            self._note(count, 0)

    def failed(self, count: int) -> None:
        """Count `count` messages about to be set aside.

        Raises
        ------
        StopWorker
            The limit is reached; nothing more may be set aside.
        """
        self.in_a_row += count
        self._note(0, count)
        share = self._bad / (self._bad + self._good)
        if self.in_a_row >= max(1.0, self.most * IN_A_ROW_SHARE) or (self._bad >= self.most and share > RATIO):
            raise StopWorker(
                f"{self._bad} dead letters within {self.window_s:g} s ({share:.0%} of all messages, {self.in_a_row} "
                "in a row): this looks like a bad release, so the worker stops and the topics stay as they are; "
                "see `weirhouse dead-letters list`, roll back or mend, then start it again."
            )


class Letterbox:
    """Writes letters to `dead.letters`; returns when they are durable.

    Parameters
    ----------
    emitter
        Started by the worker.
    namespace
        Prefix of the topic.
    """

    def __init__(self, emitter: Emitter, namespace: str, limit: Limit, metrics: Metrics, clock: Clock) -> None:
        self._emitter = emitter
        self._topic = DEAD_LETTERS.full(namespace)
        self._metrics = metrics
        self.limit = limit
        self.clock = clock

    def stamp(self) -> float:
        """Return now, seconds UTC, for a letter's `at`."""
        return self.clock().timestamp()

    async def write(self, letters: Sequence[DeadLetter]) -> None:
        """Make the letters durable.

        Raises
        ------
        aiokafka.errors.KafkaError
            The broker is away.
        """
        out = [Outgoing(letter.origin.encode(), deadletters.encode(letter)) for letter in letters]
        await (await self._emitter.emit(self._topic, out))
        for letter in letters:
            self._metrics.add(catalogue.DEAD_LETTERS, 1, letter.topic, letter.reason)
