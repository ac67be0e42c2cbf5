# SPDX-License-Identifier: Apache-2.0
"""`python -m api`: the API of one house. Exit codes: 0 stopped, 2 settings, 3 schema too old, 4 address taken."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import sys

import uvicorn
from pydantic import ValidationError

from api.app import create_app
from api.dev_issuer import DevIssuerInProduction
from api.house import House
from weirhouse.keys import KeysUnkept, with_keys
from weirhouse.ledger import migrate
from weirhouse.ledger.ports import LedgerAway, SchemaTooOld
from weirhouse.settings import Settings
from weirhouse.telemetry.logs import configure

GRACE_S = 10
"""Requests in flight are answered within this after SIGTERM."""
BACKLOG = 2048

_log = logging.getLogger("api")


class Server(uvicorn.Server):
    """Lets the feed's subscribers go first, or open streams would hold the stop up."""

    def __init__(self, config: uvicorn.Config, house: House) -> None:
        super().__init__(config)
        self._house = house

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop gracefully."""
        await self._house.hub.stop()
        await super().shutdown(sockets)
        # A stop that was asked for is no death by signal: exit with 0.
        self._captured_signals.clear()


def fail(sentence: str, code: int) -> int:
    """Say one clear sentence and return the exit code."""
    print(sentence, file=sys.stderr)  # noqa: T201 - for the person who started it
    return code


async def check(settings: Settings) -> None:
    """Refuse an older schema; a ledger that is away is none of our business yet (decision 8).

    Raises
    ------
    SchemaTooOld
    """
    try:
        await migrate.check(settings.database, settings.schema_name)
    except LedgerAway as error:
        _log.warning("started without a ledger", extra={"why": str(error)})


def main() -> int:
    """Run until told to stop; return the exit code."""
    try:
        settings = with_keys(Settings())
        configure("api", settings.log_level)
        app = create_app(settings)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors())
        return fail(f"settings are wrong: {problems}", 2)
    except (DevIssuerInProduction, KeysUnkept) as error:
        return fail(str(error), 2)
    if not settings.database:
        return fail("WEIRHOUSE_POSTGRES_URL is not set: start the house with `weirhouse up`, or set it", 2)
    try:
        asyncio.run(check(settings))
    except SchemaTooOld as error:
        return fail(str(error), 3)
    listener = socket.socket(socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if settings.api_workers > 1:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((settings.api_host, settings.api_port))
    except OSError as error:
        return fail(f"cannot listen on {settings.api_host}:{settings.api_port}: {error.strerror}", 4)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_S,
    )
    # What lives as long as the process is not walked again and again; a batch's thousands of objects die at once.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    server = Server(config, app.state.house)
    server.run(sockets=[listener])
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
