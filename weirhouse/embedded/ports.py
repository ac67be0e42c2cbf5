# SPDX-License-Identifier: Apache-2.0
"""Ports on 127.0.0.1: a free one, kept over restarts, or a clear word that it is taken."""

from __future__ import annotations

import random
import socket

from weirhouse.embedded.errors import EmbeddedError

HOST = "127.0.0.1"

# Below the range that Linux (32768) and macOS (49152) hand to outgoing connections. A client that keeps
# knocking at a stopped service's port inside that range can be given the very port as its own, connect to
# itself, and so keep the service from coming back.
_FIRST, _LAST = 20_000, 32_000

_TRIES = 200


def is_free(port: int) -> bool:
    """Whether we could listen on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port nobody listens on.

    Raises
    ------
    EmbeddedError
        None of two hundred tried was free.
    """
    for _ in range(_TRIES):
        port = random.randint(_FIRST, _LAST)  # noqa: S311  a port is no secret
        if is_free(port):
            return port
    raise EmbeddedError("no-port", first=_FIRST, last=_LAST, host=HOST)


def choose(what: str, wanted: int | None, remembered: int | None, variable: str) -> int:
    """Return the port for `what`: the wanted one, else yesterday's if free, else a free one.

    Raises
    ------
    EmbeddedError
        The wanted port is taken.
    """
    if wanted is not None:
        claim(what, wanted, variable)
        return wanted
    if remembered is not None and is_free(remembered):
        return remembered
    return free_port()


def claim(what: str, port: int, variable: str) -> None:
    """Refuse, with a sentence, a port that is taken."""
    if not is_free(port):
        raise EmbeddedError("port-taken", port=port, host=HOST, what=what, variable=variable)
