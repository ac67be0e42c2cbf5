# SPDX-License-Identifier: Apache-2.0
"""The admin step before the worker starts: topics made, their shape checked, the broker recognised."""

from __future__ import annotations

import logging

from streams.failures import StopWorker
from weirhouse.settings import Settings
from weirhouse.wire import broker
from weirhouse.wire.broker import TopicsWrong

_log = logging.getLogger("streams.topics")


def prepare(settings: Settings) -> str:
    """Make missing topics, refuse wrong ones, and return the broker's cluster id. Blocking.

    Raises
    ------
    StopWorker
        A topic differs in what cannot be mended by itself.
    BrokerAway
    """
    try:
        made = broker.ensure(settings.kafka_url, settings.namespace, settings.partitions)
        if made:
            _log.info("topics made", extra={"topics": made})
        wrong = broker.check(settings.kafka_url, settings.namespace, settings.partitions)
        # Retention is for people to change; a wrong number of partitions would put zones where nobody looks.
        broker.refuse_wrong(each for each in wrong if "partitions" in each.what or each.what == "missing")
        for each in wrong:
            _log.warning("a topic differs from the catalogue: %s", each.what, extra={"topic": each.topic})
        return broker.cluster_id(settings.kafka_url)
    except TopicsWrong as error:
        raise StopWorker(str(error)) from error


def recognise(found: str, known: str) -> None:
    """Refuse a broker that is not the ledger's.

    Raises
    ------
    StopWorker
        With what to do.
    """
    if found != known:
        raise StopWorker(
            f"this is another Kafka ({found}) than the one the ledger's offsets belong to ({known}): bring the old one "
            "back, or run `weirhouse reseed` to produce again what the inbox holds, then start the worker."
        )
