# SPDX-License-Identifier: Apache-2.0
"""Correlate: slices of reports and signals become one transaction each in the ledger.

One task a partition at a time, so that one partition's slice is decided while another's commits.
Every outcome of the ledger's compares has its answer here; nothing counts as read before it is durable.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, assert_never

from faust.types import TP

from streams.agents.decode import Decoded, Item, decode_slice
from streams.agents.planning import Ground, Planned, plan_items, report_id_of, set_aside, settle
from streams.agents.tally import Tally
from streams.agents.unsealing import Unsealer
from streams.dead_letters import letter_of
from streams.drain import DrainStream, RawRecord, Slice
from streams.failures import StopWorker, Wrong
from streams.guard import Guard
from streams.memory.owner import LedgerOwner
from streams.memory.partition import Memory
from weirhouse.clock import Clock
from weirhouse.domain.report import Lane, Report
from weirhouse.ledger.ports import Committed, NotOwner, OffsetsMoved, OffsetStep, Repeated, SliceOutcome, Slices, Stale
from weirhouse.telemetry.tracing import Tracing
from weirhouse.wire.deadletters import DeadLetter
from weirhouse.wire.topics import CROSSINGS, TOUCHED

AGENT: Final = "correlate"

_log = logging.getLogger("streams.correlate")


class Ending(Enum):
    """How a slice can end beside its commit."""

    NOTHING = "nothing to commit, or it stood there already"
    LOST = "another worker owns the partition"


class Correlator:
    """The agent's body.

    Parameters
    ----------
    owner
        Memories by partition, and the policy in force.
    max_reports
        Records of one slice at most.
    unsealer
        Opens personal parts that came past the ledger.
    """

    def __init__(
        self,
        slices: Slices,
        owner: LedgerOwner,
        guard: Guard,
        tally: Tally,
        tracing: Tracing,
        clock: Clock,
        *,
        namespace: str,
        max_reports: int,
        unsealer: Unsealer,
    ) -> None:
        self._unsealer = unsealer
        self._slices = slices
        self._owner = owner
        self._guard = guard
        self._tally = tally
        self._tracing = tracing
        self._clock = clock
        self._namespace = namespace
        self._crossings = CROSSINGS.full(namespace)
        self._touched = TOUCHED.full(namespace)
        self._max = max_reports
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stream: DrainStream) -> None:
        """Read slices until the stream ends; each is worked on by a task of its own."""
        async for piece in stream.slices(max_records=self._max, in_flight=1):
            task = asyncio.create_task(self._serve(piece), name=f"slice {piece.partition}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, piece: Slice) -> None:
        memory = self._owner.memories.get(piece.partition)
        if memory is None or memory.lost:
            return
        try:
            await self.work(piece, memory)
        except StopWorker:
            _log.error("stops with a slice in hand; it stays unread", extra={"partition": piece.partition})

    async def work(self, piece: Slice, memory: Memory) -> None:
        """Bring one slice into the ledger; the slice counts as read when this returns, or stays undone.

        Raises
        ------
        StopWorker
        """
        decoded = decode_slice(piece, self._namespace)
        self._tally.took(AGENT, piece.parts, self._clock().timestamp())
        if not await self._prepare(decoded, memory):
            return
        letters = [
            self._letter(topic, piece.partition, record, w.reason, str(w)) for topic, _, record, w in decoded.bad
        ]
        await self._guard.set_aside(AGENT, letters)
        await self._store(piece, memory, decoded)

    async def _prepare(self, decoded: Decoded, memory: Memory) -> bool:
        async def bring() -> None:
            if decoded.touched:
                await memory.follow(decoded.touched)
            await memory.need(decoded.zones)

        answer = await self._guard.hold(AGENT, bring)
        if isinstance(answer, Wrong):
            raise StopWorker(f"the memory of partition {memory.number} cannot be loaded: {answer.detail}")
        for outline in decoded.outlines:
            memory.see(outline)
        over = memory.over(each.incident for each in decoded.touched if each.incident)
        memory.outbox.extend(self._owner.city.borders.farewells(over, self._crossings))
        return not memory.lost

    async def _store(self, piece: Slice, memory: Memory, decoded: Decoded) -> None:
        began = time.perf_counter()
        lane = Lane.LIFE if piece.life else Lane.ORDINARY
        with self._tracing.span(
            "correlate.slice", decoded.traces, {"partition": piece.partition, "lane": lane}
        ) as trace:
            answer = await self._guard.hold(AGENT, lambda: self._commit(piece, memory, decoded.items, trace))
        match answer:
            case Wrong() if len(piece) > 1:
                await self._halve(piece, memory)
            case Wrong():
                await self._give_up(piece, memory, decoded.items, answer)
            case Planned():
                memory.remember(decided.report.id for decided in answer.plan.decided)
                self._tally.committed(lane, answer.plan, time.perf_counter() - began, self._clock().timestamp())
                self._finish(piece, len(decoded.items))
            case Ending.NOTHING:
                self._finish(piece, len(decoded.items))
            case Ending.LOST:
                memory.lost = True
            case _:
                assert_never(answer)

    def _finish(self, piece: Slice, good: int) -> None:
        self._guard.letterbox.limit.passed(good)
        if piece.done():
            self._tally.finished(AGENT, piece.parts)

    # the transaction --------------------------------------------------------------------------------

    async def _commit(self, piece: Slice, memory: Memory, items: Sequence[Item], trace: str) -> Planned | Ending:
        """Plan and commit until the ledger agrees; return what was committed, or how else it ended."""
        starts = {tp: offset for tp, offset in piece.old_offsets.items() if tp.topic != self._touched}
        ends = {tp: offset for tp, offset in piece.next_offsets.items() if tp.topic != self._touched}
        repeated: frozenset[str] = frozenset()
        while starts or memory.outbox:
            steps = [OffsetStep(tp.topic, tp.partition, starts[tp], ends[tp]) for tp in starts]
            waiting = [item for item in items if item.record.offset >= starts[TP(item.topic, item.partition)]]
            ground = self._ground()
            planned = plan_items(waiting, memory, ground, steps, repeated)
            planned.plan.trace = trace
            news = self._owner.city.borders.outlines(planned.plan.incidents, memory.told, memory.heard, self._crossings)
            planned.plan.outbox.extend([*memory.outbox, *news])
            outcome = await self._slices.commit_slice(planned.plan)
            self._tally.outcome(Lane.LIFE if piece.life else Lane.ORDINARY, outcome)
            match outcome:
                case Committed(numbers=numbers):
                    memory.outbox.clear()
                    settle(planned, numbers)
                    memory.tell(planned.plan.incidents)
                    return planned
                case Repeated(report_ids=ids):
                    memory.remember(ids)
                    repeated |= ids
                case Stale(incidents=incidents, zones=zones):
                    await memory.refresh(incidents, zones)
                case OffsetsMoved(offsets=offsets):
                    starts = self._moved(starts, ends, offsets)
                    await memory.refresh([write.incident.id for write in planned.plan.incidents])
                    if not starts:
                        return Ending.NOTHING
                case NotOwner(epoch=epoch):
                    _log.warning(
                        "another worker owns the partition now; this one lets go",
                        extra={"partition": memory.number, "epoch": epoch, "own_epoch": memory.epoch},
                    )
                    return Ending.LOST
                case _:
                    assert_never(outcome)
        return Ending.NOTHING

    def _ground(self) -> Ground:
        owner = self._owner
        return Ground(
            owner.cluster_id, owner.city.policy, self._crossings, self._clock().timestamp(), self._unsealer.open
        )

    def _moved(
        self, starts: Mapping[TP, int], ends: Mapping[TP, int], standing: Mapping[tuple[str, int], int]
    ) -> dict[TP, int]:
        """Return where the slice still has to begin; empty when all of it is counted already.

        Raises
        ------
        StopWorker
            The ledger stands before us: it was restored from a backup.
        """
        now = {tp: standing.get((tp.topic, tp.partition), start) for tp, start in starts.items()}
        if any(now[tp] < start for tp, start in starts.items()):
            raise StopWorker(
                "the ledger's input offsets stand before what this worker read: the ledger was restored; start the "
                "worker again, it goes on from the ledger's offsets."
            )
        left = {tp: offset for tp, offset in now.items() if offset < ends[tp]}
        return now if left else {}

    # poison -----------------------------------------------------------------------------------------

    async def _halve(self, piece: Slice, memory: Memory) -> None:
        """Go on with half the slice at a time, to find the record that cannot be stored."""
        for half in piece.halve():
            decoded = decode_slice(half, self._namespace)
            if not memory.lost:
                await self._store(half, memory, decoded)

    async def _give_up(self, piece: Slice, memory: Memory, items: Sequence[Item], wrong: Wrong) -> None:
        """Set the one record aside: letter first, then its disposition and offset."""
        [(topic, [record])] = [(topic, records) for topic, records in piece.parts if records]
        await self._guard.set_aside(AGENT, [self._letter(topic, piece.partition, record, wrong.reason, wrong.detail)])
        steps = [
            OffsetStep(tp.topic, tp.partition, start, piece.next_offsets[tp]) for tp, start in piece.old_offsets.items()
        ]

        async def put(with_disposition: bool) -> SliceOutcome:
            ground = self._ground()
            plan = plan_items((), memory, ground, steps, frozenset()).plan
            if with_disposition:
                plan.decided = [set_aside(i.value, wrong.reason) for i in items if isinstance(i.value, Report)]
            return await self._slices.commit_slice(plan)

        outcome = await self._guard.hold(AGENT, lambda: put(True))
        if isinstance(outcome, Wrong | Repeated):
            # Not even its bare id can be stored: the letter alone keeps it.
            outcome = await self._guard.hold(AGENT, lambda: put(False))
        match outcome:
            case Committed() | OffsetsMoved():
                memory.remember(report_id_of(item) for item in items)
                piece.done()
            case NotOwner():
                memory.lost = True
            case Wrong() | Repeated() | Stale():
                raise StopWorker(f"the ledger refuses to move past one bad record of {topic}: {outcome}")
            case _:
                assert_never(outcome)

    def _letter(self, topic: str, partition: int, record: RawRecord, reason: str, detail: str) -> DeadLetter:
        now = self._clock().timestamp()
        return letter_of(topic, partition, record, reason=reason, detail=detail, agent=AGENT, now=now)
