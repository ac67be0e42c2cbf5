# SPDX-License-Identifier: Apache-2.0
"""The hub: one tail of the numbered changes a process, fanned out to its subscribers."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from time import monotonic
from typing import Final

import msgspec

from api.background import Background
from api.feed.channel import Channel, Facet, Filter, News, tail_of
from api.feed.subscriber import Subscriber
from weirhouse.clock import Clock
from weirhouse.ledger.ports import Change, Feed, LedgerAway
from weirhouse.settings import Settings
from weirhouse.telemetry.catalogue import FEED_ITEMS, FEED_LAG_SECONDS, FEED_RESETS, FEED_SUBSCRIBERS
from weirhouse.telemetry.metrics import Metrics
from weirhouse.telemetry.tracing import Tracing

PAGE: Final = 2_000
KEPT: Final = 20_000
"""Changes kept for those who come back with Last-Event-ID: some minutes of a storm."""
KNOWN: Final = 200_000
"""Rows whose last zone and priority are remembered, for goodbyes to filters."""
EPOCH_CHECK_S: Final = 5.0
_FACET: Final = msgspec.json.Decoder(Facet)

_log = logging.getLogger(__name__)


class Hub:
    """Tails the feed and tells everybody.

    Parameters
    ----------
    feed
        Numbered changes.
    settings
        Tick, buffer, heartbeat.
    """

    def __init__(self, feed: Feed, settings: Settings, metrics: Metrics, tracing: Tracing, clock: Clock) -> None:
        self._feed, self._metrics, self._tracing, self._clock = feed, metrics, tracing, clock
        self._tick_s = settings.feed_tick.total_seconds()
        self._buffer = settings.feed_buffer
        self.heartbeat_s = settings.feed_heartbeat.total_seconds()
        self._channels: dict[Filter, Channel] = {}
        self._kept: deque[News] = deque(maxlen=KEPT)
        self._known: dict[str, tuple[str, int]] = {}
        self.background = Background()
        self._caught_up = monotonic()
        self._checked = 0.0
        self.epoch, self.seq = "", 0
        self.live = asyncio.Event()

    def start(self) -> None:
        """Begin to tail and to tick."""
        self._caught_up = monotonic()
        self.background.start("feed tail", self._tail())
        self.background.start("feed ticks", self._ticks())

    async def stop(self) -> None:
        """End all subscriptions and the tail."""
        self._reset_all("stopping")
        await self.background.stop()

    @property
    def lag_s(self) -> float:
        """Seconds since the tail last had read all there was; 0 while it knows that the ledger is away."""
        return monotonic() - self._caught_up if self.live.is_set() else 0.0

    def join(self, wanted: Filter, epoch: str = "", seq: int = -1) -> tuple[Subscriber, bool]:
        """Return a new subscriber, and whether it goes on from (`epoch`, `seq`) without a snapshot.

        Everything numbered after the returned subscriber's `seq` will reach it: read the snapshot afterwards.
        """
        oldest = self._kept[0].change.seq if self._kept else self.seq + 1
        resumed = epoch == self.epoch and oldest - 1 <= seq <= self.seq
        subscriber = Subscriber(self.epoch, seq if resumed else self.seq, self._buffer)
        if resumed:
            missed = [n for n in self._kept if n.change.seq > seq and n.concerns(wanted)]
            if missed:
                tail = tail_of(_latest(missed), self._clock().timestamp())
                subscriber.offer(missed[-1].change.seq, tail, len(missed))
        self._channels.setdefault(wanted, Channel(wanted)).subscribers.add(subscriber)
        self._count()
        return subscriber, resumed and not subscriber.closed

    def leave(self, wanted: Filter, subscriber: Subscriber) -> None:
        """Forget a subscriber."""
        channel = self._channels.get(wanted)
        if channel is not None:
            channel.subscribers.discard(subscriber)
            if not channel.subscribers:
                del self._channels[wanted]
        self._count()

    def _count(self) -> None:
        self._metrics.set(FEED_SUBSCRIBERS, sum(len(c.subscribers) for c in self._channels.values()))

    def _reset_all(self, reason: str) -> None:
        for channel in self._channels.values():
            for subscriber in channel.subscribers:
                subscriber.reset(reason)
                self._metrics.add(FEED_RESETS, 1, reason)
        self._channels.clear()
        self._count()

    async def _tail(self) -> None:
        while True:
            try:
                if monotonic() - self._checked > EPOCH_CHECK_S:
                    await self._check_epoch()
                changes = await self._feed.after(self.seq, PAGE)
                if len(changes) < PAGE:
                    self._caught_up = monotonic()
                if changes:
                    self._spread(changes)
                else:
                    await self._feed.wait(1.0)
            except LedgerAway as error:
                self.live.clear()
                self._checked = -EPOCH_CHECK_S
                _log.warning("the feed's tail waits: the ledger is away", extra={"why": str(error)})
                await asyncio.sleep(0.5)

    async def _check_epoch(self) -> None:
        epoch, head = await self._feed.head()
        if epoch != self.epoch or head < self.seq:
            # Another ledger, or one restored to an earlier moment: numbers mean something else now.
            if self.epoch:
                self._reset_all("epoch")
            self.epoch, self.seq = epoch, head
            self._kept.clear()
            self._known.clear()
        self._checked = monotonic()
        if not self.live.is_set():
            self._caught_up = self._checked
            self.live.set()

    def _spread(self, changes: list[Change]) -> None:
        urgent: set[Filter] = set()
        for change in changes:
            news = self._news(change)
            self._kept.append(news)
            self.seq = change.seq
            for wanted, channel in self._channels.items():
                if news.concerns(wanted):
                    channel.add(news)
                    if news.urgent:
                        urgent.add(wanted)
        for wanted in urgent:
            self._flush(self._channels[wanted])

    def _news(self, change: Change) -> News:
        facet = _FACET.decode(change.body)
        zone, priority = self._known.pop(change.entity, ("", 0))
        if len(self._known) >= KNOWN:
            self._known.pop(next(iter(self._known)))
        self._known[change.entity] = (change.zone, facet.priority)
        return News(change, facet, zone, priority)

    def _flush(self, channel: Channel) -> None:
        now = self._clock().timestamp()
        sent, slow = channel.flush(now)
        if slow:
            self._metrics.add(FEED_RESETS, slow, "slow")
            self._count()
        if not sent:
            return
        with self._tracing.span("feed.tick", (n.change.trace for n in sent), {"items": len(sent)}):
            for lane in ("life", "ordinary"):
                of_lane = [n.change.at for n in sent if n.change.lane == lane]
                if of_lane:
                    self._metrics.add(FEED_ITEMS, len(of_lane), lane)
                    self._metrics.observe(FEED_LAG_SECONDS, max(0.0, now - min(of_lane)), lane)

    async def _ticks(self) -> None:
        while True:
            await asyncio.sleep(self._tick_s)
            for channel in list(self._channels.values()):
                self._flush(channel)


def _latest(news: list[News]) -> list[Change]:
    last = {(n.change.kind, n.change.entity): n.change for n in news}
    return sorted(last.values(), key=lambda change: change.seq)
