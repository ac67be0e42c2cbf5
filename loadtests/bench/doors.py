# SPDX-License-Identifier: Apache-2.0
"""`python -m loadtests.bench doors --json`: durable reports a second at our door beside a bare route, in one run.

One worker each, on the same PostgreSQL with `synchronous_commit` on, driven by the same light generator. Then the
door's latency at 200 a second, NDJSON batches, and the queue's first page over 10,000 and 1,000,000 open incidents.
Last, on a whole house that is idle, the way from the door to the ledger (`loadtests.bench.through`).
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from loadtests.bench import through
from loadtests.bench.crowd import fill
from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.bench.rawhttp import Connection, Tally, as_fast_as_possible, paced, request
from weirhouse.cli.stores import demo_city, load_city, make_link, make_source_keys, read_city
from weirhouse.domain.city import City
from weirhouse.embedded.house import House
from weirhouse.ledger import migrate
from weirhouse.settings import Settings
from weirhouse.wire.sealed import new_box_keys

CONNECTIONS: Final = 64
CROWD: Final = (10_000, 1_000_000)
WORDS: Final = (
    "A tree has come down across the road and blocks both lanes, cars are turning round",
    "积水很深，车辆无法通行，已有一辆车熄火",
    "The street light in front of the school has been out for three nights",
    "楼上半夜施工噪声很大，影响休息",
    "Rubbish has not been collected for a week, it smells and there are rats",
)
BARS: Final = {
    "single_share": (0.4, 0.6),
    "batch_per_s": (8_000.0, 20_000.0),
    "queue_10k_p50_ms": (20.0, 10.0),
    "queue_1m_p50_ms": (20.0, 10.0),
    "door_to_ledger_p50_ms": (60.0, 30.0),
    "door_to_ledger_p99_ms": (200.0, 100.0),
}
"""name → (floor, goal); milliseconds are better when smaller."""


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def reports(city: City, run: str) -> tuple[list[bytes], list[bytes]]:
    """Return bodies in two halves (before and behind the id), so that making one costs a concatenation."""
    heads, tails = [], []
    for index, words in enumerate(WORDS * 20):
        place = city.places[index % len(city.places)]
        body = {
            "channel": "app",
            "description": words,
            "location": {"point": {"lat": place.lat, "lon": place.lon, "accuracy_m": 25}, "address": place.name_en},
            "reporter": {"token": f"bench-{index % 97}", "phone": f"1380013{index:04}"},
        }
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        heads.append(b'{"id":"' + run.encode() + b"-")
        tails.append(b'",' + text[1:])
    return heads, tails


@contextmanager
def serving(argv: list[str], env: dict[str, str], port: int) -> Iterator[psutil.Process]:
    """Run one server process until the block ends."""
    process = subprocess.Popen([sys.executable, *argv], env={**os.environ, **env}, stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                raise RuntimeError(f"{argv} ended with {process.returncode}")
            time.sleep(0.05)
        time.sleep(1.0)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(15)


def _figures(tally: Tally, status: int) -> dict[str, float]:
    good = tally.statuses.get(status, 0)
    return {
        "per_s": round(good / tally.elapsed_s, 1),
        "p50_ms": round(tally.percentile(0.5) * 1000, 2),
        "p99_ms": round(tally.percentile(0.99) * 1000, 2),
        "refused": float(len(tally.seconds) - good),
    }


async def _one_by_one(port: int, path: str, city: City, seconds: float, **headers: str) -> dict[str, float]:
    heads, tails = reports(city, secrets.token_hex(4))
    many = len(heads)

    def make(number: int) -> bytes:
        body = heads[0] + b"%d" % number + tails[number % many]
        return request("POST", path, body, Content_Type="application/json", **headers)

    await as_fast_as_possible(port, make, CONNECTIONS, 1.5)
    heads, tails = reports(city, secrets.token_hex(4))
    flat = _figures(await as_fast_as_possible(port, make, CONNECTIONS, seconds), 202)
    heads, tails = reports(city, secrets.token_hex(4))
    at_200 = _figures(await paced(port, make, 200, seconds), 202)
    return {**flat, **_named("at_200", at_200)}


async def _batches(port: int, city: City, key: str, seconds: float, server: psutil.Process) -> dict[str, float]:
    heads, tails = reports(city, secrets.token_hex(4))
    size, done, number = 5_000, 0, 0
    answered: list[float] = []
    bodies = []
    for _ in range(int(seconds * 5) + 2):
        bodies.append(b"\n".join(heads[0] + b"%d" % (number + n) + tails[n % len(tails)] for n in range(size)))
        number += size
    connections = [await Connection.open(port) for _ in range(2)]
    before = sum(server.cpu_times()[:2])
    begun = time.perf_counter()

    async def one(connection: Connection) -> None:
        nonlocal done
        while bodies and time.perf_counter() - begun < seconds:
            whole = request(
                "POST", "/v1/reports:batch", bodies.pop(), Content_Type="application/x-ndjson",
                Authorization=f"Source {key}",
            )  # fmt: skip
            at = time.perf_counter()
            status, body = await connection.ask(whole)
            answered.append(time.perf_counter() - at)
            if status != 200:
                raise RuntimeError(f"the batch was answered {status}: {body[:200]!r}")
            done += body.count(b'"status":202')

    await asyncio.gather(*(one(connection) for connection in connections))
    elapsed = time.perf_counter() - begun
    return {
        "per_s": round(done / elapsed, 1),
        "lines": size,
        # What remains comparable on a machine that has other work.
        "cpu_us_a_line": round((sum(server.cpu_times()[:2]) - before) / max(1, done) * 1e6, 1),
        "answer_s_p50": round(sorted(answered)[len(answered) // 2], 3),
    }


async def _queue(port: int, cookie: str, seconds: float) -> dict[str, float]:
    whole = request("GET", "/v1/incidents?limit=50", Cookie=cookie)
    await as_fast_as_possible(port, lambda _: whole, 1, 1.0)
    tally = await as_fast_as_possible(port, lambda _: whole, 1, seconds)
    return _figures(tally, 200)


async def _sign_in(port: int, settings: Settings) -> str:
    link = await make_link(settings, "operator")
    connection = await Connection.open(port)
    return await _headers(connection, request("GET", "/auth/link/" + link.rsplit("/", 1)[1]))


async def _headers(connection: Connection, whole: bytes) -> str:
    connection._writer.write(whole)  # noqa: SLF001 - the only answer whose headers are wanted
    head = await connection._reader.readuntil(b"\r\n\r\n")  # noqa: SLF001
    for line in head.decode("latin-1").split("\r\n"):
        if line.lower().startswith("set-cookie:"):
            return line.partition(":")[2].strip().partition(";")[0]
    raise RuntimeError(f"no cookie: {head!r}")


async def measure(dsn: str, seconds: float, crowd: tuple[int, ...] = CROWD) -> dict[str, float]:
    """Measure on a running PostgreSQL and return the figures."""
    public, _ = new_box_keys()
    env = {
        "WEIRHOUSE_POSTGRES_URL": dsn, "WEIRHOUSE_SESSION_KEY": secrets.token_hex(32),
        "WEIRHOUSE_PSEUDONYM_KEY": secrets.token_hex(32), "WEIRHOUSE_SEALING_PUBLIC_KEY": public,
        "WEIRHOUSE_LOG_LEVEL": "WARNING",
    }  # fmt: skip
    settings = Settings.model_validate({"postgres_url": dsn})
    await migrate.migrate(dsn, settings.schema_name)
    city = read_city(demo_city())
    await load_city(settings, city)
    source = next(s.id for s in city.sources if s.sort == "person")
    key = (await make_source_keys(settings, [source]))[source]
    out: dict[str, float] = {}
    port = free_port()
    with serving(["-m", "loadtests.bench.bare", str(port)], env, port):
        out |= _named("bare", await _one_by_one(port, "/reports", city, seconds))
    port = free_port()
    env["WEIRHOUSE_API_PORT"] = str(port)
    with serving(["-m", "api"], env, port) as server:
        out |= _named("door", await _one_by_one(port, "/v1/reports", city, seconds, Authorization=f"Source {key}"))
        out |= _named("batch", await _batches(port, city, key, seconds, server))
        cookie = await _sign_in(port, settings)
        there = 0
        for wanted in crowd:
            await fill(dsn, settings.schema_name, [zone.id for zone in city.zones], wanted - there, there)
            there = wanted
            out |= _named(f"queue_{wanted}", await _queue(port, cookie, seconds))
    return out


def _named(prefix: str, found: dict[str, float]) -> dict[str, float]:
    return {f"{prefix}_{name}": value for name, value in found.items()}


def run(args: Arguments) -> Result:
    """Start a PostgreSQL of our own, measure, stop it."""
    with tempfile.TemporaryDirectory(prefix="weirhouse-bench-") as folder:
        settings = Settings.model_validate({"state_dir": Path(folder), "kafka_url": "none:1", "postgres_url": ""})
        with House(settings) as house:
            found = asyncio.run(measure(house.postgres_url, args.seconds))
    found |= through.measure(args.seed)
    got = {
        "single_share": found["door_per_s"] / found["bare_per_s"],
        "batch_per_s": found["batch_per_s"],
        "queue_10k_p50_ms": found["queue_10000_p50_ms"],
        "queue_1m_p50_ms": found["queue_1000000_p50_ms"],
        "door_to_ledger_p50_ms": found["door_to_ledger_p50_ms"],
        "door_to_ledger_p99_ms": found["door_to_ledger_p99_ms"],
    }
    bars = [
        Bar(name, floor, goal, round(got[name], 3), lower_is_better=floor > goal)
        for name, (floor, goal) in BARS.items()
    ]
    return Result("doors", found, bars)
