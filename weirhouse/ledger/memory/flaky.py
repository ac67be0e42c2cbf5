# SPDX-License-Identifier: Apache-2.0
"""A port whose every other call fails as if the database were away: each service's test runs on it too."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar, cast

from weirhouse.ledger.ports import LedgerAway

P = TypeVar("P")


class _Flaky:
    def __init__(self, port: object) -> None:
        self._port = port
        self.calls = 0

    def _fails(self) -> bool:
        self.calls += 1
        return self.calls % 2 == 1

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._port, name)
        if inspect.isasyncgenfunction(real):
            return self._stream(real)
        if inspect.iscoroutinefunction(real):
            return self._call(real)
        return real

    def _call(self, real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            if self._fails():
                raise LedgerAway("every other call fails here")
            return await real(*args, **kwargs)

        return call

    def _stream(self, real: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
        async def stream(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            if self._fails():
                raise LedgerAway("every other call fails here")
            async for page in real(*args, **kwargs):
                yield page

        return stream


def flaky(port: P) -> P:
    """Return `port` behind a wrapper: its first, third, fifth … call raises LedgerAway before anything happened."""
    return cast("P", _Flaky(port))
