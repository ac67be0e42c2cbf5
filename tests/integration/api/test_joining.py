# SPDX-License-Identifier: Apache-2.0
"""Merge, split, link, undo and override over the API on the real PostgreSQL, races among them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from tests.integration.api.rooms import Room, open_incident
from tests.integration.api.test_desk import post, seen
from weirhouse.domain.decision import Decided
from weirhouse.domain.gather import joined
from weirhouse.domain.ids import report_id
from weirhouse.domain.incident import Incident
from weirhouse.domain.policy import Policy
from weirhouse.domain.probe import Probe
from weirhouse.domain.report import Disposition, Lane, Location, Point, Report
from weirhouse.ledger.ports import Committed, IncidentWrite, SlicePlan, Stale
from weirhouse.ledger.reconcile import reconcile
from weirhouse.ledger.verify import verify


async def join(room: Room, incident_id: str, key: str, lane: Lane = Lane.ORDINARY) -> Report:
    """Let a report join, deciding again while the row is another's, as the correlator does; return it."""
    now = datetime.now(UTC).timestamp()
    report = Report(
        id=report_id("app", key), source="app", key=key, channel="app", zone="west", lane=lane, type="fire",
        words="smoke", location=Location(Point(10.05, 10.05, 20.0)), event_time=now, received_at=now,
    )  # fmt: skip
    slices = room.house.ledgers[0].slices
    epoch = await slices.take(0, "test", now)
    row = await room.house.desk.incident(incident_id)
    for _ in range(50):
        while row.merged_into:
            row = await room.house.desk.incident(row.merged_into)
        fresh = joined(row, Probe(report), Policy())
        plan = SlicePlan(
            cluster_id="c", partition=0, epoch=epoch, now=now, policy=1, offsets=[],
            decided=[Decided(report=report, disposition=Disposition.JOINED, incident=fresh)],
            incidents=[IncidentWrite(fresh, row.version)],
        )  # fmt: skip
        outcome = await slices.commit_slice(plan)
        if isinstance(outcome, Committed):
            return report
        assert isinstance(outcome, Stale), outcome
        row = await room.house.desk.incident(incident_id)
    raise AssertionError("fifty stale slices")


async def proved(room: Room) -> None:
    """Assert that every proof holds."""
    checked = await verify(room.house.ledgers[0].database)
    assert checked.differences == ()
    assert (await reconcile(room.house.ledgers[0].database, drained=True)).holds


def path(row: Incident | str, act: str) -> str:
    return f"/v1/incidents/{row if isinstance(row, str) else row.id}:{act}"


async def tag(room: Room, row: Incident | str) -> str:
    return str((await seen(room, row if isinstance(row, str) else row.id))["etag"])


async def test_the_whole_way_there_and_back(room: Room) -> None:
    one, two = await open_incident(room, "a"), await open_incident(room, "b")
    late = await join(room, two.id, "c")
    who = room.bearer("operator")
    body: dict[str, Any] = {"others": [two.id], "reason": "one roof"}
    merged = await post(room, path(one, "merge"), "k1", await tag(room, one), who, **body)
    assert merged.status_code == 200, merged.text
    kept, [gone] = merged.json()["incident"], merged.json()["others"]
    assert (kept["id"], kept["reports"], gone["merged_into"], gone["state"]) == (one.id, 3, one.id, "merged")
    assert merged.headers["etag"] == f'"{kept["etag"]}"'
    again = await post(room, path(one, "merge"), "k1", one.decision_version, who, **body)
    assert again.json() == merged.json()
    assert (await seen(room, two.id))["possible"] == ["undo"]
    where = (await room.http.get(f"/v1/reports/{late.id}", headers=who)).json()
    assert where["incident"] == {"id": one.id, "number": kept["number"]}
    split = await post(room, path(one, "split"), "k2", kept["etag"], who, report_ids=[late.id], reason="another roof")
    assert split.status_code == 200, split.text
    part = split.json()["others"][0]
    assert (part["reports"], split.json()["incident"]["reports"]) == (1, 2)
    assert part["number"] not in (0, kept["number"], gone["number"])
    linked = await post(
        room, path(one, "link"), "k3", split.json()["incident"]["etag"], who, other=part["id"], reason="same street"
    )
    assert linked.status_code == 200, linked.text
    assert (await seen(room, part["id"]))["links"] == [one.id]
    undone = await post(room, path(part["id"], "undo"), "k4", await tag(room, part["id"]), who, reason="one after all")
    assert undone.status_code == 200, undone.text
    assert undone.json()["incident"]["reports"] == 3
    undone = await post(room, path(two, "undo"), "k5", await tag(room, two), who, reason="two after all")
    assert undone.status_code == 200, undone.text
    assert {row["id"]: row["reports"] for row in (undone.json()["incident"], *undone.json()["others"])} == {
        one.id: 1,
        two.id: 2,
    }
    nothing = await post(room, path(one, "undo"), "k6", await tag(room, one), who, reason="more")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "illegal-transition")
    history = (await room.http.get(f"/v1/incidents/{one.id}/history", headers=who)).json()["items"]
    assert [line["action"] for line in history[:5]] == ["undo", "undo", "link", "split", "merge"]
    await proved(room)


async def test_a_report_that_joined_since_stays_when_the_merge_is_undone(room: Room) -> None:
    one, two = await open_incident(room, "a"), await open_incident(room, "b")
    who = room.bearer("dispatcher")
    body: dict[str, Any] = {"others": [one.id], "reason": "one roof"}
    merged = await post(room, path(two, "merge"), "k1", await tag(room, two), who, **body)
    assert merged.json()["incident"]["id"] == one.id
    late = await join(room, two.id, "late")
    undone = await post(room, path(one, "undo"), "k2", await tag(room, one), who, reason="two")
    assert undone.status_code == 200, undone.text
    assert (undone.json()["incident"]["reports"], undone.json()["others"][0]["reports"]) == (2, 1)
    assert (await room.http.get(f"/v1/reports/{late.id}", headers=who)).json()["incident"]["id"] == one.id
    await proved(room)


async def test_a_word_over_the_machine(room: Room) -> None:
    row = await open_incident(room, "a")
    who = room.bearer("supervisor")
    low = await post(room, path(row, "prioritise"), "k1", await tag(room, row), who, priority=5, reason="a barbecue")
    assert low.status_code == 200, low.text
    assert (low.json()["incident"]["priority"], low.json()["incident"]["flags"]) == (5, ["lowered"])
    await join(room, row.id, "cry", Lane.LIFE)
    assert (await seen(room, row.id))["priority"] == 2
    etag = await tag(room, row)
    typed = await post(room, path(row, "retype"), "k2", etag, who, type="gas", reason="it smells of gas")
    assert (typed.json()["incident"]["type"], typed.json()["incident"]["priority"]) == ("gas", 1)
    stale = await post(room, path(row, "retype"), "k3", etag, who, type="noise", reason="late")
    assert (stale.status_code, stale.json()["code"]) == (412, "version-conflict")
    wrongs: list[tuple[str, dict[str, Any]]] = [
        ("prioritise", {"priority": 6, "reason": "x"}),
        ("prioritise", {"priority": 2}),
        ("retype", {"type": "x", "reason": "y"}),
        ("merge", {"others": [], "reason": "x"}),
        ("merge", {"others": [row.id], "reason": "x"}),
        ("link", {"other": row.id, "reason": "x"}),
        ("split", {"report_ids": ["f" * 32], "reason": "x"}),
        ("split", {"report_ids": ["no id"], "reason": "x"}),
        ("undo", {}),
    ]
    for act, wrong in wrongs:
        refused = await post(room, path(row, act), f"w-{act}-{len(str(wrong))}", await tag(room, row), who, **wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-value"), (act, wrong, refused.text)
    await proved(room)


async def test_roles_and_zones(room: Room) -> None:
    west, east = await open_incident(room, "a"), await open_incident(room, "b", zone="east", lon=10.15)
    bodies: dict[str, dict[str, Any]] = {
        "merge": {"others": [east.id]}, "split": {"report_ids": [west.opened_by]}, "link": {"other": east.id},
        "undo": {}, "retype": {"type": "gas"}, "prioritise": {"priority": 1},
    }  # fmt: skip
    for act, body in bodies.items():
        for role in ("call_taker", "front_line", "administrator"):
            who = room.bearer(role)
            no = await post(room, path(west, act), f"{act}{role}", west.decision_version, who, reason="x", **body)
            assert (no.status_code, no.json()["code"]) == (403, "forbidden")
    mine = room.bearer("dispatcher", zones=("west",))
    for act in ("merge", "link"):
        no = await post(room, path(west, act), act, west.decision_version, mine, reason="x", **bodies[act])
        assert (no.status_code, no.json()["code"]) == (403, "zone-forbidden")
    both = await post(
        room, path(west, "merge"), "m", west.decision_version, room.bearer("dispatcher"), reason="x", others=[east.id]
    )
    assert both.status_code == 200, both.text
    document = (await room.http.get("/openapi.json")).json()
    assert {f"/v1/incidents/{{incident_id}}:{act}" for act in bodies} <= document["paths"].keys()


async def test_teams_on_both_want_a_word(room: Room) -> None:
    one, two = await open_incident(room, "a"), await open_incident(room, "b")
    who = room.bearer("dispatcher")
    for row, team in ((one, "t1"), (two, "t2")):
        sent = await post(room, path(row, "assign"), team, row.decision_version, who, team_ids=[team])
        assert sent.status_code == 200, sent.text
    body: dict[str, Any] = {"others": [two.id], "reason": "one roof"}
    no = await post(room, path(one, "merge"), "k1", await tag(room, one), who, **body)
    assert (no.status_code, no.json()["code"]) == (409, "teams-on-both")
    assert set(no.json()["incident_ids"]) == {one.id, two.id}
    yes = await post(room, path(one, "merge"), "k2", await tag(room, one), who, **body, confirm_teams=True)
    assert yes.status_code == 200, yes.text
    assert (yes.json()["incident"]["teams"], yes.json()["incident"]["flags"]) == (2, ["teams_on_both"])
    [moved] = yes.json()["assignments"]
    cleared = await post(room, f"/v1/assignments/{moved['id']}:stand-down", "k3", moved["etag"], who, reason="enough")
    assert cleared.json()["incident"]["id"] == one.id
    back = await post(room, path(one, "undo"), "k4", await tag(room, one), who, reason="two")
    rows = {row["id"]: (row["teams"], row["state"]) for row in (back.json()["incident"], *back.json()["others"])}
    assert rows == {one.id: (1, "assigned"), two.id: (0, "triaged")}
    await proved(room)


async def test_merging_while_reports_join_counts_every_one(room: Room) -> None:
    who = room.bearer("dispatcher")
    for turn in range(10):
        one, two = await open_incident(room, f"a{turn}"), await open_incident(room, f"b{turn}")
        tags = {row.id: await tag(room, row) for row in (one, two)}

        async def joins(row: Incident, turn: int = turn) -> None:
            for n in range(5):
                await join(room, row.id, f"{turn}-{row.id}-{n}")

        merged, _ = await asyncio.gather(
            post(room, path(one, "merge"), f"m{turn}", tags[one.id], who, others=[two.id], reason="one"),
            joins(two),
        )
        assert merged.status_code == 200, merged.text
        assert (await room.house.desk.incident(one.id)).reports == 7
    await proved(room)


async def test_of_merges_that_race_none_is_half_done(room: Room) -> None:
    ann, bob = room.bearer("dispatcher", subject="ann"), room.bearer("operator", subject="bob")
    for turn in range(10):
        rows = [await open_incident(room, f"{turn}{n}") for n in range(3)]
        tags = [await tag(room, row) for row in rows]
        answers = await asyncio.gather(
            post(room, path(rows[0], "merge"), f"a{turn}", tags[0], ann, others=[rows[1].id], reason="one"),
            post(room, path(rows[2], "merge"), f"b{turn}", tags[2], bob, others=[rows[1].id], reason="one"),
        )
        codes = sorted(answer.status_code for answer in answers)
        # The later one follows the earlier one's merge to its root, or was decided on what is no more.
        assert codes in ([200, 200], [200, 412], [200, 409]), [answer.text for answer in answers]
        standing = [await room.house.desk.incident(row.id) for row in rows]
        assert sum(row.reports for row in standing) == 3
        assert all((row.merged_into == "") == (row.reports > 0) for row in standing)
    await proved(room)
