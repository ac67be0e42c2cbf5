# SPDX-License-Identifier: Apache-2.0
"""What a psycopg error means to the house: the world is away, or the statement can never succeed."""

from __future__ import annotations

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from weirhouse.ledger.ports import LedgerAway, LedgerRefuses

_AWAY = ("08", "53", "57", "58", "25006", "25P03", "55P03", "40", "XX001")
"""SQLSTATE prefixes: connection, resources (disk, memory, connections), operator (shutdown, cancel, timeouts), system,
read-only (a standby), idle timeout, lock not available, retried conflicts that did not end."""

AWAY_ERRORS = (PoolTimeout, PoolClosed, TooManyRequests, OSError)
"""What the pool and the socket raise when nobody answers."""

CONFLICTS = (errors.DeadlockDetected, errors.SerializationFailure)
"""Nothing is wrong: run the transaction again."""


def is_away(error: psycopg.Error) -> bool:
    """Return whether holding our place and retrying can help."""
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate.startswith(_AWAY)


def translate(error: psycopg.Error | OSError) -> LedgerAway | LedgerRefuses:
    """Return the port's exception for `error`; raise it `from error`."""
    if isinstance(error, OSError | PoolTimeout | PoolClosed | TooManyRequests):
        return LedgerAway(f"PostgreSQL is away: {error or type(error).__name__}")
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    if is_away(error):
        return LedgerAway(f"PostgreSQL is away: {first}")
    return LedgerRefuses(f"PostgreSQL refuses ({error.sqlstate}): {first}")
