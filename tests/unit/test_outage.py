# SPDX-License-Identifier: Apache-2.0
"""While the ledger is away one asks at a time and nobody else waits; who asks nothing again hears no memory."""

from __future__ import annotations

from time import sleep

import pytest

from weirhouse.ledger.outage import Outage
from weirhouse.ledger.ports import LedgerAway, LedgerRefuses


def fail(outage: Outage, error: Exception) -> None:
    """Attempt what fails."""
    with pytest.raises(type(error)), outage.attempt():
        raise error


def refused(outage: Outage) -> bool:
    """Return whether an attempt is told no without being made."""
    made = False
    try:
        with outage.attempt():
            made = True
            raise LedgerAway("still")
    except LedgerAway:
        return not made


def test_one_probe_at_a_time() -> None:
    outage = Outage(0.05)
    fail(outage, LedgerAway("gone"))
    assert refused(outage)
    sleep(0.06)
    with outage.attempt():
        assert refused(outage)
    assert not refused(outage)


def test_a_probe_that_is_cut_off_leaves_the_way_free() -> None:
    outage = Outage(0.0001)
    fail(outage, LedgerAway("gone"))
    sleep(0.001)
    with pytest.raises(KeyboardInterrupt), outage.attempt():
        raise KeyboardInterrupt
    assert not refused(outage)


def test_only_what_counts_is_remembered() -> None:
    outage = Outage(60.0, lambda error: "gone" in str(error))
    fail(outage, LedgerAway("one statement took too long"))
    fail(outage, LedgerRefuses("wrong"))
    with outage.attempt():
        pass
    fail(outage, LedgerAway("gone"))
    assert refused(outage)
    unmindful = Outage(0.0)
    fail(unmindful, LedgerAway("gone"))
    assert not refused(unmindful)
