# SPDX-License-Identifier: Apache-2.0
"""Is anybody there? Asked of real sockets before a client is let loose on them."""

from __future__ import annotations

import socket

import pytest

from streams import starting
from weirhouse.wire.broker import BrokerAway


def test_nobody_at_the_door_is_an_absent_broker() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(BrokerAway, match="WEIRHOUSE_KAFKA_URL"):
            starting.knock(address)
        mute.listen()
        starting.knock(f"127.0.0.1:1,{address}")
