# SPDX-License-Identifier: Apache-2.0
"""`weirhouse demo --once`: one storm or replay in a namespace of its own, drained, counted, and taken away again."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from weirhouse.cli import brokers, drain, generator, proofs, running, stores, summary
from weirhouse.cli.keys import keep_source_keys
from weirhouse.cli.rooms import Room, apart, opened, serve
from weirhouse.cli.subscriber import Subscriber
from weirhouse.cli.talk import Stop, Talk
from weirhouse.clock import system_clock
from weirhouse.embedded.folders import prepare
from weirhouse.embedded.house import module
from weirhouse.ledger.migrate import drop
from weirhouse.settings import PREFIX, Settings

# A profile's own duration is minutes; a machine under load takes longer to start.
SEND_WITHIN_S = 3_600.0

CITY_WITHIN_S = 120.0

# A replay's instants are as old as its data: the door's limit on age is lifted in its namespace, and its sources'
# `clock_behind_s` keeps the event times as they are.
REPLAY_ENVIRONMENT = {f"{PREFIX}EVENT_TIME_MAX_PAST": "P36525D"}


@dataclass(frozen=True)
class Replay:
    """A data set sent again: which, from where, which days, how fast."""

    dataset: str
    data: Path
    first: str
    before: str
    speed: str

    @classmethod
    def asked(
        cls, dataset: str, data: Path | None, first: str, before: str, speed: str, *, once: bool
    ) -> Replay | None:
        """Return the replay that was asked for, or None.

        Raises
        ------
        Stop
            Something is missing or no date.
        """
        if not dataset:
            return None
        try:
            days = (date.fromisoformat(first), date.fromisoformat(before))
        except ValueError as error:
            raise Stop("replay-needs", code=2) from error
        if not (once and data is not None and days[0] < days[1]):
            raise Stop("replay-needs", code=2)
        if not (data / "events.csv.gz").is_file():
            raise Stop("no-data", path=data, file="events.csv.gz")
        return cls(dataset, data, first, before, speed or "max")

    def arguments(self) -> list[str]:
        """Return the generator's arguments."""
        days = ["--from", self.first, "--to", self.before]
        return [self.dataset, "--data", str(self.data), *days, "--speed", self.speed]

    def city(self, target: Path) -> Path:
        """Have the generator write the city that the data needs, and return its file.

        Raises
        ------
        Stop
            It failed.
        """
        argv = module("loadtests.replay", self.dataset, "--data", str(self.data), "--city-out", str(target))
        done = subprocess.run(
            argv, cwd=generator.CHECKOUT, capture_output=True, text=True, timeout=CITY_WITHIN_S, check=False
        )
        if done.returncode:
            raise Stop("storm-failed", status=done.returncode, why=done.stderr.strip()[-200:], log="-")
        return target


Look = Callable[[Room, Path], Mapping[str, Any]]
"""Called when all is drained, with the room and the run's folder (`truth.jsonl`); its answer is added to the run's."""


@dataclass(frozen=True)
class Ran:
    """One run: whether conservation held, and everything that was found as JSON values."""

    holds: bool
    answer: dict[str, Any]


def once_through(
    settings: Settings,
    talk: Talk,
    storm: Sequence[str],
    name: str,
    replay: Replay | None = None,
    drain_within_s: float = 300.0,
    look: Look = lambda room, folder: {},
) -> Ran:
    """Run once. The namespace is removed when conservation held, and kept when it did not."""
    with _namespace(settings, talk, REPLAY_ENVIRONMENT if replay else {}) as room:
        folder = prepare(room.settings.state_dir / "runs" / room.settings.namespace)
        path = replay.city(folder / "city.json") if replay else stores.demo_city()
        city = stores.read_city(path)
        asyncio.run(stores.load_city(room.settings, city))
        people = [source.id for source in city.sources if source.rules is None]
        keys = keep_source_keys(folder, asyncio.run(stores.make_source_keys(room.settings, people)))
        if stand := serve(room, talk):
            raise Stop("stands", names=", ".join(stand), folder=room.settings.state_dir / "logs")
        link = asyncio.run(stores.make_link(room.settings, "supervisor", "demo-subscriber"))
        subscriber = Subscriber(room.api_url, link, system_clock)
        subscriber.start()
        subscriber.ready.wait(15)
        sent = _send(room, talk, folder, keys, storm, name, replay, path)
        talk.step("draining")
        took = drain.wait(room, drain_within_s)
        ran = _judge(room, talk, subscriber, sent)
        answer = {"namespace": room.settings.namespace, "drained_s": round(took, 2), **ran.answer, **look(room, folder)}
        if ran.holds:
            _forget(room)
    return Ran(ran.holds, answer)


def _judge(room: Room, talk: Talk, subscriber: Subscriber, sent: dict[str, Any]) -> Ran:
    seen = subscriber.finish()
    sets = asyncio.run(proofs.reconciled(room.settings, drained=True))
    rows = asyncio.run(proofs.verified(room.settings))
    found = asyncio.run(summary.figures(room.settings, seen))
    lines = summary.conservation(sent, found, sets, rows)
    summary.show(talk, found, lines)
    answer = {
        "sent": sent,
        **asdict(found),
        "subscriber": {"messages": seen.messages, "gaps": seen.gaps, "trouble": subscriber.trouble},
        "conservation": [{**asdict(line), "what": line.what, "holds": line.holds} for line in lines],
    }
    return Ran(all(line.holds for line in lines), answer)


@contextmanager
def _namespace(settings: Settings, talk: Talk, extra: dict[str, str]) -> Iterator[Room]:
    """Open a namespace: on the stores of the house that runs from this folder, or on ones started for it."""
    base = settings
    if running.holder(settings.state_dir):
        there = running.connected(settings)
        base = Settings.model_validate({**there.model_dump(), "state_dir": settings.state_dir / "beside"})
    with opened(apart(base, f"once_{secrets.token_hex(4)}"), talk, extra) as room:
        yield room


def _send(
    room: Room,
    talk: Talk,
    folder: Path,
    keys: Path,
    storm: Sequence[str],
    name: str,
    replay: Replay | None,
    city: Path,
) -> dict[str, Any]:
    out = folder / "sent.json"
    doors = ["--api", room.api_url, "--keys", str(keys), "--out", str(out), "--json"]
    if replay:
        talk.step("replay-sending", dataset=replay.dataset, first=replay.first, last=replay.before)
        process = generator.start(room, "replay", [*replay.arguments(), *doors])
    else:
        talk.step("storm-sending", profile=name)
        devices = ["--kafka", room.settings.kafka_url, "--prefix", room.settings.topic_prefix]
        devices += ["--city", str(city), "--truth", str(folder / "truth.jsonl")]
        process = generator.start(room, "storm", [*storm, *doors, *devices])
    generator.wait(process, SEND_WITHIN_S)
    sent = generator.answer(out, process)
    talk.step("storm-sent", reports=sent["reports"], readings=sent["readings"], seconds=sent["elapsed_s"])
    return sent


def _forget(room: Room) -> None:
    """Stop the namespace's processes and take its topics and its schema away."""
    for name in ("api", "worker", "relay"):
        room.house.process(name).stop()
    brokers.remove(room.settings.kafka_url, room.settings.namespace)
    asyncio.run(drop(room.settings.database, room.settings.schema_name))
