# SPDX-License-Identifier: Apache-2.0
"""An act whose process is killed after it was written, before it was answered: does the repeat hear what happened?"""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Any

import pytest

from tests.integration.api.rooms import Room, open_incident
from tests.integration.api.test_desk import post, seen
from weirhouse.clock import system_clock
from weirhouse.domain.decision import DeskWrite
from weirhouse.ledger.ports import LedgerAway
from weirhouse.ledger.postgres import PostgresLedger

KILLED = """
import asyncio, os, signal, sys, time
import msgspec
from weirhouse.domain.decision import DeskWrite
from weirhouse.ledger.keyed import Answer
from weirhouse.ledger.postgres import PostgresLedger

async def main(dsn: str) -> None:
    async with PostgresLedger(dsn, size=1) as ledger:
        now = time.time()
        assert await ledger.desk.begin_idempotent("ann", "k", b"asked", now) is None
        team = msgspec.structs.replace(await ledger.desk.team("t1"), state="out_of_service")
        answer = Answer("ann", "k", lambda done: msgspec.json.encode([row.state for row in done.teams]))
        await ledger.desk.write(DeskWrite(teams=(team,)), now, answer=answer)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(sys.argv[1]))
"""


async def test_the_answer_outlives_the_process_that_was_to_give_it(room_dsn: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, room_dsn)
    assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
    async with PostgresLedger(room_dsn, size=1) as ledger:
        now = system_clock().timestamp()
        told = await ledger.desk.begin_idempotent("ann", "k", b"asked", now)
        assert told == b'{"status":200,"answer":["out_of_service"]}'
        assert (await ledger.desk.team("t1")).state == "out_of_service"


async def test_a_repeat_over_http_hears_what_happened(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    incident = await open_incident(room, "a")
    who = room.bearer("dispatcher")
    desk: Any = room.house.desk
    real = desk.write

    async def written_and_lost(*args: Any, **kwargs: Any) -> DeskWrite:
        await real(*args, **kwargs)
        raise LedgerAway("the connection broke after the commit")

    async def send() -> Any:
        path = f"/v1/incidents/{incident.id}:assign"
        return await post(room, path, "k1", incident.decision_version, who, team_ids=["t1"], reason="near")

    with monkeypatch.context() as broken:
        broken.setattr(desk, "write", written_and_lost)
        assert (await send()).status_code == 503
    again = await send()
    assert again.status_code == 200, again.text
    (sent,) = again.json()["assignments"]
    assert (sent["team_id"], again.json()["incident"]["teams"]) == ("t1", 1)
    assert [row["id"] for row in (await seen(room, incident.id))["assignments"]] == [sent["id"]]
    assert (await send()).content == again.content
