# SPDX-License-Identifier: Apache-2.0
"""A worker process to be killed: `python -m tests.contract.drain.worker ENGINE BOOTSTRAP GROUP TOPIC FILE`.

Each record it has handled is one line, "partition offset", appended to FILE before it counts as done.
"""

from __future__ import annotations

import asyncio
import os
import sys

import faust
from faust.types import TP

from tests.contract.drain.support import read_with

WORK_S = 0.0002


def main(engine: str, bootstrap: str, group: str, topic: str, path: str) -> None:
    """Run until a signal comes."""
    out = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def handle(tp: TP, offset: int, _: bytes | None) -> None:
        await asyncio.sleep(WORK_S)
        os.write(out, b"%d %d\n" % (tp.partition, offset))

    app = read_with(engine, bootstrap, group, (topic,), handle)
    faust.Worker(app, loglevel="info").execute_from_commandline()


if __name__ == "__main__":
    main(*sys.argv[1:])
