# SPDX-License-Identifier: Apache-2.0
"""The way past the ledger (decision 8): while PostgreSQL is away a cry for help is safe in Kafka alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from time import monotonic
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from api.background import Background
from api.doors.prepare import Prepared
from api.doors.seal import Sealer
from weirhouse.wire.envelope import SCHEMA_VERSION, encode
from weirhouse.wire.topics import HEADER_SCHEMA, HEADER_SEALED, HEADER_TRACE

RETRY_S: Final = 2.0
SEND_S: Final = 4.0
"""Kafka that has not acknowledged within this is away too; the caller's own patience is about ten seconds."""

PROBE_S: Final = 2.0
"""The broker is asked for its metadata this often …"""
FRESH_S: Final = 7.0
"""… and counts as away when neither that nor a report was answered for this long: three askings."""

_log = logging.getLogger(__name__)


class LifeboatAway(Exception):
    """Kafka did not acknowledge either: nothing is safe."""


class Lifeboat:
    """An idempotent producer (acks=all), connected in the background and kept ready.

    Parameters
    ----------
    bootstrap
        Kafka's address; empty: there is no lifeboat.
    sealer
        Puts personal parts into a box that only the worker opens.
    """

    def __init__(self, bootstrap: str, sealer: Sealer) -> None:
        self._bootstrap, self._sealer = bootstrap, sealer
        self._producer: Any = None
        self._answered = -FRESH_S
        self.background = Background()

    @property
    def ready(self) -> bool:
        """Whether a broker answered lately."""
        return self._producer is not None and monotonic() - self._answered < FRESH_S

    def start(self) -> None:
        """Begin to connect; returns at once."""
        if self._bootstrap:
            self.background.start("lifeboat", self._keep_ready())

    async def stop(self) -> None:
        """Let the broker go."""
        await self.background.stop()
        if self._producer is not None:
            producer, self._producer = self._producer, None
            try:
                await asyncio.wait_for(producer.stop(), SEND_S)
            except (TimeoutError, KafkaError):
                _log.warning("the producer was left without a farewell: Kafka is away")

    async def save(self, items: Sequence[Prepared]) -> None:
        """Return when Kafka holds all of them.

        Raises
        ------
        LifeboatAway
        """
        if self._producer is None:
            raise LifeboatAway("no broker has answered yet")
        try:
            async with asyncio.timeout(SEND_S):
                acknowledged = [await self._send(item) for item in items]
                await asyncio.gather(*acknowledged)
            self._answered = monotonic()
        except (KafkaError, TimeoutError) as error:
            raise LifeboatAway(f"Kafka did not acknowledge: {type(error).__name__}") from error

    async def _send(self, item: Prepared) -> asyncio.Future[Any]:
        report = item.accept.report
        # Also without a personal part: the header tells the worker that the inbox does not know the report.
        boxed = self._sealer.past_the_ledger(report.id, item.plain)
        headers = [
            (HEADER_SCHEMA, SCHEMA_VERSION), (HEADER_TRACE, item.accept.trace.encode()), (HEADER_SEALED, boxed)
        ]  # fmt: skip
        future: asyncio.Future[Any] = await self._producer.send(
            item.accept.topic, encode(report), report.zone.encode(), headers=headers
        )
        return future

    async def _keep_ready(self) -> None:
        await self._connect()
        while True:
            try:
                await asyncio.wait_for(self._producer.client.fetch_all_metadata(), PROBE_S)
                self._answered = monotonic()
            except (TimeoutError, KafkaError, OSError) as error:
                _log.warning("the lifeboat's broker does not answer", extra={"why": type(error).__name__})
            await asyncio.sleep(PROBE_S)

    async def _connect(self) -> None:
        while True:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                client_id="weirhouse-door",
                acks="all",
                enable_idempotence=True,
                request_timeout_ms=int(SEND_S * 1000),
                retry_backoff_ms=50,
            )
            try:
                await producer.start()
            except (KafkaError, OSError) as error:
                _log.warning("no broker for the lifeboat yet", extra={"why": type(error).__name__})
                await producer.stop()
                await asyncio.sleep(RETRY_S)
                continue
            self._producer, self._answered = producer, monotonic()
            return
