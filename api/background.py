# SPDX-License-Identifier: Apache-2.0
"""Tasks that live as long as the process: one that ends unasked is logged, remembered, and fails `/healthz`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_log = logging.getLogger(__name__)


class Background:
    """Starts, watches and ends the tasks of one part."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self.ended: list[str] = []
        """Names of tasks that ended although nobody asked them to."""

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run `work`, which is meant to end only when it is cancelled by `stop`."""
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)
        task.add_done_callback(self._note)

    async def stop(self) -> None:
        """End all of them."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _note(self, task: asyncio.Task[None]) -> None:
        if task not in self._tasks:
            return
        self.ended.append(task.get_name())
        error = None if task.cancelled() else task.exception()
        _log.error("a background task ended unasked", extra={"task": task.get_name()}, exc_info=error)
