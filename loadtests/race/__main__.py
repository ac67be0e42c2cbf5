# SPDX-License-Identifier: Apache-2.0
"""`python -m loadtests.race --seed S [--json]`: 50 dispatchers, 40 teams, 400 incidents, and processes that die.

Two API processes on one PostgreSQL of our own; every few seconds one of the three is killed with SIGKILL and started
again. Then every answer is held against every change of every row. Exit code 0: nothing was given twice, no state was
reached that is not legal, every version rose, every promise was kept; 1: something was not; 2: it could not be run.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import secrets
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import psycopg

from api.dev_issuer import DevIssuer
from loadtests.bench.doors import free_port
from loadtests.bench.frame import Arguments, Bar, Result
from loadtests.race import history as checks
from loadtests.race.crowd import Dispatcher, Field
from loadtests.race.history import History, Told
from loadtests.race.stage import INCIDENTS, TEAMS, furnish
from weirhouse.clock import system_clock
from weirhouse.embedded.errors import EmbeddedError
from weirhouse.embedded.house import House, Service, module
from weirhouse.ledger import migrate
from weirhouse.settings import Settings

DISPATCHERS: Final = 50
APIS: Final = 2
SECONDS: Final = 45.0
PAUSE_S: Final = (2.0, 5.0)
"""Between one killed process that is back and the next kill."""


def _services(secret: str) -> list[Service]:
    made = []
    for number in range(APIS):
        port = free_port()
        env = {
            "WEIRHOUSE_API_PORT": str(port), "WEIRHOUSE_SESSION_KEY": secret, "WEIRHOUSE_PSEUDONYM_KEY": secret,
            "WEIRHOUSE_KAFKA_URL": "", "WEIRHOUSE_LOG_LEVEL": "ERROR",
        }  # fmt: skip
        ready = f"http://127.0.0.1:{port}/healthz"
        made.append(Service(name=f"api{number}", argv=module("api"), env=env, ready_url=ready, port=port))
    return made


def killer(house: House, over: asyncio.Event, seed: int) -> dict[str, int]:
    """Kill one process after the other, wait until it is back; return how often each died.

    Moments are chance's; the order is shuffled in rounds, so that even a short race kills each of them.
    """
    chance = random.Random(seed)
    killed: dict[str, int] = {}
    coming: list[str] = []
    while not over.is_set():
        time.sleep(chance.uniform(*PAUSE_S))
        if over.is_set():
            break
        if not coming:
            coming = sorted(house.processes)
            chance.shuffle(coming)
        name = coming.pop()
        process = house.process(name)
        process.kill()
        killed[name] = killed.get(name, 0) + 1
        time.sleep(chance.uniform(0.0, 1.0))
        process.restart()
    return killed


async def race(house: House, services: list[Service], settings: Settings, seed: int, seconds: float) -> dict[str, Any]:
    """Let them race while processes die; return the history and how many were killed."""
    incidents = await furnish(settings.database, settings.schema_name)
    secret = settings.session_key.get_secret_value().encode()
    urls = [str(service.ready_url).rpartition("/")[0] for service in services]
    ports = {url: service.port for url, service in zip(urls, services, strict=True)}
    issuers = {
        url: DevIssuer(settings.model_copy(update={"api_port": port}), secret, system_clock)
        for url, port in ports.items()
    }

    def token(url: str, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {issuers[url].mint(name, ('dispatcher',), ('*',))}"}

    history, over = History(), asyncio.Event()
    field = Field(urls, incidents, [f"t{n:02d}" for n in range(TEAMS)], history, token)
    limits = httpx.Limits(max_connections=DISPATCHERS * APIS)
    async with httpx.AsyncClient(timeout=8.0, trust_env=False, limits=limits) as http:
        crowd = [Dispatcher(f"d{n}", field, http, seed * 1_000 + n) for n in range(DISPATCHERS)]
        working = [asyncio.create_task(one.work(over)) for one in crowd]
        killing = asyncio.create_task(asyncio.to_thread(killer, house, over, seed))
        await asyncio.sleep(seconds)
        over.set()
        killed = await killing
        await asyncio.wait_for(asyncio.gather(*working), 60)
    return {"history": history, "killed": killed}


def told_of(dsn: str, schema: str) -> list[Told]:
    """Return every change of incidents, teams and assignments, in the order in which their rows changed."""
    with psycopg.connect(dsn, options=f"-c search_path={schema}") as ledger:
        rows = ledger.execute("select kind, entity, version, body from changes order by change_id").fetchall()
    kinds = ("incident", "team", "assignment")
    return [
        Told(kind, entity, version, msgspec.json.decode(body)) for kind, entity, version, body in rows if kind in kinds
    ]


def judge(dsn: str, schema: str, history: History) -> dict[str, list[str]]:
    """Return what is wrong, by check."""
    told = told_of(dsn, schema)
    with psycopg.connect(dsn, options=f"-c search_path={schema}") as ledger:
        rows = ledger.execute("select assignment_id::text, team_id, history::text from assignments").fetchall()
        miscounted = ledger.execute(
            "select i.incident_id::text, i.teams, count(a.assignment_id) from incidents i"
            " left join assignments a on a.incident_id = i.incident_id and a.state = any(%s)"
            " group by i.incident_id, i.teams having i.teams <> count(a.assignment_id)",
            (sorted(checks.ACTIVE),),
        ).fetchall()
    spans = {
        key.replace("-", ""): (team, [(state, at) for state, at, _ in msgspec.json.decode(steps)])
        for key, team, steps in rows
    }
    return {
        "overlaps_in_ledger": checks.overlaps_in_ledger(told),
        "overlaps_in_time": checks.overlaps_in_time(spans),
        "overlaps_as_seen": checks.overlaps_as_seen(history),
        "illegal_paths": checks.illegal_paths(told),
        "versions_not_rising": checks.versions_not_rising(told),
        "answers_not_kept": checks.answers_not_kept(history, frozenset(spans)),
        "miscounted_incidents": [str(row) for row in miscounted],
    }


def run(args: Arguments) -> Result:
    """Start a house of our own, race, judge, stop it."""
    secret = secrets.token_hex(32)
    with tempfile.TemporaryDirectory(prefix="weirhouse-race-") as folder:
        given = {"state_dir": Path(folder) / "state", "kafka_url": "none:1", "postgres_url": ""}
        with House(Settings.model_validate(given), fast=True) as house:
            settings = Settings.model_validate({"postgres_url": house.postgres_url, "session_key": secret})
            asyncio.run(_prepare(settings))
            services = _services(secret)
            house.start(services)
            begun = time.monotonic()
            raced = asyncio.run(race(house, services, settings, args.seed, args.seconds))
            elapsed_s = time.monotonic() - begun
            history: History = raced["history"]
            wrong = judge(settings.database, settings.schema_name, history)
    for name, lines in wrong.items():
        for line in lines[:10]:
            print(f"{name}: {line}", file=sys.stderr)
    last = list(history.last().values())
    assigned = sum(event.kind == "ok" and event.what == "assign" for event in last)
    figures: dict[str, float] = {
        "dispatchers": DISPATCHERS, "teams": TEAMS, "incidents": INCIDENTS, "seconds": round(elapsed_s, 1),
        "calls": history.calls, "assigned": assigned,
        **{kind: float(sum(event.kind == kind for event in last)) for kind in ("ok", "fail", "info")},
        **{f"killed_{name}": float(count) for name, count in sorted(raced["killed"].items())},
        **{name: float(len(lines)) for name, lines in wrong.items()},
    }  # fmt: skip
    bars = [Bar(name, 0.0, 0.0, float(len(lines)), lower_is_better=True) for name, lines in wrong.items()]
    bars.append(Bar("assigned", 50.0, 200.0, float(assigned)))
    bars.append(Bar("killed", 3.0, 5.0, float(sum(raced["killed"].values()))))
    return Result("race", figures, bars)


async def _prepare(settings: Settings) -> None:
    await migrate.migrate(settings.database, settings.schema_name)


def main() -> int:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.race", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long they race (all of it takes < 120 s)")
    parser.add_argument("--json", action="store_true", help="one line of JSON as the last line")
    options = parser.parse_args()
    args = Arguments(seed=options.seed, seconds=options.seconds)
    try:
        result = run(args)
    except (EmbeddedError, OSError) as error:
        print(f"The race could not be run: {error}", file=sys.stderr)
        return 2
    print(result.line(args) if options.json else result.table())
    return 0 if result.floors_met else 1


if __name__ == "__main__":
    sys.exit(main())
