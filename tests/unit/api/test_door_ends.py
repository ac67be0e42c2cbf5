# SPDX-License-Identifier: Apache-2.0
"""A batch that ends half way: what is safe is answered, the refusal comes last, and the counters add up."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from api.doors.service import GROUP
from api.problems import Problem
from tests.unit.api.test_door_answers import WHO, Door
from weirhouse.telemetry.catalogue import DOOR_REPORTS


def line(number: int) -> bytes:
    """Return one good line."""
    return json.dumps({"id": str(number), "description": "panel"}).encode()


async def broken(count: int, code: str) -> AsyncIterator[list[bytes]]:
    """Yield so many lines, then end as a sender does that goes away."""
    yield [line(number) for number in range(count)]
    raise Problem(code, "half way")


async def told(door: Door, count: int, code: str) -> list[dict[str, object]]:
    """Return the answers to such a batch."""
    raw = b"".join([group async for group in door.service.many(WHO, broken(count, code), "", "")])
    return [json.loads(answer) for answer in raw.splitlines()]


def counted(door: Door) -> dict[str, float]:
    """Return the reports at the doors by outcome."""
    found: dict[str, float] = {}
    for row in door.metrics.exposition().decode().splitlines():
        if row.startswith(f"{DOOR_REPORTS.name}_total{{"):
            outcome = row.partition('outcome="')[2].partition('"')[0]
            found[outcome] = found.get(outcome, 0.0) + float(row.rpartition(" ")[2])
    return found


@pytest.mark.parametrize(("code", "status"), [("too-large", 413), ("malformed", 400)])
async def test_lines_that_are_safe_are_answered_and_the_refusal_comes_last(code: str, status: int) -> None:
    door = Door()
    answers = await told(door, GROUP + 7, code)
    assert [answer["line"] for answer in answers] == list(range(1, GROUP + 9))
    assert {answer["status"] for answer in answers[:-1]} == {202}
    assert (answers[-1]["status"], answers[-1]["code"]) == (status, code)
    assert counted(door) == {"accepted": GROUP + 7, "refused": 1.0}
    kept = await door.ledger.doors.status([str(answer["id"]) for answer in answers[:-1]])
    assert len(kept) == GROUP + 7


async def test_a_batch_of_which_nothing_is_safe_is_refused_as_a_whole() -> None:
    door = Door()
    with pytest.raises(Problem, match="too-large"):
        await told(door, GROUP - 1, "too-large")
    assert counted(door) == {}
    again = await door.many(*(line(number) for number in range(3)))
    assert {answer["status"] for answer in again} == {202}
    assert counted(door) == {"accepted": 3.0}
