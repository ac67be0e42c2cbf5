# SPDX-License-Identifier: Apache-2.0
"""A worker before its world is there: waits with few words, and ends only for what waiting cannot mend."""

from __future__ import annotations

import logging

import pytest

from streams import starting, topics
from streams.failures import StopWorker
from streams.health import Watch
from weirhouse.ledger.ports import LedgerAway
from weirhouse.settings import Settings
from weirhouse.wire.broker import BrokerAway


class World:
    """Kafka for `broker` more tries away, then PostgreSQL for `ledger` tries; time moves only by sleeping."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, broker: int, ledger: int, wrong: bool = False) -> None:
        self.now = 0.0
        self.broker, self.ledger, self.wrong = broker, ledger, wrong
        monkeypatch.setattr(starting, "knock", lambda url: None)
        monkeypatch.setattr(topics, "prepare", self.prepare)
        monkeypatch.setattr(starting, "check_ledger", self.check)

    def prepare(self, settings: Settings) -> str:
        self.broker -= 1
        if self.broker >= 0:
            raise BrokerAway("Kafka does not answer")
        return "cluster"

    async def check(self, settings: Settings, cluster_id: str) -> None:
        assert cluster_id == "cluster"
        self.ledger -= 1
        if self.ledger >= 0:
            raise LedgerAway("PostgreSQL does not answer")
        if self.wrong:
            raise StopWorker("run `weirhouse migrate` first")

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def start(self, watch: Watch) -> str:
        settings = Settings.model_validate({"kafka_url": "none:1"})
        return starting.when_there(settings, watch, self.sleep, lambda: self.now)


def test_a_night_without_a_world_costs_few_lines_and_no_life(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(monkeypatch, broker=1_000, ledger=1_000)
    watch = Watch(5.0, lambda: world.now)
    with caplog.at_level(logging.INFO, "streams.starting"):
        assert world.start(watch) == "cluster"
    waits = [line for line in caplog.messages if line.startswith("waits: ")]
    assert 2 <= len(waits) <= world.now / starting.SAY_EVERY_S + 4
    assert caplog.messages[-1] == "broker and ledger answer"
    assert watch.answer().alive


def test_no_wait_is_longer_than_two_seconds_and_none_is_needed_when_all_is_there(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(monkeypatch, broker=0, ledger=0)
    with caplog.at_level(logging.INFO, "streams.starting"):
        world.start(Watch(5.0))
    assert (world.now, caplog.messages) == (0.0, [])
    world = World(monkeypatch, broker=100, ledger=0)
    world.start(Watch(5.0))
    assert world.now <= 100 * starting.LONGEST_WAIT_S


def test_what_waiting_cannot_mend_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, broker=1, ledger=1, wrong=True)
    with pytest.raises(StopWorker, match="migrate"):
        world.start(Watch(5.0))
