# SPDX-License-Identifier: Apache-2.0
"""Fixtures for every test. Unit and architecture tests find the network closed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import settings

from tests.support.services import _no_foreign_settings, database, free_house, kafka, postgres

__all__ = ["_no_foreign_settings", "database", "free_house", "kafka", "postgres"]

# No test asserts on wall time, and a property that is slow once on a crowded machine is not wrong.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

_HERE = Path(__file__).parent
_CLOSED = (_HERE / "unit", _HERE / "architecture")


class NetworkClosedError(Exception):
    """A unit test reached for the network; such a test belongs to tests/integration."""


@pytest.fixture(autouse=True)
def _closed_network(request: pytest.FixtureRequest) -> Iterator[None]:
    """Refuse connections in tests that must need none."""
    if not any(request.path.is_relative_to(folder) for folder in _CLOSED):
        yield
        return

    def refuse(self: socket.socket, address: Any) -> NoReturn:
        raise NetworkClosedError(f"a unit test connects to {address}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        yield
