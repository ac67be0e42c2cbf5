# SPDX-License-Identifier: Apache-2.0
"""The doors: one report, or many lines, in; an answer only when it is safe."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from time import perf_counter
from typing import Any, Final

import msgspec

from api.doors.intake import ReportIn, decode, decode_all
from api.doors.keeping import Keeping
from api.doors.prepare import Limits, Prepared, answer_of, prepare, topics_of
from api.doors.seal import Sealer
from api.doors.standing import StandingCache
from api.problems import Problem
from api.security import REPORTING, Principal
from weirhouse.clock import Clock
from weirhouse.domain.report import Lane, Report
from weirhouse.ledger.ports import Accepted
from weirhouse.settings import Settings
from weirhouse.telemetry.catalogue import DOOR_REFUSALS, DOOR_REPORTS, DOOR_SECONDS, DOOR_TRIAGE_RAISED
from weirhouse.telemetry.metrics import Metrics
from weirhouse.telemetry.tracing import Tracing
from weirhouse.wire.envelope import REPORT

GROUP: Final = 500
"""Lines of one transaction."""
PIECE: Final = 50
"""Lines prepared without a turn for anybody else: about 2 ms, which a cry may wait, and a commit's next step."""
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
encode_lines: Final = msgspec.json.Encoder().encode_lines
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
        prepared = self._prepare(decode(body, self._max_depth), body, key, principal, trace)
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
        word, report = self._judge(prepared, accepted)
        self._metrics.add(DOOR_REPORTS, 1, report.lane.value, word)
        answer = encode(answer_of(report))
        self._metrics.observe(DOOR_SECONDS, perf_counter() - begun, lane.value)
        return answer

    async def many(
        self, principal: Principal, lines: AsyncIterator[list[bytes]], key: str, traceparent: str
    ) -> AsyncIterator[bytes]:
        """Yield the answers group by group, one a line, in order. Groups become safe while later lines still arrive.

        What ends a batch half way (too large, a sender gone) refuses all of it while nothing is safe yet; otherwise
        the lines read so far are kept and answered, and the last answer tells the refusal of the rest.

        Raises
        ------
        Problem
        """
        principal.need(REPORTING)
        trace = self._tracing.begin(traceparent)
        waiting: list[bytes] = []
        number, room = 0, self._max_lines
        flying: list[asyncio.Task[bytes]] = []
        answers: list[bytes] = []

        async def launch(group: list[bytes]) -> None:
            nonlocal number
            prepared: list[Line] = []
            for begin in range(0, len(group), PIECE):
                piece = group[begin : begin + PIECE]
                prepared += self._prepare_all(piece, number + begin + 1, key, principal, trace)
                # Everybody else has a turn: single reports, and the commits under way.
                await asyncio.sleep(0)
            flying.append(asyncio.create_task(self._keep_group(prepared, number + 1)))
            number += len(group)
            if len(flying) >= GROUPS_IN_FLIGHT:
                answers.append(await flying.pop(0))

        ended: Problem | None = None
        try:
            async for some in lines:
                waiting += some[:room]
                room -= len(some)
                while len(waiting) >= GROUP:
                    await launch(waiting[:GROUP])
                    del waiting[:GROUP]
                if room < 0:
                    ended = Problem("too-large", f"more than {self._max_lines} lines; the rest was not read")
                    break
        except Problem as problem:
            if not number:
                raise
            ended = problem
        if waiting:
            await launch(waiting)
        answers += [await task for task in flying]
        if ended is not None:
            self.refused(ended)
            answers.append(encode({"line": number + 1, **ended.document()}) + b"\n")
        # Only now: a sender that reads nothing before it has sent all would wait for us, and we for it.
        for answer in answers:
            yield answer

    def refused(self, problem: Problem, count: int = 1) -> None:
        """Count a refusal."""
        outcome = "not_safe" if problem.status == 503 else "refused"
        self._metrics.add(DOOR_REPORTS, count, "none", outcome)
        self._metrics.add(DOOR_REFUSALS, count, problem.code)

    def _prepare(self, report: ReportIn, body: bytes, key: str, principal: Principal, trace: str) -> Prepared:
        return prepare(
            report, body, key, principal, self._standing.city, self._sealer, self._limits, self._clock().timestamp(),
            trace, self._topics,
        )  # fmt: skip

    def _prepare_all(self, lines: list[bytes], first: int, key: str, principal: Principal, trace: str) -> list[Line]:
        done: list[Line] = []
        for number, (line, report) in enumerate(zip(lines, decode_all(lines, self._max_depth), strict=True), first):
            if isinstance(report, Problem):
                done.append(report)
                continue
            try:
                done.append(self._prepare(report, line, f"{key}:{number}" if key else "", principal, trace))
            except Problem as problem:
                done.append(problem)
        return done

    async def _keep_group(self, group: list[Line], first: int) -> bytes:
        outcomes: list[Accepted | Problem | None] = [line if isinstance(line, Problem) else None for line in group]
        for lane in (Lane.LIFE, Lane.ORDINARY):
            where, kept = [], []
            for index, line in enumerate(group):
                if isinstance(line, Prepared) and line.accept.report.lane is lane:
                    where.append(index)
                    kept.append(line)
            if where:
                for index, outcome in zip(where, await self._keeping.keep_all(lane, kept), strict=True):
                    outcomes[index] = outcome
        counted: Counter[tuple[str, str]] = Counter()
        answers = [
            self._line_answer(number, line, outcome, counted)
            for number, (line, outcome) in enumerate(zip(group, outcomes, strict=True), first)
        ]
        for (name, word), count in counted.items():
            self._metrics.add(DOOR_REPORTS, count, name, word)
        return encode_lines(answers)

    def _line_answer(
        self, number: int, line: Line, outcome: Accepted | Problem | None, counted: Counter[tuple[str, str]]
    ) -> LineAnswer | dict[str, Any]:
        try:
            if isinstance(outcome, Accepted) and isinstance(line, Prepared):
                word, report = self._judge(line, outcome)
                lane = report.lane.value
                counted[lane, word] += 1
                href = f"/v1/reports/{report.id}"
                return LineAnswer(number, 202, report.id, lane, report.zone, report.type, report.claims, href)
            problem = outcome if isinstance(outcome, Problem) else Problem("internal")
        except Problem as mismatch:
            problem = mismatch
        self.refused(problem)
        return {"line": number, **problem.document()}

    def _judge(self, prepared: Prepared, accepted: Accepted) -> tuple[str, Report]:
        """Return the word to count by, and the report as it was answered the first time.

        Raises
        ------
        Problem
            `key-reused`.
        """
        match accepted.outcome:
            case "mismatch":
                raise Problem("key-reused", "this id or key came before with another body")
            case "repeat":
                # Zones, registry and rules may have changed since: what was answered then is answered again.
                return "repeated", REPORT.decode(accepted.before) if accepted.before else prepared.accept.report
            case "first":
                for claim in prepared.raised:
                    self._metrics.add(DOOR_TRIAGE_RAISED, 1, claim)
                return "accepted", prepared.accept.report
