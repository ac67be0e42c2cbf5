# SPDX-License-Identifier: Apache-2.0
"""The orders to stop that a terminal or a service manager sends, heard while a house stands."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

# A polite end and a terminal's hang-up. Ctrl-C is Python's own KeyboardInterrupt.
_ORDERS = (signal.SIGTERM, signal.SIGHUP)


class Orders:
    """Turns orders into SystemExit, so that context managers leave in order. Does nothing outside the main thread."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Callable[..., Any] | int | None] = {}

    def obey(self) -> None:
        """From now on an order raises SystemExit(128 + its number)."""
        if threading.current_thread() is threading.main_thread():
            self._before = {order: signal.signal(order, _leave) for order in _ORDERS}

    @contextlib.contextmanager
    def ignored(self) -> Iterator[None]:
        """Be deaf to every order, Ctrl-C included, while we stop; then put back what was before `obey`."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {order: signal.signal(order, signal.SIG_IGN) for order in (*_ORDERS, signal.SIGINT)}
        before.update(self._before)
        try:
            yield
        finally:
            for order, handler in before.items():
                signal.signal(order, handler)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
