# SPDX-License-Identifier: Apache-2.0
"""Do the commands do their work on a real Kafka and a real PostgreSQL, and say in one sentence what is wrong?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from kafka import KafkaProducer

from tests.support.services import Kafka
from weirhouse.cli import run
from weirhouse.wire import deadletters
from weirhouse.wire.deadletters import DeadLetter
from weirhouse.wire.topics import CATALOGUE, DEAD_LETTERS, READINGS_BULK

Answer = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def ask(
    kafka: Kafka, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Answer:
    """Run a command with `--json` against the session's stores: (exit code, answer, standard error)."""
    values = {
        "WEIRHOUSE_KAFKA_URL": kafka.bootstrap,
        "WEIRHOUSE_POSTGRES_URL": database,
        "WEIRHOUSE_STATE_DIR": str(tmp_path / "state"),
        # A namespace of one's own: the session's broker is shared.
        "WEIRHOUSE_NAMESPACE": database.rpartition("/")[2],
        "WEIRHOUSE_PARTITIONS": "2",
        "LANG": "en_US.UTF-8",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)

    def call(*arguments: str) -> tuple[int, dict[str, Any], str]:
        code = run([*arguments, "--json"])
        said = capsys.readouterr()
        return code, json.loads(said.out.splitlines()[-1]), said.err

    return call


def test_migrate_runs_once_and_then_has_nothing_to_do(ask: Answer) -> None:
    code, first, _ = ask("migrate")
    assert (code, first["schema"].startswith("weirhouse_")) == (0, True)
    assert "0001_pre_base" in first["ran"]
    assert ask("migrate")[1]["ran"] == []


def test_topics_are_missing_then_made_then_fine(ask: Answer) -> None:
    code, answer, sentence = ask("topics")
    assert code == 1
    assert answer["error"]["code"] == "topics-wrong"
    assert "weirhouse topics --make" in sentence
    code, answer, _ = ask("topics", "--make")
    assert (code, len(answer["made"])) == (0, len(CATALOGUE))
    assert ask("topics")[1]["wrong"] == []


def test_the_demo_city_is_loaded_and_its_sources_get_keys(ask: Answer, database: str) -> None:
    ask("migrate")
    code, answer, _ = ask("city")
    assert (code, answer["zones"], answer["teams"]) == (0, 8, 42)
    code, answer, _ = ask("source-key", "hotline")
    assert code == 0
    assert len(answer["key"]) >= 40
    with psycopg.connect(database) as connection:
        schema = f"weirhouse_{database.rpartition('/')[2]}"
        row = connection.execute(f"select key_hash from {schema}.sources where source = 'hotline'").fetchone()
    assert row is not None
    assert answer["key"].encode() not in row[0]


def test_an_unknown_source_is_named(ask: Answer) -> None:
    ask("migrate")
    code, answer, sentence = ask("source-key", "nobody")
    assert (code, answer["error"]["code"]) == (1, "unknown-source")
    assert "nobody" in sentence
    assert "Traceback" not in sentence


def test_a_link_is_kept_by_its_hash_only(ask: Answer, database: str) -> None:
    ask("migrate")
    code, answer, _ = ask("link", "dispatcher", "--zone", "liuyin")
    assert code == 0
    token = answer["link"].rpartition("/")[2]
    with psycopg.connect(database) as connection:
        schema = f"weirhouse_{database.rpartition('/')[2]}"
        row = connection.execute(f"select token_hash, roles, zones from {schema}.sign_in_links").fetchone()
    assert row is not None
    assert (row[1], row[2]) == (["dispatcher"], ["liuyin"])
    assert token.encode() not in row[0]
    assert ask("link", "king")[0] == 1


def test_dead_letters_are_listed_shown_and_redriven(ask: Answer, kafka: Kafka, database: str) -> None:
    namespace = database.rpartition("/")[2]
    ask("topics", "--make")
    topic = READINGS_BULK.full(namespace)
    dead = DeadLetter(topic=topic, partition=0, offset=7, reason="malformed", key=b"cam-01", value=b"\xff not json")
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap)
    producer.send(DEAD_LETTERS.full(namespace), key=dead.origin.encode(), value=deadletters.encode(dead)).get(10)
    producer.close()
    code, answer, _ = ask("dead-letters", "list")
    assert (code, [row["origin"] for row in answer["letters"]]) == (0, [dead.origin])
    assert "not json" in ask("dead-letters", "show", dead.origin)[1]["value"]
    assert ask("dead-letters", "redrive", dead.origin)[1] == {"redriven": 1}
    assert ask("dead-letters", "list")[1]["letters"] == []
    assert ask("dead-letters", "show", dead.origin)[0] == 1


def test_doctor_finds_what_is_wrong_and_hides_secrets(ask: Answer) -> None:
    code, answer, _ = ask("doctor")
    assert code == 1
    assert any("weirhouse migrate" in line for line in answer["wrong"])
    assert answer["settings"]["WEIRHOUSE_POSTGRES_URL"] == "set"
    ask("migrate")
    ask("topics", "--make")
    code, answer, _ = ask("doctor")
    assert (code, answer["wrong"]) == (0, [])
    assert answer["schema"]["fits"] is True
    assert answer["topics"]["answers"] is True


def test_without_a_house_it_says_how_to_get_one(ask: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEIRHOUSE_KAFKA_URL")
    code, answer, sentence = ask("topics")
    assert (code, answer["error"]["code"]) == (1, "no-house")
    assert "weirhouse up" in sentence
    assert ask("down")[1] == {"stopped": None}
