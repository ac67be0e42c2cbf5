# SPDX-License-Identifier: Apache-2.0
"""The doors on the real PostgreSQL: what comes in, what is refused and how, what is answered twice."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator

import psycopg
import pytest

from tests.integration.api.rooms import APP_KEY, SENSOR_KEY, Room
from weirhouse.ledger.ports import Accept, Accepted

APP = {"Authorization": f"Source {APP_KEY}", "Content-Type": "application/json"}
ALARM = {"Authorization": f"Source {SENSOR_KEY}", "Content-Type": "application/json"}


def nested(depth: int) -> bytes:
    """Return an object that nests `depth` deep."""
    return b'{"attributes":' + b'{"a":' * (depth - 1) + b'"x"' + b"}" * depth


BAD = {
    "malformed": (b'{"id": "a"', 400, "malformed", ""),
    "not json": (b"hello", 400, "malformed", ""),
    "NaN": (b'{"id":"a","location":{"point":{"lat":NaN,"lon":1}}}', 400, "malformed", ""),
    "infinity": (b'{"id":"a","location":{"point":{"lat":1e999,"lon":1}}}', 422, "invalid-value", "location.point.lat"),
    "wrong type": (b'{"id":"a","description":5}', 422, "invalid-value", "description"),
    "text for a number": (
        b'{"id":"a","location":{"point":{"lat":"1","lon":1}}}', 422, "invalid-value", "location.point.lat"),
    "out of range": (b'{"id":"a","location":{"point":{"lat":91,"lon":1}}}', 422, "invalid-value", "location.point.lat"),
    "missing": (b'{"id":"a","location":{"point":{"lat":1}}}', 422, "invalid-value", "location.point.lon"),
    "unknown field": (b'{"id":"a","location":{"where":1}}', 422, "unknown-field", "location.where"),
    "invalid UTF-8": (b'{"id":"a","description":"\xff\xfe"}', 400, "malformed", ""),
    "lone surrogate": (b'{"id":"a","description":"\\ud800"}', 400, "malformed", ""),
    "NUL": (b'{"id":"a","description":"a\\u0000b"}', 422, "invalid-value", "description"),
    "separator in the id": (b'{"id":"a\\u001fb"}', 422, "invalid-value", "id"),
    "depth 200": (nested(200), 400, "malformed", ""),
    "1970": (b'{"id":"a","observed_at":"1970-01-01T00:00:00Z"}', 422, "invalid-value", "observed_at"),
    "2100": (b'{"id":"a","observed_at":"2100-01-01T00:00:00Z"}', 422, "invalid-value", "observed_at"),
    "no time zone": (b'{"id":"a","observed_at":"2026-01-01T00:00:00"}', 422, "invalid-value", "observed_at"),
    "too long": (b'{"id":"a","description":"' + b"x" * 10_001 + b'"}', 422, "invalid-value", "description"),
    "no key": (b'{"description":"x"}', 428, "key-required", ""),
    "another's name": (b'{"id":"a","source":"alarm"}', 403, "forbidden", ""),
}  # fmt: skip


async def test_bad_input_is_refused_with_its_path_and_the_door_goes_on(room: Room) -> None:
    for name, (body, status, code, path) in BAD.items():
        answer = await room.http.post("/v1/reports", content=body, headers=APP)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (status, code), (name, problem)
        assert answer.headers["content-type"] == "application/problem+json"
        assert [error["path"] for error in problem.get("errors", ())] == ([path] if path else []), name
        good = await room.http.post("/v1/reports", json={"id": f"good {name}"}, headers=APP)
        assert good.status_code == 202, name


async def test_ten_megabytes_are_refused_before_they_are_read(room: Room) -> None:
    answer = await room.http.post("/v1/reports", content=b"x" * 10_000_000, headers=APP)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")

    async def drip() -> object:
        for _ in range(160):
            yield b"x" * 65_536

    answer = await room.http.post("/v1/reports", content=drip(), headers=APP)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


async def test_media_type_and_key_are_checked(room: Room) -> None:
    answer = await room.http.post("/v1/reports", content=b"{}", headers={**APP, "Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    answer = await room.http.post("/v1/reports", json={"id": "a"}, headers={"Authorization": "Source nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    answer = await room.http.post("/v1/reports", json={"id": "a"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_the_same_again_is_answered_the_same_and_another_body_is_refused(room: Room, room_dsn: str) -> None:
    body = {"description": "tree down", "location": {"address": "12 Mill Street"}}
    headers = {**APP, "Idempotency-Key": "k1"}
    first = await room.http.post("/v1/reports", json=body, headers=headers)
    again = await room.http.post("/v1/reports", json=body, headers=headers)
    other = await room.http.post("/v1/reports", json={**body, "description": "two trees"}, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert first.json()["zone"] == "west"
    assert (other.status_code, other.json()["code"]) == (422, "key-reused")
    with psycopg.connect(room_dsn) as connection:
        counts = connection.execute(
            "select (select count(*) from weirhouse.inbox), (select count(*) from weirhouse.outbox)"
        ).fetchone()
    assert counts == (1, 1)


async def test_a_second_request_while_the_first_is_answered_is_told_so(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = asyncio.Event()
    doors = room.house.ledgers[0].doors
    plain = doors.accept

    async def slow(items: list[Accept]) -> list[Accepted]:
        await held.wait()
        return await plain(items)

    monkeypatch.setattr(doors, "accept", slow)
    headers = {**APP, "Idempotency-Key": "k2"}
    first = asyncio.create_task(room.http.post("/v1/reports", json={"description": "noise"}, headers=headers))
    await asyncio.sleep(0.2)
    second = await room.http.post("/v1/reports", json={"description": "noise"}, headers=headers)
    held.set()
    assert (second.status_code, second.json()["code"]) == (409, "in-flight")
    assert (await first).status_code == 202


async def test_words_and_registry_choose_lane_and_zone(room: Room) -> None:
    async def send(headers: dict[str, str], **body: object) -> dict[str, object]:
        answer = await room.http.post("/v1/reports", json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        found: dict[str, object] = answer.json()
        return found

    fire = await send(APP, id="1", description="House on fire, people trapped inside", location={
        "point": {"lat": 10.05, "lon": 10.15}})  # fmt: skip
    assert (fire["lane"], fire["zone"]) == ("life", "east")
    chinese = await send(APP, id="2", description="着火了，里面有人", location={"address": "磨坊街12号"})
    assert (chinese["lane"], chinese["zone"]) == ("life", "west")
    claimed = await send(APP, id="3", description="please come", life_safety=True)
    assert (claimed["lane"], claimed["zone"]) == ("ordinary", "unplaced")
    entitled = await send(ALARM, id="4", description="panel 7", life_safety=True, location={"place_id": "p2"})
    assert (entitled["lane"], entitled["zone"]) == ("life", "east")


async def test_a_batch_is_answered_line_by_line_and_a_bad_line_harms_no_other(room: Room) -> None:
    lines = [
        b'{"id":"b1","description":"street light out"}',
        b'{"id":"b2","description":',
        b'{"id":"b3","description":"fire, people trapped"}',
        b'{"id":"b1","description":"street light out"}',
        b'{"id":"b1","description":"another"}',
        b'{"id":"b5","nonsense":1}',
    ]
    headers = {**APP, "Content-Type": "application/x-ndjson"}
    answer = await room.http.post("/v1/reports:batch", content=b"\n".join(lines) + b"\n", headers=headers)
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [(row["status"], row.get("code", "")) for row in rows] == [
        (202, ""), (400, "malformed"), (202, ""), (202, ""), (422, "key-reused"), (422, "unknown-field")]  # fmt: skip
    assert rows[2]["lane"] == "life"
    assert rows[0]["id"] == rows[3]["id"]


async def test_more_lines_than_allowed_are_said_to_be_unread(room_dsn: str) -> None:
    from tests.integration.api.rooms import open_room, settings_of

    async with open_room(settings_of(room_dsn, batch_max_lines=3)) as room:
        content = b"".join(b'{"id":"%d"}\n' % n for n in range(5))
        headers = {**APP, "Content-Type": "application/x-ndjson"}
        answer = await room.http.post("/v1/reports:batch", content=content, headers=headers)
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert [row["status"] for row in rows] == [202, 202, 202, 413]


async def test_personal_parts_are_sealed_and_one_number_is_one_person(room: Room, room_dsn: str) -> None:
    who = {"phone": "+86 138 0013 8000", "name": "Li Hua", "token": "t"}
    for key, phone in (("p1", "+86 138 0013 8000"), ("p2", "8613800138000")):
        body = {"id": key, "description": "noise", "reporter": {**who, "phone": phone}}
        assert (await room.http.post("/v1/reports", json=body, headers=APP)).status_code == 202
    with psycopg.connect(room_dsn) as connection:
        kept = connection.execute("select body from weirhouse.inbox").fetchall()
        sealed = connection.execute("select distinct subject from weirhouse.personal").fetchall()
    assert len(sealed) == 1
    for (body,) in kept:
        assert b"138" not in body
        assert b"Li Hua" not in body
        assert json.loads(body)["reporter"] == sealed[0][0]


async def test_many_at_once_share_commits_and_are_all_safe(room: Room, room_dsn: str) -> None:
    async def one(number: int) -> int:
        answer = await room.http.post("/v1/reports", json={"id": f"m{number}", "description": "noise"}, headers=APP)
        return answer.status_code

    assert set(await asyncio.gather(*(one(n) for n in range(300)))) == {202}
    with psycopg.connect(room_dsn) as connection:
        row = connection.execute("select count(*) from weirhouse.inbox").fetchone()
    assert row == (300,)
    text = (await room.http.get("/metrics")).text
    accepted = next(
        line for line in text.splitlines() if 'door_reports_total{lane="ordinary",outcome="accepted"}' in line
    )
    assert float(accepted.split()[-1]) == 300.0


async def test_a_report_can_be_followed_by_its_source_only(room: Room) -> None:
    body = b'{"id":"f1","description":"noise"}'
    answer = await room.http.post("/v1/reports", content=body, headers=APP)
    href = answer.json()["href"]
    mine = await room.http.get(href, headers=APP)
    assert (mine.status_code, mine.json()["disposition"]) == (200, "in_flight")
    assert (await room.http.get(href, headers=ALARM)).status_code == 404
    assert (await room.http.get(href, headers=room.bearer("call_taker"))).status_code == 200
    assert (await room.http.get("/v1/reports/" + hashlib.md5(b"x").hexdigest(), headers=APP)).status_code == 404


async def test_nobody_speaks_for_a_source_that_is_another_or_none(room: Room) -> None:
    taker, machine = room.bearer("call_taker"), room.bearer("source", subject="alarm")
    for who, source, status, code in (
        (taker, "", 202, ""), (taker, "desk", 202, ""), (taker, "app", 202, ""),
        (taker, "alarm", 403, "forbidden"), (taker, "nobody", 422, "invalid-value"),
        (machine, "", 202, ""), (machine, "alarm", 202, ""), (machine, "app", 403, "forbidden"),
        (machine, "desk", 403, "forbidden"),
        (room.bearer("source", subject="nobody"), "", 422, "invalid-value"),
        (room.bearer("source", "supervisor", subject="nobody"), "app", 422, "invalid-value"),
    ):  # fmt: skip
        body = {"id": f"{who}{source}"[-60:], "source": source, "description": "noise"}
        answer = await room.http.post("/v1/reports", json=body, headers=who)
        assert (answer.status_code, answer.json().get("code", "")) == (status, code), (source, answer.text)
        if status == 422:
            assert answer.json()["errors"][0] == {
                "path": "source", "reason": answer.json()["errors"][0]["reason"], "code": "unknown-source",
            }  # fmt: skip
    sent = await room.http.post("/v1/reports", json={"id": "mine"}, headers=machine)
    assert (await room.http.get(sent.json()["href"], headers=machine)).status_code == 200
    assert (await room.http.get(sent.json()["href"], headers=ALARM)).status_code == 200
    other = await room.http.get(sent.json()["href"], headers=room.bearer("source", subject="app"))
    assert other.status_code == 404


async def test_a_batch_that_grows_too_large_half_way_answers_what_is_safe(room: Room) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for number in range(1200):
            yield b'{"id":"half%d","description":"noise"}\n' % number
        yield b'{"id":"long","description":"' + b"x" * 300_000

    headers = {**APP, "Content-Type": "application/x-ndjson"}
    answer = await room.http.post("/v1/reports:batch", content=stream(), headers=headers)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert (answer.status_code, len(lines)) == (200, 1201)
    assert {line["status"] for line in lines[:-1]} == {202}
    assert (lines[-1]["status"], lines[-1]["code"]) == (413, "too-large")
    text = (await room.http.get("/metrics")).text
    assert 'weirhouse_door_reports_total{lane="ordinary",outcome="accepted"} 1200.0' in text
    assert 'weirhouse_door_reports_total{lane="none",outcome="refused"} 1.0' in text
