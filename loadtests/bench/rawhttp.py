# SPDX-License-Identifier: Apache-2.0
"""A load generator that costs little: kept-alive connections, requests written ready-made, answers only measured.

A client library would spend more on a request than the door does, and the figure would be the client's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Make = Callable[[int], bytes]
"""Returns the n-th whole request."""


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """Return a whole HTTP/1.1 request; underscores in header names become dashes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Tally:
    """What came back. `seconds` of each answer, in order of arrival."""

    statuses: dict[int, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    elapsed_s: float = 0.0
    last_body: bytes = b""

    def percentile(self, share: float) -> float:
        """Return a percentile of the answers' seconds."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    def note(self, status: int, seconds: float) -> None:
        """Count one answer."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.seconds.append(seconds)


class Connection:
    """One kept-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> Connection:
        """Connect to a server on this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=2**26))

    async def ask(self, whole: bytes) -> tuple[int, bytes]:
        """Send a request and return (status, body)."""
        self._writer.write(whole)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        status = int(head[9:12])
        at = lower.find(b"content-length:")
        if at >= 0:
            length = int(lower[at + 15 : lower.index(b"\r\n", at)])
            return status, await self._reader.readexactly(length) if length else b""
        body = b""
        while True:
            size = int(await self._reader.readuntil(b"\r\n"), 16)
            body += (await self._reader.readexactly(size + 2))[:-2]
            if size == 0:
                return status, body

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def as_fast_as_possible(port: int, make: Make, connections: int, seconds: float) -> Tally:
    """Keep `connections` busy for `seconds`."""
    tally, number = Tally(), iter(range(10**12))
    begun = time.perf_counter()

    async def one() -> None:
        connection = await Connection.open(port)
        while time.perf_counter() - begun < seconds:
            whole = make(next(number))
            at = time.perf_counter()
            status, tally.last_body = await connection.ask(whole)
            tally.note(status, time.perf_counter() - at)
        connection.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    tally.elapsed_s = time.perf_counter() - begun
    return tally


async def paced(port: int, make: Make, per_s: float, seconds: float, connections: int = 16) -> Tally:
    """Send `per_s` a second; latency counts from when a request was due, not from when it could be sent."""
    tally = Tally()
    pool: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(connections):
        pool.put_nowait(await Connection.open(port))
    begun = time.perf_counter()

    async def one(number: int, due: float) -> None:
        connection = await pool.get()
        status, tally.last_body = await connection.ask(make(number))
        tally.note(status, time.perf_counter() - due)
        pool.put_nowait(connection)

    tasks = []
    for number in range(int(per_s * seconds)):
        due = begun + number / per_s
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(one(number, due)))
    await asyncio.gather(*tasks)
    tally.elapsed_s = time.perf_counter() - begun
    while not pool.empty():
        pool.get_nowait().close()
    return tally
