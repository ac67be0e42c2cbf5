# SPDX-License-Identifier: Apache-2.0
"""Real requests that tell whether a service does its work, over plain sockets."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

import httpx
import psycopg

from weirhouse.embedded.ports import HOST

_TIMEOUT_S = 2.0

# Kafka protocol: Metadata is request 3; version 2 still has fixed fields and names the cluster. No client, no topics.
_METADATA = struct.pack(">hhih", 3, 2, 1, -1) + struct.pack(">i", 0)


def kafka_cluster(port: int) -> str | None:
    """Return the cluster id when the broker on `port` answers a Metadata request and lists itself; else None."""
    try:
        with socket.create_connection((HOST, port), timeout=_TIMEOUT_S) as link:
            link.sendall(struct.pack(">i", len(_METADATA)) + _METADATA)
            (length,) = struct.unpack(">i", _read(link, 4))
            body = _read(link, min(length, 65_536))
    except OSError:
        return None
    correlation, brokers = struct.unpack_from(">ii", body)
    if correlation != 1 or brokers < 1:
        return None
    at = 8
    for _ in range(brokers):
        at += 4  # node id
        at = _skip_string(body, at) + 4  # host, then port
        at = _skip_string(body, at)  # rack
    (length,) = struct.unpack_from(">h", body, at)
    return body[at + 2 : at + 2 + length].decode() if length > 0 else None


def kafka_ready(port: int) -> Callable[[], bool]:
    """Return a probe of the broker on `port`."""
    return lambda: kafka_cluster(port) is not None


def postgres_ready(address: str) -> Callable[[], bool]:
    """Return a probe that signs in to PostgreSQL and runs a statement."""

    def probe() -> bool:
        try:
            with psycopg.connect(address, connect_timeout=2, autocommit=True) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    return probe


def http_ready(url: str) -> Callable[[], bool]:
    """Return a probe that wants an answer below 400 from `url`."""

    def probe() -> bool:
        try:
            return httpx.get(url, timeout=_TIMEOUT_S, trust_env=False).status_code < 400
        except httpx.HTTPError:
            return False

    return probe


def _read(link: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = link.recv(size - len(parts))
        if not part:
            raise ConnectionResetError
        parts += part
    return parts


def _skip_string(body: bytes, at: int) -> int:
    (length,) = struct.unpack_from(">h", body, at)
    return at + 2 + max(0, int(length))
