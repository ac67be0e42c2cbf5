# SPDX-License-Identifier: Apache-2.0
"""The desk on the real PostgreSQL: acts decided once, on what the person saw, with a clear no otherwise."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import msgspec

from tests.integration.api.rooms import Room, open_incident
from weirhouse.domain.decision import DeskWrite

DISPATCHER = ("dispatcher",)


async def post(room: Room, path: str, key: str, etag: object, who: dict[str, str], **body: object) -> httpx.Response:
    """Do an act."""
    headers = {**who, "Idempotency-Key": key, "If-Match": f'"{etag}"'}
    return await room.http.post(path, json=body, headers=headers)


async def seen(room: Room, incident_id: str) -> dict[str, Any]:
    """Return the incident as a dispatcher sees it."""
    found: dict[str, Any] = (
        await room.http.get(f"/v1/incidents/{incident_id}", headers=room.bearer("operator"))
    ).json()
    return found


async def test_the_whole_way_of_a_team(room: Room) -> None:
    incident = await open_incident(room, "a")
    who = room.bearer("dispatcher")
    listed = (await room.http.get("/v1/incidents", params={"zone": "west"}, headers=who)).json()
    assert [row["id"] for row in listed["items"]] == [incident.id]
    assert (listed["total"], listed["total_capped"]) == (1, False)
    claimed = await post(room, f"/v1/incidents/{incident.id}:claim", "k1", incident.decision_version, who)
    assert claimed.status_code == 200, claimed.text
    assert claimed.json()["incident"]["owner"] == "ann"
    etag = claimed.json()["incident"]["etag"]
    sent = await post(
        room, f"/v1/incidents/{incident.id}:assign", "k2", etag, who, team_ids=["t1", "t2"], reason="near"
    )
    assert sent.status_code == 200, sent.text
    assert len(sent.json()["assignments"]) == 2
    one = sent.json()["assignments"][0]
    stranger = room.bearer("front_line", subject="t2", zones=("west",))
    for step, body in (("accept", {}), ("decline", {"reason": "x"}), ("clear", {"closing_code": "done"})):
        refused = await post(room, f"/v1/assignments/{one['id']}:{step}", f"x-{step}", one["etag"], stranger, **body)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), refused.text
    # A team may be sent over a border: its own assignment is its own wherever it is.
    crew = room.bearer("front_line", subject=one["team_id"], zones=("east",))
    version = one["etag"]
    for step, state, body in (
        ("accept", "accepted", {}), ("en-route", "en_route", {}), ("arrive", "on_scene", {}),
        ("clear", "cleared", {"closing_code": "done"}),
    ):  # fmt: skip
        answer = await post(room, f"/v1/assignments/{one['id']}:{step}", f"s-{step}", version, crew, **body)
        assert answer.status_code == 200, (step, answer.text)
        moved = next(row for row in answer.json()["assignments"] if row["id"] == one["id"])
        assert moved["state"] == state
        version = moved["etag"]
    refused = await post(
        room,
        f"/v1/incidents/{incident.id}:close",
        "k3",
        (await seen(room, incident.id))["etag"],
        who,
        closing_code="done",
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "team-taken")
    other = sent.json()["assignments"][1]
    down = await post(
        room, f"/v1/assignments/{other['id']}:stand-down", "k4", other["etag"], who, reason="enough there"
    )
    assert down.status_code == 200, down.text
    closed = await post(
        room,
        f"/v1/incidents/{incident.id}:close",
        "k5",
        (await seen(room, incident.id))["etag"],
        who,
        closing_code="done",
    )
    assert closed.status_code == 200, closed.text
    assert closed.json()["incident"]["state"] == "closed"
    again = await seen(room, incident.id)
    assert again["possible"] == ["reopen"]
    history = (await room.http.get(f"/v1/incidents/{incident.id}/history", headers=who)).json()["items"]
    assert {"claim", "assign", "close"} <= {line["action"] for line in history}
    opened = await post(room, f"/v1/incidents/{incident.id}:reopen", "k6", again["etag"], who, reason="smoke again")
    assert opened.json()["incident"]["flags"] == ["reopened"]


async def test_two_dispatchers_want_one_team_a_hundred_times(room: Room) -> None:
    one, two = await open_incident(room, "a"), await open_incident(room, "b", lat=10.02)
    ann, bob = room.bearer("dispatcher", subject="ann"), room.bearer("dispatcher", subject="bob")
    for turn in range(100):
        tags = {row.id: (await room.house.desk.incident(row.id)).decision_version for row in (one, two)}
        first, second = await asyncio.gather(
            post(room, f"/v1/incidents/{one.id}:assign", f"a{turn}", tags[one.id], ann, team_ids=["t1"]),
            post(room, f"/v1/incidents/{two.id}:assign", f"b{turn}", tags[two.id], bob, team_ids=["t1"]),
        )
        assert sorted((first.status_code, second.status_code)) == [200, 409], (first.text, second.text)
        won, lost = (first, second) if first.status_code == 200 else (second, first)
        problem, assignment = lost.json(), won.json()["assignments"][0]
        assert problem["code"] == "team-taken"
        assert problem["by"] == ("ann" if won is first else "bob")
        assert problem["assignment_id"] == assignment["id"]
        assert problem["incident_id"] == assignment["incident_id"]
        free = await post(room, f"/v1/assignments/{assignment['id']}:stand-down", f"f{turn}", assignment["etag"],
                          ann, reason="next turn")  # fmt: skip
        assert free.status_code == 200, free.text


async def test_two_dispatchers_on_one_incident_hear_who_has_the_team(room: Room) -> None:
    incident = await open_incident(room, "a")
    ann, bob = room.bearer("dispatcher", subject="ann"), room.bearer("dispatcher", subject="bob")
    path = f"/v1/incidents/{incident.id}:assign"
    answers = await asyncio.gather(
        post(room, path, "x", incident.decision_version, ann, team_ids=["t1"]),
        post(room, path, "y", incident.decision_version, bob, team_ids=["t1"]),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "team-taken"}


async def test_a_key_is_answered_the_same_again_and_stands_for_one_request(room: Room) -> None:
    incident = await open_incident(room, "a")
    who = room.bearer("operator")
    path = f"/v1/incidents/{incident.id}:claim"
    first = await post(room, path, "k", incident.decision_version, who)
    again = await post(room, path, "k", incident.decision_version, who)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    other = await post(room, path, "k", incident.decision_version, who, reason="another body")
    assert (other.status_code, other.json()["code"]) == (422, "key-reused")


async def test_preconditions_and_bodies_are_wanted(room: Room) -> None:
    incident = await open_incident(room, "a")
    who = room.bearer("dispatcher")
    path = f"/v1/incidents/{incident.id}:assign"
    bare = await room.http.post(path, json={"team_ids": ["t1"]}, headers=who)
    assert (bare.status_code, bare.json()["code"]) == (428, "key-required")
    bare = await room.http.post(path, json={"team_ids": ["t1"]}, headers={**who, "Idempotency-Key": "k"})
    assert (bare.status_code, bare.json()["code"]) == (428, "precondition-required")
    stale = await post(room, path, "k", 99, who, team_ids=["t1"])
    assert (stale.status_code, stale.json()["code"]) == (412, "version-conflict")
    for body, code in (({"team_ids": []}, "invalid-value"), ({"team_ids": ["t1"], "x": 1}, "unknown-field")):
        answer = await room.http.post(
            path, json=body, headers={**who, "Idempotency-Key": "k", "If-Match": f'"{incident.decision_version}"'}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    missing = await post(room, path, "k", incident.decision_version, who, team_ids=["t99"])
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")


async def test_joins_do_not_disturb_a_decision_but_decisions_do(room: Room) -> None:
    incident = await open_incident(room, "a")
    joined = msgspec.structs.replace(incident, reports=incident.reports + 1)
    await room.house.desk.write(DeskWrite(incident=joined), incident.last_at)
    who = room.bearer("operator")
    path = f"/v1/incidents/{incident.id}"
    closed = await post(room, f"{path}:close", "k", incident.decision_version, who, closing_code="done")
    assert closed.status_code == 200, closed.text
    assert closed.json()["incident"]["reports"] == 2
    late = await post(room, f"{path}:claim", "k2", incident.decision_version, who)
    assert (late.status_code, late.json()["code"]) == (412, "version-conflict")


async def test_a_join_in_the_very_moment_of_a_close_is_decided_again_by_one_of_them(room: Room) -> None:
    """Both hold the same version; the compare lets one through, the other must look again (never both unseen)."""
    who = room.bearer("operator")
    for turn in range(20):
        incident = await open_incident(room, f"{turn}x", lat=10.01 + turn * 0.004)
        joined = msgspec.structs.replace(incident, reports=incident.reports + 1)

        async def join(row: object = joined) -> str:
            try:
                await room.house.desk.write(DeskWrite(incident=row), 0.0)  # type: ignore[arg-type]
            except Exception as error:  # noqa: BLE001 - the name of what was raised is the answer
                return type(error).__name__
            return "joined"

        path = f"/v1/incidents/{incident.id}:close"
        closed, outcome = await asyncio.gather(
            post(room, path, f"c{turn}", incident.decision_version, who, closing_code="done"), join()
        )
        assert closed.status_code == 200, closed.text
        stored = await room.house.desk.incident(incident.id)
        assert stored.state == "closed"
        assert (outcome, stored.reports) in {("joined", 2), ("VersionConflict", 1)}


async def test_roles_and_zones(room: Room) -> None:
    incident = await open_incident(room, "a")
    path = f"/v1/incidents/{incident.id}"
    east = room.bearer("dispatcher", zones=("east",))
    refused = await room.http.get(path, headers=east)
    assert (refused.status_code, refused.json()["code"]) == (403, "zone-forbidden")
    assert (await room.http.get("/v1/incidents", headers=east)).json()["items"] == []
    refused = await room.http.get("/v1/incidents", params={"zone": "west"}, headers=east)
    assert refused.json()["code"] == "zone-forbidden"
    refused = await post(room, f"{path}:close", "k", incident.decision_version, east, closing_code="done")
    assert refused.json()["code"] == "zone-forbidden"
    nowhere = await room.http.get("/v1/incidents", headers=room.bearer("operator", zones=()))
    assert nowhere.json()["code"] == "zone-forbidden"
    for role, act in (
        ("call_taker", "claim"),
        ("front_line", "close"),
        ("operator", "assign"),
        ("administrator", "claim"),
    ):
        answer = await post(room, f"{path}:{act}", "k", incident.decision_version, room.bearer(role))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (role, act)
    answer = await room.http.post("/v1/reports", json={"id": "x"}, headers=room.bearer("administrator"))
    assert answer.json()["code"] == "forbidden"


async def test_nearby_shows_match_and_distance(room: Room) -> None:
    incident = await open_incident(room, "a", words="smoke from the roof of the mill")
    params: dict[str, str | float] = {
        "lat": 10.0502,
        "lon": 10.0501,
        "type": "fire",
        "words": "smoke over the mill roof",
    }
    rows = (await room.http.get("/v1/incidents/near", params=params, headers=room.bearer("call_taker"))).json()["items"]
    assert [row["id"] for row in rows] == [incident.id]
    assert 10 < rows[0]["distance_m"] < 60
    assert rows[0]["match"]["score"] > 0.5
    assert rows[0]["match"]["terms"]
    nan = await room.http.get("/v1/incidents/near", params={"lat": "nan", "lon": 1}, headers=room.bearer("call_taker"))
    assert (nan.status_code, nan.json()["code"]) == (422, "invalid-value")


async def test_reports_of_an_incident_and_standing_data(room: Room) -> None:
    incident = await open_incident(room, "a", words="烟雾很大")
    who = room.bearer("call_taker")
    rows = (await room.http.get(f"/v1/incidents/{incident.id}/reports", headers=who)).json()
    assert [row["report"]["words"] for row in rows["items"]] == ["烟雾很大"]
    assert rows["items"][0]["disposition"] == "opened"
    places = (await room.http.get("/v1/places", params={"q": "磨坊"}, headers=who)).json()["items"]
    assert [place["id"] for place in places] == ["p1"]
    types = (await room.http.get("/v1/types", headers=who)).json()["items"]
    assert "fire" in {kind["id"] for kind in types}
    zones = (await room.http.get("/v1/zones", headers=who)).json()["items"]
    assert {"east", "west", "unplaced"} == {zone["id"] for zone in zones}
    city = (await room.http.get("/v1/city", headers=who)).json()
    assert city["name_zh"] == "试城"
    assert "done" in {code["id"] for code in city["closing_codes"]}
    teams = (await room.http.get("/v1/teams", params={"zone": "west"}, headers=who)).json()["items"]
    assert len(teams) == 4
    assert (await room.http.get("/v1/teams/t1", headers=who)).headers["etag"] == '"1"'
    bad = await room.http.get("/v1/incidents", params={"box": "1,2,3"}, headers=who)
    assert (bad.status_code, bad.json()["errors"][0]["path"]) == (422, "box")


async def _add_team(room: Room, team_id: str, zone: str) -> None:
    statement = b"""insert into weirhouse.teams
        (team_id, name_en, name_zh, kind, skills, zone, state, accuracy_m, exercise, version)
        values (%(team)s, %(team)s, %(team)s, 'engine', '{fire}', %(zone)s, 'available', 20, false, 1)"""
    await room.house.ledgers[0].database.rows(statement, {"team": team_id, "zone": zone})


async def test_a_team_of_another_zone_is_sent_by_right_or_by_agreement(room: Room) -> None:
    for team_id, zone in (("e1", "east"), ("free", "")):
        await _add_team(room, team_id, zone)
    incident = await open_incident(room, "a")
    path = f"/v1/incidents/{incident.id}:assign"
    west, both = room.bearer("dispatcher", zones=("west",)), room.bearer("dispatcher", zones=("west", "east"))

    async def send(key: str, who: dict[str, str], *teams: str) -> httpx.Response:
        etag = (await room.house.desk.incident(incident.id)).decision_version
        return await post(room, path, key, etag, who, team_ids=list(teams))

    refused = await send("k1", west, "t1", "e1")
    assert (refused.status_code, refused.json()["code"]) == (403, "zone-forbidden")
    assert (await send("k2", west, "t1", "free")).status_code == 200
    by_right = await send("k3", both, "e1")
    assert by_right.status_code == 200, by_right.text
    row = by_right.json()["assignments"][0]
    down = await post(room, f"/v1/assignments/{row['id']}:stand-down", "k4", row["etag"], west, reason="enough")
    assert down.status_code == 200, down.text
    agreed = b"""insert into weirhouse.policies (version, mode, body, created_by, created_at, reason) values
        (2, 'normal', '{"sending": {"mutual_aid": [["east", "west"]]}}', 'test', now(), 'mutual aid')"""
    await room.house.ledgers[0].database.rows(agreed)
    shown = await room.http.get(f"/v1/incidents/{incident.id}/candidates", headers=west)
    assert "e1" in {one["team"]["id"] for one in shown.json()["candidates"]}, shown.text
    assert (await send("k5", west, "e1")).status_code == 200


async def test_who_has_a_team_is_told_and_of_another_zones_incident_nothing_else(room: Room) -> None:
    await _add_team(room, "free", "")
    mine, theirs = await open_incident(room, "a"), await open_incident(room, "b", zone="east", lon=10.15)
    east, west = room.bearer("dispatcher", subject="eve", zones=("east",)), room.bearer("dispatcher", zones=("west",))
    sent = await post(room, f"/v1/incidents/{theirs.id}:assign", "k", theirs.decision_version, east, team_ids=["free"])
    assert sent.status_code == 200, sent.text
    path = f"/v1/incidents/{mine.id}:assign"
    taken = await post(room, path, "k", mine.decision_version, west, team_ids=["free"])
    assert (taken.status_code, taken.json()["code"]) == (409, "team-taken")
    assert {name: taken.json()[name] for name in ("team_id", "by", "assignment_id", "incident_id")} == {
        "team_id": "free", "by": "eve", "assignment_id": "", "incident_id": "",
    }  # fmt: skip
    assert theirs.id not in taken.text
    assert sent.json()["assignments"][0]["id"] not in taken.text
    seen_by_all = await post(room, path, "k2", mine.decision_version, room.bearer("supervisor"), team_ids=["free"])
    assert seen_by_all.json()["incident_id"] == theirs.id
