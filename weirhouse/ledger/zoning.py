# SPDX-License-Identifier: Apache-2.0
"""Which partition a zone lives on: Kafka's own default partitioner, so that any producer that keys by zone agrees."""

from __future__ import annotations

from aiokafka.partitioner import murmur2


def partition_of(key: str, partitions: int) -> int:
    """Return the partition that Kafka's default partitioner gives `key` (murmur2, sign bit cleared)."""
    hashed: int = murmur2(key.encode())
    return (hashed & 0x7FFFFFFF) % partitions
