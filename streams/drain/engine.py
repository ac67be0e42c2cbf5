# SPDX-License-Identifier: Apache-2.0
"""One drain for one Faust app: its intakes, their generation, their progress."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from faust.types import TP

from streams.drain.buffer import Buffer, Limits
from streams.drain.errors import NotDeclaredError, OutOfLogError
from streams.drain.fetch import Take
from streams.drain.intake import Intake, Owner

SETTLE_GRACE_S = 5.0
"""How long a rebalance or a SIGTERM waits for what the agents hold, before that counts as not read. Well under the
group's session timeout (Faust: 60 s)."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one partition is.

    Attributes
    ----------
    done
        First offset not yet done; what a commit may say.
    fetched
        First offset not yet fetched.
    highwater
        The log's end as of the last fetch; None before the first.
    lag
        Offsets between `done` and `highwater`; None before the first fetch.
    buffered, in_flight
        Records in memory; portions in the agent's hands.
    full
        True while it is not fetched because its buffer is full.
    idle_s
        Seconds since something of it was done (or since it was assigned).
    """

    tp: TP
    life: bool
    done: int
    fetched: int
    highwater: int | None
    lag: int | None
    buffered: int
    in_flight: int
    full: bool
    idle_s: float


class Drain:
    """The chunked reads of one app; made by `install`.

    Parameters
    ----------
    grace_s
        Seconds that a rebalance or a stop waits for portions in the agents' hands.
    """

    def __init__(self, grace_s: float = SETTLE_GRACE_S) -> None:
        self.grace_s = grace_s
        self.generation = 0
        self.epoch = -1
        self.trimmed = 0
        self.consumer: Any = None
        self._settled = True
        self._intakes: dict[str, Intake] = {}
        self.unreadable: set[TP] = set()

    # -- declared before the app starts --------------------------------------------------------------------

    def intake(
        self,
        *topics: str,
        life: Iterable[str] = (),
        owner: Owner | None = None,
        limits: Limits | None = None,
    ) -> Intake:
        """Declare that one agent reads `topics` in chunks or slices.

        Parameters
        ----------
        topics
            Most urgent first.
        life
            Those that belong to the life-safety lane.
        owner
            Owner of their offsets; without one the consumer group's commits are the truth.
        limits
            Per partition; `Limits()` if None.

        Raises
        ------
        ValueError
            If a topic is declared twice, or `life` names another.
        """
        lane = frozenset(life)
        if not topics or len(set(topics)) < len(topics) or not lane <= set(topics):
            raise ValueError(f"an intake needs distinct topics, and its life lane among them: {topics}, {lane}")
        if taken := self._intakes.keys() & set(topics):
            raise ValueError(f"already read by another intake: {sorted(taken)}")
        intake = Intake(topics, life=lane, owner=owner, limits=limits or Limits(), on_room=self._nudge)
        self._intakes.update(dict.fromkeys(topics, intake))
        return intake

    def find(self, topics: Iterable[str]) -> Intake:
        """Return the intake that was declared for exactly these topics.

        Raises
        ------
        NotDeclaredError
            If there is none.
        """
        names = set(topics)
        for intake in self.intakes:
            if set(intake.topics) == names:
                return intake
        raise NotDeclaredError(f"{NotDeclaredError.__doc__} ({', '.join(sorted(names))})")

    @property
    def intakes(self) -> list[Intake]:
        """All intakes, once each."""
        return list(dict.fromkeys(self._intakes.values()))

    # -- watched by health checks --------------------------------------------------------------------------

    def progress(self) -> list[Progress]:
        """Return how far each assigned partition is; safe to call at any moment from the app's loop."""
        now = time.monotonic()
        return [self._progress(buffer, now) for buffer in self.buffers()]

    def _progress(self, buffer: Buffer, now: float) -> Progress:
        highwater = self.consumer.highwater(buffer.tp) if self.consumer is not None else None
        lag = None if highwater is None else max(0, highwater - buffer.done_offset)
        return Progress(
            tp=buffer.tp,
            life=buffer.life,
            done=buffer.done_offset,
            fetched=buffer.position,
            highwater=highwater,
            lag=lag,
            buffered=buffer.records,
            in_flight=buffer.in_flight,
            full=buffer.full,
            idle_s=now - buffer.last_progress_s,
        )

    # -- driven by the consumer ----------------------------------------------------------------------------

    def drains(self, topic: str) -> bool:
        """Return True if the topic is read by an intake."""
        return topic in self._intakes

    def buffers(self) -> list[Buffer]:
        """Return the buffers of all assigned partitions."""
        return [buffer for intake in self.intakes for buffer in intake.buffers.values()]

    def buffer(self, tp: TP) -> Buffer | None:
        """Return the buffer of an assigned partition."""
        intake = self._intakes.get(tp.topic)
        return None if intake is None else intake.buffers.get(tp)

    def room(self, active: set[TP]) -> dict[TP, int]:
        """Return the partitions to fetch and the records they have room for, life-safety first."""
        return {
            buffer.tp: max(1, buffer.limits.high_records - buffer.records)
            for life in (True, False)
            for buffer in self.buffers()
            if buffer.life is life and not buffer.full and buffer.tp in active and buffer.tp not in self.unreadable
        }

    def put(self, take: Take) -> None:
        """Give what was fetched to its intakes; what was taken before the last seek is void."""
        if take.epoch != self.epoch:
            return
        for fetched in take.fetched:
            intake = self._intakes[fetched.tp.topic]
            if fetched.tp in intake.buffers:
                intake.put(fetched)

    async def start_offsets(self, assigned: frozenset[TP]) -> dict[TP, int]:
        """Ask every owner where to go on."""
        offsets: dict[TP, int] = {}
        for intake in self.intakes:
            mine = frozenset(tp for tp in assigned if tp.topic in intake.topics)
            if intake.owner is not None and mine:
                offsets.update(await intake.owner.start_offsets(mine))
        return offsets

    async def out_of_log(self, error: OutOfLogError) -> bool:
        """Raise the alarm; return True if the reader may go on from the log's beginning.

        It may where nobody owns the offsets, and where the owner says so.
        """
        intake = self._intakes[error.tp.topic]
        self.trimmed += 1
        if intake.owner is None:
            return True
        self.unreadable.add(error.tp)
        if not await intake.owner.out_of_log(error):
            return False
        self.unreadable.discard(error.tp)
        return True

    async def open(self, positions: Mapping[TP, int], epoch: int) -> None:
        """Begin a generation at these offsets, and let the owners prepare."""
        self.generation += 1
        self._settled = False
        self.epoch = epoch
        for intake in self.intakes:
            mine = {tp: offset for tp, offset in positions.items() if tp.topic in intake.topics}
            intake.open(mine, self.generation)
            if intake.owner is not None and mine:
                await intake.owner.assigned(frozenset(mine), self.generation)
            intake.resume()

    def move(self, tp: TP, position: int, epoch: int) -> None:
        """Go on with one partition elsewhere, in the same generation; its portions are stale."""
        self.epoch = epoch
        self._intakes[tp.topic].move(tp, position)

    async def settle(self) -> None:
        """Hand out nothing new, and wait a while for what is out (once a generation)."""
        if self._settled:
            return
        self._settled = True
        for intake in self.intakes:
            intake.suspend()
        for intake in self.intakes:
            await intake.settle(self.grace_s)

    def end(self) -> None:
        """End the agents' iterations: the app stops."""
        for intake in self.intakes:
            intake.end()

    async def close(self) -> None:
        """End the generation: what is out is stale now."""
        self.epoch = -1
        self.unreadable.clear()
        for intake in self.intakes:
            mine = frozenset(intake.buffers)
            intake.close()
            if intake.owner is not None and mine:
                await intake.owner.revoked(mine, intake.generation)

    def _nudge(self) -> None:
        if self.consumer is not None:
            self.consumer.nudge()
