# SPDX-License-Identifier: Apache-2.0
"""The hub: numbers without gaps for every filter, P1 at once, one item a row and tick, slow readers let go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.feed.channel import Channel, Facet, Filter, News
from api.feed.hub import Hub
from api.feed.subscriber import Subscriber
from weirhouse.clock import system_clock
from weirhouse.ledger.ports import Change
from weirhouse.settings import Settings
from weirhouse.telemetry.metrics import Metrics
from weirhouse.telemetry.tracing import Tracing

QUIET = {"postgres_url": "postgresql://none"}


def change(seq: int, entity: str = "i1", zone: str = "west", priority: int = 4, kind: str = "incident") -> Change:
    """Return a numbered change."""
    body = json.dumps({"id": entity, "priority": priority, "state": "new", "n": seq}).encode()
    return Change(
        seq=seq, kind=kind, entity=entity, version=seq, zone=zone, lane="life" if priority < 3 else "ordinary", at=0.0,
        trace="", body=body,
    )  # fmt: skip


class ListFeed:
    """Changes from a list."""

    def __init__(self) -> None:
        self.epoch = "e1"
        self.changes: list[Change] = []
        self.news = asyncio.Event()

    def publish(self, *changes: Change) -> None:
        self.changes.extend(changes)
        self.news.set()

    async def head(self) -> tuple[str, int]:
        return self.epoch, self.changes[-1].seq if self.changes else 0

    async def after(self, seq: int, limit: int) -> list[Change]:
        return [c for c in self.changes if c.seq > seq][:limit]

    async def wait(self, timeout_s: float) -> None:
        self.news.clear()
        try:
            await asyncio.wait_for(self.news.wait(), timeout_s)
        except TimeoutError:
            return


@asynccontextmanager
async def running(feed: ListFeed, tick_s: float = 0.05, buffer: int = 100) -> AsyncIterator[Hub]:
    """Run a hub on `feed`."""
    given_settings = Settings.model_validate({**QUIET, "feed_tick": timedelta(seconds=tick_s), "feed_buffer": buffer})
    hub = Hub(feed, given_settings, Metrics(), Tracing("test"), system_clock)
    hub.start()
    await asyncio.wait_for(hub.live.wait(), 2)
    try:
        yield hub
    finally:
        await hub.stop()


def events(raw: bytes) -> list[tuple[str, dict[str, Any]]]:
    """Return (event, data) of a stretch of the stream."""
    found = []
    for block in raw.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


async def test_rows_coalesce_in_a_tick_and_numbers_chain() -> None:
    feed = ListFeed()
    async with running(feed) as hub:
        subscriber, resumed = hub.join(Filter())
        assert not resumed
        feed.publish(change(1), change(2), change(3, "i2"))
        first = events(await subscriber.take(2))
        feed.publish(change(4, "i2"))
        second = events(await subscriber.take(2))
    assert [(name, data["prev"], data["seq"]) for name, data in first + second] == [("delta", 0, 3), ("delta", 3, 4)]
    assert [(item["entity"], item["version"]) for item in first[0][1]["items"]] == [("i1", 2), ("i2", 3)]


async def test_p1_does_not_wait_for_the_tick() -> None:
    feed = ListFeed()
    async with running(feed, tick_s=5.0) as hub:
        subscriber, _ = hub.join(Filter())
        feed.publish(change(1, "calm"), change(2, "cry", priority=1))
        data = events(await subscriber.take(1.0))[0][1]
    assert [item["entity"] for item in data["items"]] == ["cry", "calm"]
    assert data["seq"] == 2


async def test_a_row_that_leaves_a_filter_says_goodbye() -> None:
    feed = ListFeed()
    async with running(feed) as hub:
        grave, _ = hub.join(Filter(priorities=frozenset({1})))
        west, _ = hub.join(Filter(zones=frozenset({"west"})))
        feed.publish(change(1, priority=1))
        assert events(await grave.take(2))[0][1]["seq"] == 1
        assert events(await west.take(2))[0][1]["seq"] == 1
        feed.publish(change(2, priority=4, zone="east"))
        assert events(await grave.take(2))[0][1]["items"][0]["body"]["priority"] == 4
        assert events(await west.take(2))[0][1]["seq"] == 2
        feed.publish(change(3, priority=4, zone="east"))
        assert await grave.take(0.2) == b""
        assert await west.take(0.2) == b""


async def test_coming_back_goes_on_where_it_stopped_or_begins_again() -> None:
    feed = ListFeed()
    async with running(feed) as hub:
        feed.publish(*(change(n, f"i{n}") for n in range(1, 6)))
        while hub.seq < 5:  # noqa: ASYNC110 - the tail tells nobody
            await asyncio.sleep(0.01)
        subscriber, resumed = hub.join(Filter(), "e1", 2)
        data = events(await subscriber.take(1))[0][1]
        assert resumed
        assert (data["prev"], data["seq"], len(data["items"])) == (2, 5, 3)
        assert hub.join(Filter(), "another", 2)[1] is False
        assert hub.join(Filter(), "e1", 99)[1] is False


async def test_a_slow_reader_is_told_to_begin_again_and_let_go() -> None:
    feed = ListFeed()
    async with running(feed, tick_s=0.01, buffer=50) as hub:
        slow, _ = hub.join(Filter())
        quick, _ = hub.join(Filter())
        got = 0
        for start in range(1, 401, 20):
            feed.publish(*(change(n, f"i{n}") for n in range(start, start + 20)))
            while got < start + 19:
                got += sum(len(data["items"]) for _, data in events(await quick.take(2)))
        assert got == 400
        name, data = events(await slow.take(1))[0]
        assert (name, data, slow.closed) == ("reset", {"reason": "slow"}, True)
        assert not quick.closed


async def test_another_ledger_resets_everybody() -> None:
    feed = ListFeed()
    async with running(feed) as hub:
        subscriber, _ = hub.join(Filter())
        feed.epoch = "e2"
        hub._checked = -100.0
        feed.news.set()
        assert events(await subscriber.take(2)) == [("reset", {"reason": "epoch"})]


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 5), st.sampled_from(["west", "east"]), st.integers(1, 5), st.booleans(), st.booleans()
        ),
        max_size=60,
    )
)
def test_no_gap_whatever_is_filtered_coalesced_or_flushed(steps: list[tuple[int, str, int, bool, bool]]) -> None:
    """Every subscriber's messages chain, and the last word on each row that concerns it arrives."""
    channel = Channel(Filter(zones=frozenset({"west"})))
    subscribers = [Subscriber("e", 0, 10_000)]
    channel.subscribers.add(subscribers[0])
    known: dict[str, str] = {}
    last: dict[str, int] = {}
    joined_at = [0]
    for seq, (row, zone, priority, flush, join) in enumerate(steps, 1):
        entity = f"i{row}"
        news = News(change(seq, entity, zone, priority), Facet(priority, "new"), known.get(entity, ""), 0)
        known[entity] = zone
        if news.concerns(channel.wanted):
            channel.add(news)
            last[entity] = seq
        if flush:
            channel.flush(0.0)
        if join:
            late = Subscriber("e", seq, 10_000)
            subscribers.append(late)
            joined_at.append(seq)
            channel.subscribers.add(late)
    channel.flush(0.0)
    for subscriber, since in zip(subscribers, joined_at, strict=True):
        messages = events(b"".join(message for message, _ in subscriber._ready))
        before = since
        seen: dict[str, int] = {}
        for _, data in messages:
            assert data["prev"] == before < data["seq"]
            before = data["seq"]
            for item in data["items"]:
                assert item["version"] >= seen.get(item["entity"], 0)
                seen[item["entity"]] = item["version"]
        for entity, seq in last.items():
            assert seq <= since or seen.get(entity) == seq


class StuckFeed(ListFeed):
    """A feed that never answers once it is told to stick."""

    stuck = False

    async def after(self, seq: int, limit: int) -> list[Change]:
        if self.stuck:
            await asyncio.sleep(60)
        return await super().after(seq, limit)


async def test_a_tail_that_stands_is_seen_by_its_lag() -> None:
    feed = StuckFeed()
    async with running(feed) as hub:
        await asyncio.sleep(0.3)
        feed.publish(change(1))
        await asyncio.sleep(0.1)
        assert hub.lag_s < 0.3
        feed.stuck = True
        feed.publish(change(2))
        await asyncio.sleep(0.5)
        assert hub.lag_s > 0.4
        assert hub.background.ended == []
    assert hub.background.ended == []


async def test_a_tail_that_ends_unasked_is_named(caplog: pytest.LogCaptureFixture) -> None:
    feed = ListFeed()
    async with running(feed) as hub:
        broken = msgspec.structs.replace(change(1), body=b"no JSON")
        feed.publish(broken)
        await asyncio.sleep(0.2)
        assert hub.background.ended == ["feed tail"]
    assert "a background task ended unasked" in caplog.text
