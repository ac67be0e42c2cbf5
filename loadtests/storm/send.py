# SPDX-License-Identifier: Apache-2.0
"""Sends a plan open-loop: each report at its own second, however long the answers take.

A report is tried again (same key, same bytes) while the house answers 409 in-flight, 429, 503 or nothing, as a
hotline's system would, until the deadline. Times are measured from the second the report was due, so a slow house
cannot hide.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer

from loadtests.storm.plan import Call
from loadtests.storm.town import Device

# Calls under way at once: a megacity's hotline has a few hundred lines.
AT_ONCE = 64

# A batching system collects this long before it sends.
GATHER_S = 1.0

BATCH_LINES = 500

_RETRY_STATUS = frozenset({409, 429, 502, 503, 504})


@dataclass
class Outcome:
    """What the doors answered. `refused` counts by problem code; latencies in seconds from the due second."""

    attempts: int = 0
    retries: int = 0
    accepted: set[str] = field(default_factory=set)
    repeated: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    latency_s: list[float] = field(default_factory=list)
    readings: int = 0
    readings_failed: int = 0

    def summary(self) -> dict[str, Any]:
        """Return the figures as JSON values; latencies in milliseconds."""
        ordered = sorted(self.latency_s)

        def at(share: float) -> float | None:
            return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2) if ordered else None

        return {
            "attempts": self.attempts,
            "accepted": len(self.accepted),
            "repeated": self.repeated,
            "refused": dict(self.refused),
            "unanswered": self.unanswered,
            "retries": self.retries,
            "readings": self.readings,
            "readings_failed": self.readings_failed,
            "door_ms": {"p50": at(0.5), "p99": at(0.99), "max": at(1.0), "n": len(ordered)},
        }


class Pace:
    """Turns a plan's seconds into this machine's: `speed` times as fast, event times never ahead of the clock.

    With `speed` 0 (as fast as it goes) nothing waits and the plan ends now.
    """

    def __init__(self, duration_s: float, speed: float) -> None:
        self._speed = speed
        self._begun = time.monotonic()
        span = duration_s / speed if speed else 0.0
        self._base = time.time() - (duration_s - span)

    def instant(self, second: float) -> float:
        """Return the event time of the plan's `second`, in seconds since 1970."""
        return self._base + second

    def due(self, second: float) -> float:
        """Return the monotonic second at which to send."""
        return self._begun + second / self._speed if self._speed else time.monotonic()

    async def wait(self, second: float) -> None:
        """Wait until it is time."""
        if self._speed and (left := self.due(second) - time.monotonic()) > 0:
            await asyncio.sleep(left)


def iso(seconds: float) -> str:
    """Return an instant as the doors read it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Doors:
    """Posts reports, one by one or in batches, with each source's key."""

    def __init__(self, api: str, keys: dict[str, str], outcome: Outcome, deadline: float) -> None:
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        self._http = httpx.AsyncClient(base_url=api, timeout=20.0, limits=limits, trust_env=False)
        self._keys, self._outcome, self._deadline = keys, outcome, deadline
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def one(self, call: Call, body: bytes, due: float) -> None:
        """Send one report and note the answer."""
        headers = self._headers(call.source, "application/json")
        answer = await self._try("/v1/reports", body, headers)
        self._outcome.attempts += 1
        if answer is None:
            self._outcome.unanswered += 1
            return
        self._note(call, answer.status_code, _json(answer), due)

    async def many(self, calls: list[Call], lines: list[bytes], due: float) -> None:
        """Send one batch of one source and note each line's answer; lines to be tried again go once more, together."""
        headers = self._headers(calls[0].source, "application/x-ndjson")
        while calls:
            answer = await self._try("/v1/reports:batch", b"\n".join(lines) + b"\n", headers)
            if answer is None or answer.status_code != 200:
                self._outcome.attempts += len(calls)
                if answer is None:
                    self._outcome.unanswered += len(calls)
                else:
                    self._outcome.refused[str(_json(answer).get("code", answer.status_code))] += len(calls)
                return
            again: list[int] = []
            for index, row in enumerate(json.loads(line) for line in answer.text.splitlines() if line):
                if row["status"] in _RETRY_STATUS and time.monotonic() < self._deadline:
                    again.append(index)
                    continue
                self._outcome.attempts += 1
                self._note(calls[index], row["status"], row, due)
            calls, lines = [calls[i] for i in again], [lines[i] for i in again]
            if calls:
                self._outcome.retries += len(calls)
                await asyncio.sleep(0.2)

    def _note(self, call: Call, status: int, row: dict[str, Any], due: float) -> None:
        if status != 202:
            self._outcome.refused[str(row.get("code", status))] += 1
            return
        self._outcome.latency_s.append(time.monotonic() - due)
        if call.key in self._outcome.accepted:
            self._outcome.repeated += 1
        self._outcome.accepted.add(call.key)

    async def _try(self, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response | None:
        pause = 0.1
        while True:
            try:
                async with self._slots:
                    answer: httpx.Response | None = await self._http.post(path, content=body, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in _RETRY_STATUS:
                return answer
            if time.monotonic() + pause > self._deadline:
                return answer
            self._outcome.retries += 1
            await asyncio.sleep(pause)
            pause = min(2.0, pause * 2)

    def _headers(self, source: str, media_type: str) -> dict[str, str]:
        return {"Authorization": f"Source {self._keys[source]}", "Content-Type": media_type}


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        value = answer.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


async def people(calls: Iterable[Call], doors: Doors, pace: Pace) -> None:
    """Send every call at its second: batching systems' together, everybody else's alone."""
    gathered: dict[str, list[tuple[Call, bytes, float]]] = {}
    since: dict[str, float] = {}
    async with asyncio.TaskGroup() as group:

        def flush(source: str) -> None:
            batch = gathered.pop(source)
            group.create_task(doors.many([b[0] for b in batch], [b[1] for b in batch], batch[0][2]))

        for number, call in enumerate(calls):
            await pace.wait(call.at)
            body = {**call.body, "observed_at": iso(pace.instant(call.seen_at))}
            line, due = json.dumps(body, ensure_ascii=False).encode(), pace.due(call.at)
            for source in [s for s in gathered if call.at - since[s] >= GATHER_S or len(gathered[s]) >= BATCH_LINES]:
                flush(source)
            if call.batch:
                since.setdefault(call.source, call.at) if call.source in gathered else since.update(
                    {call.source: call.at}
                )
                gathered.setdefault(call.source, []).append((call, line, due))
            else:
                group.create_task(doors.one(call, line, due))
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        for source in list(gathered):
            flush(source)


async def devices(
    stream: Iterable[tuple[float, Device, dict[str, Any]]], kafka: str, prefix: str, pace: Pace, outcome: Outcome
) -> None:
    """Write every reading to its lane's topic at its second, keyed by source."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True, linger_ms=5)
    await producer.start()
    waiting: set[asyncio.Future[Any]] = set()

    def done(future: asyncio.Future[Any]) -> None:
        waiting.discard(future)
        if future.cancelled() or future.exception() is not None:
            outcome.readings_failed += 1
        else:
            outcome.readings += 1

    try:
        async for second, device, reading in _paced(stream, pace):
            reading["at"] = round(pace.instant(second), 3)
            topic = prefix + ("readings.life" if device.life else "readings.bulk")
            future = await producer.send(
                topic, json.dumps(reading).encode(), key=device.id.encode(), headers=[("wh-schema", b"1")]
            )
            waiting.add(future)
            future.add_done_callback(done)
    finally:
        await producer.stop()  # flushes; every callback has run when the futures are awaited
        if waiting:
            await asyncio.wait(waiting, timeout=30)


async def _paced(
    stream: Iterable[tuple[float, Device, dict[str, Any]]], pace: Pace
) -> AsyncIterator[tuple[float, Device, dict[str, Any]]]:
    for item in stream:
        await pace.wait(item[0])
        yield item
