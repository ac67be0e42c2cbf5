# SPDX-License-Identifier: Apache-2.0
"""The application: doors before the framework, desk and feed in it, the console behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

import weirhouse
from api import console_files, errors, seen, signin
from api.characters import no_control_characters
from api.desk import acts, candidates, distress, joining, positions, reading, standing
from api.doors.asgi import DoorsMiddleware
from api.feed import routes as feed
from api.headers import HeadersMiddleware
from api.house import House, build
from api.openapi import describe
from weirhouse.clock import Clock, system_clock
from weirhouse.settings import Settings
from weirhouse.telemetry.catalogue import BUILD


def create_app(settings: Settings, clock: Clock = system_clock, house: House | None = None) -> FastAPI:
    """Return the application of one process; it connects when it is started.

    Parameters
    ----------
    settings
        Of this house.
    clock
        The machine's, or a replay's.
    house
        Parts put together elsewhere (tests); built from the settings when None.

    Raises
    ------
    DevIssuerInProduction
        Production was given no issuer.
    """
    parts = house or build(settings, clock)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        parts.metrics.set(BUILD, 1, "api", weirhouse.__version__)
        await parts.start()
        try:
            yield
        finally:
            await parts.stop()

    app = FastAPI(
        title="Weirhouse",
        version=weirhouse.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(no_control_characters)],
    )
    app.state.house = parts
    errors.install(app)
    app.include_router(seen.router)
    app.include_router(signin.router)
    if parts.dev_issuer is not None:
        app.include_router(signin.dev_router(parts.dev_issuer))
    app.include_router(acts.router)
    app.include_router(joining.router)
    app.include_router(reading.router)
    app.include_router(candidates.router)
    app.include_router(positions.router)
    app.include_router(distress.router)
    app.include_router(standing.router)
    app.include_router(feed.router)
    app.include_router(console_files.router())
    describe(app)
    app.add_middleware(
        DoorsMiddleware,
        doors=lambda: parts.doors,
        gate=lambda: parts.gate,
        max_body=settings.max_body_bytes,
        max_batch=settings.batch_max_bytes,
    )
    app.add_middleware(HeadersMiddleware, metrics=lambda: parts.metrics, production=settings.production)
    return app
