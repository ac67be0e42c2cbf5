# SPDX-License-Identifier: Apache-2.0
"""Before the worker reads: wait for Kafka and PostgreSQL as long as it takes, then refuse what cannot be right.

A worker is often started with, or before, what it stands on. An exit would only make somebody start it
again; what waiting cannot mend (an older schema, another broker, wrong topics) still ends it with a sentence.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from typing import Final

from streams import topics
from streams.failures import StopWorker
from streams.health import Watch
from weirhouse.ledger.migrate import schema_of
from weirhouse.ledger.ports import LedgerAway, LedgerRefuses, SchemaTooOld
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.ledger.postgres.cluster import PostgresCluster
from weirhouse.settings import Settings
from weirhouse.wire.broker import BrokerAway

FIRST_WAIT_S: Final = 0.25
LONGEST_WAIT_S: Final = 2.0
"""After an outage of any length the worker goes on within this."""
KNOCK_S: Final = 2.0
SAY_EVERY_S: Final = 30.0
"""One line when something is away, then one in this long: a night's outage fills no disk."""

_log = logging.getLogger("streams.starting")


async def check_ledger(settings: Settings, cluster_id: str) -> None:
    """Refuse an older schema, and a broker that is not the ledger's.

    Raises
    ------
    StopWorker
    LedgerAway
    """
    ledger = PostgresLedger(settings.database, schema_of(settings.namespace), settings.topic_prefix, 1)
    try:
        await ledger.check()
        async with ledger:
            topics.recognise(cluster_id, await PostgresCluster(ledger.database).claim(cluster_id))
    except (SchemaTooOld, LedgerRefuses) as error:
        raise StopWorker(str(error)) from error


def knock(kafka_url: str) -> None:
    """Return if any of the bootstrap servers takes a connection: answered at once, where a client would go on trying.

    Raises
    ------
    BrokerAway
    """
    why: OSError | None = None
    for server in kafka_url.split(","):
        host, _, port = server.rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), KNOCK_S):
                return
        except OSError as error:
            why = error
    raise BrokerAway(f"Kafka at {kafka_url} does not answer ({why}): start it, or correct WEIRHOUSE_KAFKA_URL")


def when_there(
    settings: Settings,
    watch: Watch,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> str:
    """Return the broker's cluster id once broker and ledger have answered and fit together. Blocking.

    Parameters
    ----------
    watch
        Is told at each try that the worker waits, so that its liveness stays good.

    Raises
    ------
    StopWorker
        What waiting cannot mend.
    """
    said: dict[str, float] = {}
    wait_s = FIRST_WAIT_S
    while True:
        try:
            knock(settings.kafka_url)
            cluster_id = topics.prepare(settings)
            asyncio.run(check_ledger(settings, cluster_id))
        except (BrokerAway, LedgerAway) as error:
            what = "broker" if isinstance(error, BrokerAway) else "ledger"
            if monotonic() - said.get(what, float("-inf")) >= SAY_EVERY_S:
                said[what] = monotonic()
                _log.warning("waits: %s", error, extra={"why": what})
            watch.look([], {}, {"start": what})
            sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
        else:
            if said:
                _log.info("broker and ledger answer")
            return cluster_id
