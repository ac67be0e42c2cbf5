# SPDX-License-Identifier: Apache-2.0
"""The yardstick: a bare FastAPI route with one INSERT … ON CONFLICT; nothing checked, placed or sealed."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel


class Body(BaseModel):
    """The same fields that the door takes."""

    id: str
    source: str = ""
    channel: str = "app"
    type: str = ""
    description: str = ""
    location: dict[str, Any] | None = None
    reporter: dict[str, Any] | None = None


def app(dsn: str) -> FastAPI:
    """Return the application."""
    pool: AsyncConnectionPool[AsyncConnection[TupleRow]] = AsyncConnectionPool(
        dsn, kwargs={"autocommit": True, "prepare_threshold": 0}, min_size=8, max_size=8, open=False
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        await pool.open()
        async with pool.connection() as connection:
            await connection.execute("create table if not exists bare (id text primary key, body text not null)")
        yield
        await pool.close()

    made = FastAPI(lifespan=lifespan)

    @made.post("/reports", status_code=202)
    async def reports(body: Body) -> dict[str, str]:
        async with pool.connection() as connection:
            await connection.execute(
                "insert into bare (id, body) values (%s, %s) on conflict (id) do nothing", (body.id, body.description)
            )
        return {"id": body.id, "status": "accepted"}

    return made


if __name__ == "__main__":
    uvicorn.run(
        app(os.environ["WEIRHOUSE_POSTGRES_URL"]), host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop",
        http="httptools", access_log=False, log_level="warning",
    )  # fmt: skip
