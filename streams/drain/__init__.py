# SPDX-License-Identifier: Apache-2.0
"""Faust's agents read Kafka in chunks: fast, and counted as read only when their output is durable.

Faust stays in charge of the worker, the agents, the group and its rebalances. Only the way from a fetched batch to an
agent is another: raw records (`offset`, `timestamp`, `key`, `value`, `headers`; nothing decoded) of one partition are
handed over as one list. Reasons and measurements: docs/decisions/0003-chunked-reads.md.

Where the app is made::

    app = faust.App("weirhouse-fold", broker=…, Stream=DrainStream, web_enabled=False, topic_disable_leader=True)
    drain = install(app)
    drain.intake("readings.life", "readings.bulk", life=["readings.life"])

Chunks: one partition's records, offsets in the consumer group. Several may be out at once; a commit covers only the
contiguous prefix that is done::

    @agent(app, "fold", "readings.life", "readings.bulk")
    async def fold(stream: DrainStream) -> None:
        async for chunk in stream.chunks(max_records=1_000, in_flight=4):
            signals = decide(chunk.tp, chunk.records)               # chunk.generation rises with each rebalance
            chunk.done_when(await emitter.emit("signals.ordinary", signals))

Slices: one partition number across co-partitioned topics in the order of the intake, life-safety first and alone;
offsets in the ledger::

    drain.intake(*TOPICS, life=LIFE, owner=ledger_owner)            # see `Owner`: start_offsets, assigned, revoked

    @agent(app, "correlate", *TOPICS)
    async def correlate(stream: DrainStream) -> None:
        async for piece in stream.slices(max_records=200):
            for topic, records in piece.parts: …
            await ledger.commit(…, old=piece.old_offsets, new=piece.next_offsets)
            piece.done()                                            # False: stale, a rebalance took it away

- Retry in place: keep the object and do not call `done()`. `Slice.halve()` gives two slices instead of one.
- An exception that leaves the agent loses nothing: Faust restarts the agent, and what was not done comes again first.
- After a rebalance a portion is `stale`: `done()` answers False and changes nothing.
- SIGTERM and rebalances wait `grace_s` for what is out, commit what is done and abandon the rest.
- A partition whose buffer is full (`Limits`) is paused, no other one; `Intake.hold(partition)` and `release` keep a
  partition's records back while its memory is loaded.
- An owner's offset outside the log is an alarm (`Owner.out_of_log` with `TrimmedPastOffset` or `AheadOfLog`); a group's
  commit that was trimmed away goes on from the log's beginning, logged and counted (`Drain.trimmed`).
- `Drain.progress()` says how far each partition is, for health checks.
- `Emitter` writes a chunk's output as one record batch a partition; its future completes when that is durable.
"""

from streams.drain.buffer import Limits
from streams.drain.emit import Emitter, Outgoing, partition_of
from streams.drain.engine import Drain, Progress
from streams.drain.errors import AheadOfLog, DrainError, NotDeclaredError, OutOfLogError, TrimmedPastOffset
from streams.drain.intake import Intake, Owner
from streams.drain.portion import Chunk, Portion, RawRecord, Slice
from streams.drain.stream import DrainStream, agent, install

__all__ = [
    "AheadOfLog",
    "Chunk",
    "Drain",
    "DrainError",
    "DrainStream",
    "Emitter",
    "Intake",
    "Limits",
    "NotDeclaredError",
    "OutOfLogError",
    "Outgoing",
    "Owner",
    "Portion",
    "Progress",
    "RawRecord",
    "Slice",
    "TrimmedPastOffset",
    "agent",
    "install",
    "partition_of",
]
