# SPDX-License-Identifier: Apache-2.0
"""Do changes come in order, and does standing data stand?"""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from tests.contract.ledger.conftest import Ledger, Worker
from tests.contract.ledger.examples import CITY, NORTH, NOW, PARTITIONS
from weirhouse.domain.report import UNPLACED
from weirhouse.ledger.memory.flaky import flaky
from weirhouse.ledger.ports import LedgerAway, LedgerRefuses
from weirhouse.ledger.sessions import Person, Session
from weirhouse.wire.views import view_json


async def test_changes_carry_what_answers_carry(ledger: Ledger, worker: Worker) -> None:
    epoch, seq = await ledger.feed.head()
    assert seq == 0
    rows = await worker.open("1", "2")
    await ledger.number()
    assert await ledger.feed.head() == (epoch, 2)
    news = await ledger.feed.after(0, 10)
    assert [change.seq for change in news] == [1, 2]
    assert {change.entity: change.body for change in news} == {row.id: view_json(row) for row in rows}
    body = msgspec.json.decode(news[0].body)
    assert "gist" not in body
    assert body["opened_at"].endswith("Z")
    assert (body["closed_at"], body["etag"]) == (None, "1")
    assert [change.seq for change in await ledger.feed.after(1, 10)] == [2]
    assert (news[0].kind, news[0].zone, news[0].lane, news[0].at) == ("incident", NORTH, "ordinary", NOW)


async def test_waiting_ends_with_news(ledger: Ledger, worker: Worker) -> None:
    await ledger.feed.wait(0.05)
    waiting = asyncio.create_task(ledger.feed.wait(10))
    await asyncio.sleep(0.2)
    await worker.open("1")
    await ledger.number()
    await asyncio.wait_for(waiting, 5)
    assert (await ledger.feed.head())[1] == 1


async def test_the_city_stands_and_may_be_applied_again(ledger: Ledger) -> None:
    await ledger.standing.apply_city(CITY, PARTITIONS, "test", NOW)
    assert [zone.id for zone in await ledger.standing.zones()] == [NORTH, "south", UNPLACED]
    assert (await ledger.standing.zones())[0] == CITY.zones[0]
    assert await ledger.standing.places() == CITY.places
    assert await ledger.standing.sources() == CITY.sources
    assert await ledger.standing.policy() == (1, "normal", b"{}")
    everywhere = [zone for n in range(PARTITIONS) for zone, _ in await ledger.slices.zones_of(n)]
    assert sorted(everywhere) == [NORTH, "south", UNPLACED]
    louder = msgspec.structs.replace(CITY.sources[0], may_claim_life=True)
    await ledger.standing.apply_city(msgspec.structs.replace(CITY, sources=[louder]), PARTITIONS, "test", NOW)
    versions = {source.id: source.version for source in await ledger.standing.sources()}
    assert versions == {"app": 2, "cam": 1}
    with pytest.raises(LedgerRefuses):
        await ledger.standing.apply_city(CITY, PARTITIONS + 1, "test", NOW)


async def test_a_key_names_its_source(ledger: Ledger) -> None:
    await ledger.standing.set_source_key("app", b"k" * 32)
    assert await ledger.standing.source_keys() == {b"k" * 32: "app"}
    found = await ledger.standing.source_of_key(b"k" * 32)
    assert found is not None
    assert found.id == "app"
    await ledger.standing.set_source_key("app", b"n" * 32)
    assert await ledger.standing.source_of_key(b"k" * 32) is None
    with pytest.raises(LedgerRefuses):
        await ledger.standing.set_source_key("ghost", b"k" * 32)


async def test_a_link_signs_in_once_and_a_session_ends(ledger: Ledger) -> None:
    lin = Person("lin", ("dispatcher",), ("*",))
    await ledger.sessions.add_link("link", lin, NOW + 10)
    await ledger.sessions.add_link("late", lin, NOW - 10)
    assert await ledger.sessions.take_link("late", NOW) is None
    assert await ledger.sessions.take_link("link", NOW) == lin
    assert await ledger.sessions.take_link("link", NOW) is None
    session = Session(lin, "csrf", NOW + 100)
    await ledger.sessions.begin("cookie", session)
    assert await ledger.sessions.find("cookie", NOW) == session
    assert await ledger.sessions.find("cookie", NOW + 101) is None
    await ledger.sessions.end("cookie", NOW)
    assert await ledger.sessions.find("cookie", NOW) is None


async def test_the_flaky_ledger_fails_every_other_call(ledger: Ledger) -> None:
    desk = flaky(ledger.desk)
    with pytest.raises(LedgerAway):
        await desk.teams()
    assert [team.id for team in await desk.teams()] == ["t1", "t2", "t3"]
    slices = flaky(ledger.slices)
    with pytest.raises(LedgerAway):
        assert [page async for page in slices.load([NORTH], 0)]
    assert [page async for page in slices.load([NORTH], 0)] == []
