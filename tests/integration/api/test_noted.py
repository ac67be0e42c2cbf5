# SPDX-License-Identifier: Apache-2.0
"""What nobody foresaw is answered 500, and noted as it says: logged without anybody's words, and counted."""

from __future__ import annotations

import logging

import psycopg
import pytest

from tests.integration.api.rooms import APP_KEY, Room


async def test_a_refusal_of_the_ledger_is_logged_and_counted(
    room: Room, room_dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    with psycopg.connect(room_dsn) as connection:
        connection.execute("alter table weirhouse.teams rename to gone")
    with caplog.at_level(logging.ERROR, "api"):
        answer = await room.http.get("/v1/teams/Li-Hua", headers=room.bearer("operator"))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    noted = [vars(line) for line in caplog.records if line.name == "api.errors"]
    assert [(line["why"], line["route"]) for line in noted] == [("PostgreSQL refuses (42P01)", "/v1/teams/{team_id}")]
    assert 'weirhouse_ledger_errors_total{kind="refuses"} 1.0' in (await room.http.get("/metrics")).text


async def test_a_door_notes_it_too_and_tells_nobody_what_was_said(
    room: Room, room_dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    with psycopg.connect(room_dsn) as connection:
        connection.execute("alter table weirhouse.inbox add constraint quiet check (key <> 'k')")
    headers = {"Authorization": f"Source {APP_KEY}"}
    with caplog.at_level(logging.ERROR, "api"):
        answer = await room.http.post("/v1/reports", json={"id": "k", "description": "Li Hua"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert [vars(line)["why"] for line in caplog.records if line.levelno >= logging.ERROR] == [
        "PostgreSQL refuses (23514)"
    ]
    assert 'weirhouse_ledger_errors_total{kind="refuses"} 1.0' in (await room.http.get("/metrics")).text
