# SPDX-License-Identifier: Apache-2.0
"""Which partition a zone lives on: Kafka's own default partitioner, so that any producer that keys by zone agrees."""

from __future__ import annotations

from typing import Final

from aiokafka.partitioner import murmur2

from weirhouse.domain.city import Zone
from weirhouse.domain.report import UNPLACED

NO_ZONE: Final = Zone(id=UNPLACED, name_en="Without a place", name_zh="无地点")
"""The zone of reports that say nothing about where; every ledger has it."""


def partition_of(key: str, partitions: int) -> int:
    """Return the partition that Kafka's default partitioner gives `key` (murmur2, sign bit cleared)."""
    hashed: int = murmur2(key.encode())
    return (hashed & 0x7FFFFFFF) % partitions
