# SPDX-License-Identifier: Apache-2.0
"""The agent's view of a drain, and how a drain is put into a Faust app."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, cast

import faust
from faust.streams import Stream
from faust.types import TopicT

from streams.drain.consumer import DrainConsumer
from streams.drain.engine import SETTLE_GRACE_S, Drain
from streams.drain.intake import Intake
from streams.drain.portion import Chunk, Slice

CHUNK_RECORDS = 1_000
"""Decoding and folding 1,000 records takes about 3 ms: long enough to make the costs of a chunk vanish, short enough
that life-safety, which goes first at the next chunk, waits no longer than that."""

SLICE_RECORDS = 200
"""A ledger transaction of 200 reports takes about 5 ms (docs/decisions/0003-chunked-reads.md)."""


Body = Callable[["DrainStream"], Awaitable[None]]
"""An agent: reads its stream until the app stops."""


class DrainStream(Stream[Any]):  # type: ignore[misc, unused-ignore]
    """A Faust stream that can also be read in chunks or slices; iterating it as usual stays Faust's own way."""

    def chunks(self, max_records: int = CHUNK_RECORDS, in_flight: int = 4) -> AsyncGenerator[Chunk]:
        """Yield chunks of one partition each, life-safety first, partitions in turn.

        Parameters
        ----------
        max_records
            Most records in a chunk; fewer when fewer lie ready (it never waits for more).
        in_flight
            Chunks of a lane that may be out (handed over, not done) at once.

        Raises
        ------
        Exception
            Whatever a future given to `Chunk.done_when` failed with.
        """
        return self._intake().chunks(max_records, in_flight)

    def slices(self, max_records: int = SLICE_RECORDS, in_flight: int = 1) -> AsyncGenerator[Slice]:
        """Yield slices: of one partition number, across all topics of the intake.

        A slice is either of the life-safety lane or not; partitions with life-safety records come first, otherwise
        all in turn.

        Parameters
        ----------
        max_records
            Most records in a slice; it never waits for more.
        in_flight
            Slices of one partition number that may be out at once; 1 keeps them strictly one after another.
        """
        return self._intake().slices(max_records, in_flight)

    def _intake(self) -> Intake:
        drain: Drain = cast("Any", self.app).drain
        return drain.find(cast("TopicT", self.channel).topics)


def install(app: faust.App, *, grace_s: float = SETTLE_GRACE_S) -> Drain:
    """Put a drain into an app that was made with `faust.App(..., Stream=DrainStream)`; return it.

    Call it once, before the app's consumer is made (that is: where the app is made).
    """
    drain = Drain(grace_s)
    untyped = cast("Any", app)
    untyped.drain = drain
    untyped.transport.Consumer = type("AppConsumer", (DrainConsumer,), {"drain": drain})
    return drain


def agent(app: faust.App, name: str, *topics: str) -> Callable[[Body], Body]:
    """Decorate a coroutine function of a `DrainStream` as the app's agent `name` on these topics.

    It is `app.agent(app.topic(*topics), name=name)` with a type that knows chunks and slices. The name is storage.
    """

    def decorate(body: Body) -> Body:
        app.agent(app.topic(*topics), name=name)(cast("Any", body))
        return body

    return decorate
