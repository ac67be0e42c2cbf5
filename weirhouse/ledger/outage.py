# SPDX-License-Identifier: Apache-2.0
"""What was learnt when the ledger did not answer, so that not every caller has to wait to learn it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from weirhouse.ledger.ports import LedgerAway


def _every(error: LedgerAway) -> bool:
    del error
    return True


class Outage:
    """Remembers that the ledger is away; then one attempt at a time asks, all others are told at once.

    Parameters
    ----------
    remember_s
        How long nobody asks after a failure; 0 remembers nothing.
    counts
        Whether a failure says that the ledger is away, and not merely that one statement took too long.
    """

    def __init__(self, remember_s: float, counts: Callable[[LedgerAway], bool] = _every) -> None:
        self._remember_s, self._counts = remember_s, counts
        self._away = self._probing = False
        self._until = 0.0

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Let the body try. A body that ends well says that the ledger is back.

        Raises
        ------
        LedgerAway
            At once, without running the body, while it is known to be away.
        """
        if self._remember_s <= 0.0:
            yield
            return
        probe = self._away
        if probe and (self._probing or monotonic() < self._until):
            raise LedgerAway("PostgreSQL is away: it did not answer a moment ago")
        self._probing = self._probing or probe
        try:
            yield
        except LedgerAway as error:
            if self._counts(error):
                self._away, self._until = True, monotonic() + self._remember_s
            raise
        else:
            self._away = False
        finally:
            if probe:
                self._probing = False
