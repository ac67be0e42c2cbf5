# SPDX-License-Identifier: Apache-2.0
"""The process `weirhouse relay`: sequencer and relay, each leading while it holds its lease, standing by otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from time import monotonic

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from weirhouse.ages import Ages
from weirhouse.clock import Clock, system_clock
from weirhouse.ledger.days import keep_days
from weirhouse.ledger.lease import Lease, LeaseLost
from weirhouse.ledger.ports import LedgerAway, LedgerRefuses
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.ledger.relay import Counters, KafkaAway, Relay
from weirhouse.ledger.retention import LIMIT, prune
from weirhouse.ledger.sequencer import Sequencer
from weirhouse.settings import Settings
from weirhouse.wire import broker as outside

log = logging.getLogger(__name__)

POLL_S = 0.025
"""Wake-ups are thinned under load and lost with a connection: look anyway this often while there was work lately."""
IDLE_POLL_S = 0.5
STANDBY_S = 0.5
AWAY_S = 0.5
BUSY_FOR_S = 5.0
DAYS_EVERY_S = 3600.0
PRUNE_EVERY_S = 60.0
PRUNE_BUSY_S = 0.5
"""Between two turns of the retention while more is past its age than one turn takes."""
BATCH_BYTES = 262_144
"""A record batch may hold one report of the largest body the doors take."""
REQUEST_TIMEOUT_MS = 10_000
"""How long Kafka may be silent before the rows count as not sent."""


class Quiet:
    """Counts nothing."""

    def numbered(self, lane: str, count: int) -> None:
        """Take `count` numbered changes of a lane."""

    def waiting(self, changes: int, life: int, ordinary: int) -> None:
        """Take the lengths of the queues."""

    def relayed(self, topic: str, lane: str, count: int, oldest_s: float) -> None:
        """Take `count` durable rows of a topic; the oldest waited `oldest_s`."""

    def pruned(self, kind: str, count: int) -> None:
        """Take `count` rows of a kind that were past their age."""

    def leads(self, lease: str, held: bool) -> None:
        """Take whether this process leads."""

    def failed(self, kind: str) -> None:
        """Take one failed step."""


class Leading:
    """Two loops on one ledger; see `run_relay`."""

    def __init__(self, ledger: PostgresLedger, counters: Counters, clock: Clock) -> None:
        self._ledger = ledger
        self._counters = counters
        self._clock = clock
        self.sequencer = Sequencer(ledger.database, Lease(ledger.database, "sequencer"), f"{ledger.schema}_numbered")

    async def number(self, stop: asyncio.Event) -> None:
        """Number and chain until `stop`."""
        lease, worked, days = self.sequencer.lease, 0.0, -DAYS_EVERY_S
        while not stop.is_set():
            try:
                if not await self._led(lease):
                    await pause(stop, STANDBY_S)
                    continue
                done = await self.sequencer.step()
                self._counters.numbered("life", done.life)
                self._counters.numbered("ordinary", done.changes - done.life)
                if monotonic() - days > DAYS_EVERY_S:
                    await keep_days(self._ledger.database, self._clock())
                    days = monotonic()
            except LeaseLost as lost:
                log.warning("%s", lost)
                continue
            except LedgerAway as away:
                await self._hold(stop, "ledger", away)
                continue
            if done.changes or done.audit:
                worked = monotonic()
            else:
                await self._ledger.written.wait(self._patience(worked))
        with contextlib.suppress(LedgerAway):
            await lease.drop()

    async def send(self, stop: asyncio.Event, relay: Relay) -> None:
        """Relay until `stop`."""
        lease, worked, counted = relay.lease, 0.0, 0.0
        while not stop.is_set():
            try:
                if not await self._led(lease):
                    await pause(stop, STANDBY_S)
                    continue
                done = await relay.step()
                if monotonic() - counted > 1.0:
                    self._counters.waiting(await self.sequencer.waiting(), *await relay.waiting())
                    counted = monotonic()
            except LeaseLost as lost:
                log.warning("%s", lost)
                continue
            except LedgerAway as away:
                await self._hold(stop, "ledger", away)
                continue
            except KafkaAway as away:
                await self._hold(stop, "kafka", away)
                continue
            if not done:
                await self._ledger.written.wait(self._patience(worked))
                continue
            worked, now = monotonic(), self._clock().timestamp()
            oldest: dict[tuple[str, str], float] = {}
            for row in done:
                oldest.setdefault((row.topic, row.lane), row.created_at)
            for (topic, lane), count in Counter((row.topic, row.lane) for row in done).items():
                self._counters.relayed(topic, lane, count, max(0.0, now - oldest[topic, lane]))
        with contextlib.suppress(LedgerAway):
            await lease.drop()

    async def keep(self, stop: asyncio.Event, ages: Ages, every_s: float = PRUNE_EVERY_S) -> None:
        """Take away what is past its age until `stop`, while this process numbers the changes."""
        wait = every_s
        while not stop.is_set():
            await pause(stop, wait)
            wait = every_s
            if stop.is_set() or not self.sequencer.lease.epoch:
                continue
            try:
                gone = await prune(self._ledger.database, ages, self._clock().timestamp())
            except (LedgerAway, LedgerRefuses) as failure:
                log.warning("the retention waits: %s", failure)
                continue
            for kind, count in gone.items():
                self._counters.pruned(kind, count)
            if gone:
                log.info("past their age: %s", ", ".join(f"{count} {kind}" for kind, count in gone.items()))
            if gone.get("days") or any(count >= LIMIT for count in gone.values()):
                wait = min(every_s, PRUNE_BUSY_S)

    async def _led(self, lease: Lease) -> bool:
        if lease.fresh:
            return True
        held = await lease.take()
        self._counters.leads(lease.name, held)
        return held

    async def _hold(self, stop: asyncio.Event, kind: str, away: Exception) -> None:
        self._counters.failed(kind)
        log.warning("%s", away)
        await pause(stop, AWAY_S)

    @staticmethod
    def _patience(worked: float) -> float:
        return POLL_S if monotonic() - worked < BUSY_FOR_S else IDLE_POLL_S


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait `seconds`, or until `stop` is set."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def run_relay(
    settings: Settings,
    stop: asyncio.Event,
    counters: Counters | None = None,
    clock: Clock = system_clock,
    ready: asyncio.Event | None = None,
) -> None:
    """Run sequencer and relay until `stop` is set; any number of processes may, one of them leads.

    Parameters
    ----------
    stop
        Set it to end: leases are given back, the producer is flushed.
    ready
        Set once Kafka and the ledger have answered.

    Raises
    ------
    BrokerExchanged
        Kafka is another cluster than the ledger's: nothing was sent.
    SchemaTooOld
        Run `weirhouse migrate` first.
    """
    counters = counters or Quiet()
    async with PostgresLedger(settings.database, settings.schema_name, settings.topic_prefix, size=4) as ledger:
        await _checked(ledger, stop)
        leading = Leading(ledger, counters, clock)
        # The feed must not wait for Kafka: numbers are given whatever the broker does.
        tasks = {
            asyncio.create_task(leading.number(stop), name="sequencer"),
            asyncio.create_task(_relay(settings, ledger, leading, stop, ready), name="relay"),
        }
        if not settings.namespace:
            # A replay's reports are as old as what it replays.
            tasks.add(asyncio.create_task(leading.keep(stop, settings), name="retention"))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            stop.set()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _checked(ledger: PostgresLedger, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await ledger.check()
            return
        except LedgerAway as away:
            log.warning("%s", away)
            await pause(stop, AWAY_S)


async def _relay(
    settings: Settings, ledger: PostgresLedger, leading: Leading, stop: asyncio.Event, ready: asyncio.Event | None
) -> None:
    while not stop.is_set():
        try:
            cluster = await asyncio.to_thread(outside.cluster_id, settings.kafka_url)
            await ledger.broker.adopt(cluster)
            break
        except (outside.BrokerAway, LedgerAway) as away:
            log.warning("%s", away)
            await pause(stop, AWAY_S)
    if stop.is_set():
        return
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_url.split(","),
        enable_idempotence=True,
        acks="all",
        max_batch_size=BATCH_BYTES,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
    )
    while not stop.is_set():
        try:
            await producer.start()
            break
        except KafkaError as error:
            log.warning("Kafka is away: %s", error)
            await pause(stop, AWAY_S)
    try:
        if ready is not None:
            ready.set()
        await leading.send(stop, Relay(ledger.database, Lease(ledger.database, "relay"), producer))
    finally:
        await producer.stop()
