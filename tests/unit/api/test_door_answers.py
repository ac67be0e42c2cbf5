# SPDX-License-Identifier: Apache-2.0
"""Does a repeat get the first answer, whatever changed meanwhile? Is a group decoded exactly as its lines are?"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.doors.collector import Collector
from api.doors.intake import ReportIn, decode, decode_all
from api.doors.keeping import Keeping
from api.doors.lifeboat import Lifeboat
from api.doors.seal import Sealer
from api.doors.service import DoorService
from api.doors.standing import City, StandingCache
from api.problems import Problem
from api.security import Principal, Role
from weirhouse.clock import system_clock
from weirhouse.domain.city import Source, Zone
from weirhouse.ledger.memory import MemoryLedger
from weirhouse.settings import Settings
from weirhouse.telemetry.metrics import Metrics
from weirhouse.telemetry.tracing import Tracing

RING = [(10.0, 10.0), (10.1, 10.0), (10.1, 10.1), (10.0, 10.1), (10.0, 10.0)]
APP = Source(id="app", name="The app", sort="person")
WHO = Principal("app", frozenset({Role.SOURCE}), frozenset({"*"}), APP)
BODY = json.dumps({"id": "1", "description": "panel 7", "location": {"point": {"lat": 10.05, "lon": 10.05}}}).encode()


def city(zone: str) -> City:
    """Return a city of one zone."""
    return City([Zone(id=zone, name_en=zone, name_zh=zone, rings=[RING])], (), (APP,))


@dataclass
class Door:
    """A door on the double, whose city may change."""

    ledger: MemoryLedger = field(default_factory=MemoryLedger)

    def __post_init__(self) -> None:
        settings, metrics = Settings(), Metrics()
        self.metrics = metrics
        self.standing = StandingCache(self.ledger.standing)
        self.standing.city = city("before")
        sealer = Sealer(b"s" * 32)
        life, ordinary = (Collector(self.ledger.doors, lane, 2, 1.0, metrics) for lane in ("life", "ordinary"))
        keeping = Keeping(life, ordinary, Lifeboat("", sealer), metrics)
        tracing = Tracing("api", "", 0.0)
        self.service = DoorService(settings, self.standing, sealer, keeping, metrics, tracing, system_clock)

    async def one(self, body: bytes = BODY) -> dict[str, object]:
        """Return the answer to one report."""
        found: dict[str, object] = json.loads(await self.service.one(WHO, body, "", ""))
        return found

    async def many(self, *lines: bytes) -> list[dict[str, object]]:
        """Return the answers to a batch."""

        async def sent() -> AsyncIterator[list[bytes]]:
            yield list(lines)

        answers = b"".join([group async for group in self.service.many(WHO, sent(), "", "")])
        return [json.loads(line) for line in answers.splitlines()]


async def test_the_first_answer_comes_again_when_zones_and_registry_changed() -> None:
    door = Door()
    first = await door.one()
    assert (first["zone"], first["lane"]) == ("before", "ordinary")
    door.standing.city = city("after")
    assert await door.one() == first
    assert (await door.one(BODY.replace(b'"1"', b'"2"')))["zone"] == "after"
    (line,) = await door.many(BODY)
    assert {name: line[name] for name in ("id", "zone", "lane", "type", "claims", "href")} == {
        name: value for name, value in first.items() if name != "status"
    }


async def test_the_lane_of_the_first_answer_stays_when_the_claim_counts_later() -> None:
    door = Door()
    claim = BODY.replace(b"{", b'{"life_safety":true,', 1)
    first = await door.one(claim)
    assert first["lane"] == "ordinary"
    entitled = Source(id="app", name="The app", sort="person", may_claim_life=True)
    again = json.loads(await door.service.one(Principal("app", WHO.roles, WHO.zones, entitled), claim, "", ""))
    assert again == first


async def test_doubles_in_one_batch_get_one_answer() -> None:
    door = Door()
    first, second, other = await door.many(BODY, BODY, BODY.replace(b"panel", b"panels"))
    assert {**first, "line": 0} == {**second, "line": 0}
    assert (other["status"], other["code"]) == (422, "key-reused")


@pytest.mark.parametrize("source", ["gauge|7", "gau\tge", "gauge\x1f", "\u200bgauge", "|"])
async def test_a_source_that_looks_like_an_episode_is_refused(source: str) -> None:
    door, desk = Door(), Principal("ann", frozenset({Role.CALL_TAKER}), frozenset({"*"}))
    with pytest.raises(Problem) as refused:
        await door.service.one(desk, json.dumps({"id": "1", "source": source}).encode(), "", "")
    assert (refused.value.code, [error.path for error in refused.value.errors]) == ("invalid-value", ["source"])
    told = await door.service.one(desk, b'{"id":"1","source":"app"}', "", "")
    assert json.loads(told)["status"] == "accepted"


FRAGMENTS = (
    b'{"id":"a"}', b'{"id":"b","description":"x"}', b'{"id":"a"', b',"description":"x"}', b'{"id":"a"} {"id":"b"}',
    b'{"id":"a"},{"id":"b"}', b'{"location":{}', b"}", b"{", b"{}", b"[]", b" ", b'{"id":"a"}\r', b' {"id":"a"} ',
    b'{"id":"a\\u0000"}', b'{"id":"a\x7f"}', b'{"id":"\xff"}', b'{"nonsense":1}', b'{"description":"}', b'{"}',
    b'{"attributes":{"a":{"b":1}}}', b'{"attributes":' + b"[" * 40, b"x", b'{"id":5}',
)  # fmt: skip


def told(found: Sequence[ReportIn | Problem]) -> list[object]:
    """Return what can be compared."""
    return [(one.code, one.detail) if isinstance(one, Problem) else one for one in found]


@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=6))
def test_a_group_is_decoded_as_its_lines_are(lines: list[bytes]) -> None:
    alone: list[ReportIn | Problem] = []
    for line in lines:
        try:
            alone.append(decode(line))
        except Problem as problem:
            alone.append(problem)
    assert told(decode_all(lines)) == told(alone)


@pytest.mark.parametrize("depth", [1, 2, 16])
def test_a_group_keeps_to_the_depth_allowed(depth: int) -> None:
    lines = [b'{"id":"a"}', b'{"location":{"point":{"lat":1,"lon":1}}}']
    first, second = decode_all(lines, depth)
    assert isinstance(first, ReportIn)
    assert isinstance(second, ReportIn) is (depth >= 3)
