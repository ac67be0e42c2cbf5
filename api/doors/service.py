# SPDX-License-Identifier: Apache-2.0
"""The doors: one report, or many lines, in; an answer only when it is safe."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from time import perf_counter
from typing import Final

import msgspec

from api.doors.intake import decode
from api.doors.keeping import Keeping
from api.doors.prepare import Limits, Prepared, prepare, topics_of
from api.doors.seal import Sealer
from api.doors.standing import StandingCache
from api.problems import Problem
from api.security import REPORTING, Principal
from weirhouse.clock import Clock
from weirhouse.domain.report import Lane
from weirhouse.ledger.ports import Accepted
from weirhouse.settings import Settings
from weirhouse.telemetry.catalogue import DOOR_REFUSALS, DOOR_REPORTS, DOOR_SECONDS, DOOR_TRIAGE_RAISED
from weirhouse.telemetry.metrics import Metrics
from weirhouse.telemetry.tracing import Tracing

GROUP: Final = 500
"""Lines of one transaction: about 15 ms to prepare, so that single reports get their turn in between."""
GROUPS_IN_FLIGHT: Final = 3


class LineAnswer(msgspec.Struct, frozen=True, gc=False):
    """One accepted line of a batch."""

    line: int
    status: int
    id: str
    lane: str
    zone: str
    type: str
    claims: tuple[str, ...]
    href: str


encode: Final = msgspec.json.Encoder().encode
Line = Prepared | Problem


class DoorService:
    """Checks, places, keeps and answers. One a process."""

    def __init__(
        self, settings: Settings, standing: StandingCache, sealer: Sealer, keeping: Keeping, metrics: Metrics,
        tracing: Tracing, clock: Clock,
    ) -> None:  # fmt: skip
        self._standing, self._sealer, self._keeping = standing, sealer, keeping
        self._metrics, self._tracing, self._clock = metrics, tracing, clock
        self._limits = Limits(settings.event_time_max_past, settings.event_time_max_future)
        self._topics = topics_of(settings.namespace)
        self._max_depth, self._max_lines = settings.max_depth, settings.batch_max_lines
        self._in_flight: set[str] = set()

    async def one(self, principal: Principal, body: bytes, key: str, traceparent: str) -> bytes:
        """Return the 202's body when the report is safe.

        Raises
        ------
        Problem
        """
        begun = perf_counter()
        principal.need(REPORTING)
        trace = self._tracing.begin(traceparent)
        prepared = self._prepare(body, key, principal, trace)
        report_id, lane = prepared.accept.report.id, prepared.accept.report.lane
        if report_id in self._in_flight:
            raise Problem("in-flight", f"report {report_id} is still being answered")
        self._in_flight.add(report_id)
        try:
            if trace.endswith("01"):
                with self._tracing.span("door", [trace], {"lane": lane.value}):
                    accepted = await self._keeping.keep(prepared)
            else:
                accepted = await self._keeping.keep(prepared)
        finally:
            self._in_flight.discard(report_id)
        self._answer(prepared, accepted)
        answer = encode(prepared.answer)
        self._metrics.observe(DOOR_SECONDS, perf_counter() - begun, lane.value)
        return answer

    async def many(
        self, principal: Principal, lines: AsyncIterator[bytes], key: str, traceparent: str
    ) -> AsyncIterator[bytes]:
        """Yield one answer a line, in order. Groups become safe while later lines still arrive."""
        principal.need(REPORTING)
        trace = self._tracing.begin(traceparent)
        number = 0
        group: list[Line] = []
        flying: list[asyncio.Task[list[bytes]]] = []
        answers: list[bytes] = []

        async def launch() -> None:
            nonlocal group
            flying.append(asyncio.create_task(self._keep_group(group, number - len(group) + 1)))
            group = []
            # Let the commit leave before the next group is prepared.
            await asyncio.sleep(0)
            if len(flying) >= GROUPS_IN_FLIGHT:
                answers.extend(await flying.pop(0))

        async for line in lines:
            number += 1
            if number > self._max_lines:
                group.append(Problem("too-large", f"more than {self._max_lines} lines; the rest was not read"))
                break
            group.append(self._line(line, f"{key}:{number}" if key else "", principal, trace))
            if len(group) >= GROUP:
                await launch()
        if group:
            await launch()
        for task in flying:
            answers.extend(await task)
        # Only now: a sender that reads nothing before it has sent all would wait for us, and we for it.
        for answer in answers:
            yield answer

    def refused(self, problem: Problem, count: int = 1) -> None:
        """Count a refusal."""
        outcome = "not_safe" if problem.status == 503 else "refused"
        self._metrics.add(DOOR_REPORTS, count, "none", outcome)
        self._metrics.add(DOOR_REFUSALS, count, problem.code)

    def _prepare(self, body: bytes, key: str, principal: Principal, trace: str) -> Prepared:
        return prepare(
            decode(body, self._max_depth), body, key, principal, self._standing.city, self._sealer, self._limits,
            self._clock().timestamp(), trace, self._topics,
        )  # fmt: skip

    def _line(self, line: bytes, key: str, principal: Principal, trace: str) -> Line:
        try:
            return self._prepare(line, key, principal, trace)
        except Problem as problem:
            return problem

    async def _keep_group(self, group: list[Line], first: int) -> list[bytes]:
        outcomes: list[Accepted | Problem | None] = [line if isinstance(line, Problem) else None for line in group]
        for lane in (Lane.LIFE, Lane.ORDINARY):
            where = [
                i for i, line in enumerate(group) if isinstance(line, Prepared) and line.accept.report.lane is lane
            ]
            if where:
                kept = await self._keeping.keep_all(
                    lane, [line for i in where if isinstance(line := group[i], Prepared)]
                )
                for index, outcome in zip(where, kept, strict=True):
                    outcomes[index] = outcome
        counted: Counter[tuple[str, str]] = Counter()
        answers = [
            self._line_answer(first + i, line, outcome, counted)
            for i, (line, outcome) in enumerate(zip(group, outcomes, strict=True))
        ]
        for (name, word), count in counted.items():
            self._metrics.add(DOOR_REPORTS, count, name, word)
        return answers

    def _line_answer(
        self, number: int, line: Line, outcome: Accepted | Problem | None, counted: Counter[tuple[str, str]]
    ) -> bytes:
        try:
            if isinstance(outcome, Accepted) and isinstance(line, Prepared):
                a = line.answer
                counted[a.lane, self._word(line, outcome)] += 1
                return encode(LineAnswer(number, 202, a.id, a.lane, a.zone, a.type, a.claims, a.href)) + b"\n"
            problem = outcome if isinstance(outcome, Problem) else Problem("internal")
        except Problem as mismatch:
            problem = mismatch
        self.refused(problem)
        return encode({"line": number, **problem.document()}) + b"\n"

    def _answer(self, prepared: Prepared, accepted: Accepted) -> None:
        self._metrics.add(DOOR_REPORTS, 1, prepared.answer.lane, self._word(prepared, accepted))

    def _word(self, prepared: Prepared, accepted: Accepted) -> str:
        match accepted.outcome:
            case "mismatch":
                raise Problem("key-reused", "this id or key came before with another body")
            case "repeat":
                return "repeated"
            case "first":
                for claim in prepared.raised:
                    self._metrics.add(DOOR_TRIAGE_RAISED, 1, claim)
                return "accepted"
