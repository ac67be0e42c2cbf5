# SPDX-License-Identifier: Apache-2.0
"""Does every sentence of the command line exist in both languages, with the same values?"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from weirhouse.cli import run
from weirhouse.cli.app import build
from weirhouse.cli.chinese import EMBEDDED
from weirhouse.cli.once import Replay
from weirhouse.cli.summary import Figures, conservation, quantiles
from weirhouse.cli.talk import Stop
from weirhouse.cli.words import CATALOGUE, language, told
from weirhouse.embedded.errors import Sentence
from weirhouse.embedded.sentences import ENGLISH
from weirhouse.ledger.broker import BrokerExchanged
from weirhouse.ledger.reconcile import Reconciliation
from weirhouse.ledger.verify import Verification
from weirhouse.settings import Settings

ROOT = Path(__file__).parents[3]


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", CATALOGUE)
def test_both_languages_say_the_same_values(key: str) -> None:
    english, chinese = CATALOGUE[key]
    assert _fields(english) == _fields(chinese)
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert not re.search(r"[\u4e00-\u9fff]", english)


def test_what_the_house_says_is_said_in_chinese_too() -> None:
    assert EMBEDDED.keys() == ENGLISH.keys()
    for key, chinese in EMBEDDED.items():
        assert _fields(chinese) == _fields(ENGLISH[key]), key
        assert re.search(r"[\u4e00-\u9fff]", chinese)
    taken = Sentence("port-taken", port=1, host="127.0.0.1", what="Kafka", variable="X")
    assert "占用" in told("zh", taken)
    assert told("en", taken) == str(taken)


def test_every_sentence_of_the_house_is_used() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "weirhouse").rglob("*.py") if path.name != "sentences.py")
    assert {key for key in ENGLISH if sources.count(f'"{key}"') < 2} == set()  # once in Chinese, once where it is said


@pytest.mark.parametrize(
    ("wish", "environ", "spoken"),
    [
        ("", {"LANG": "zh_CN.UTF-8"}, "zh"),
        ("", {"LANG": "en_GB.UTF-8"}, "en"),
        ("", {"LC_ALL": "zh_TW", "LANG": "en_US"}, "zh"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        ("", {"WEIRHOUSE_LANGUAGE": "zh", "LC_ALL": "C"}, "zh"),
        ("", {}, "en"),
    ],
)
def test_the_language_follows_the_wish_then_the_environment(wish: str, environ: dict[str, str], spoken: str) -> None:
    assert language(wish, environ) == spoken


def _helps(command: Any, path: str) -> Iterator[tuple[str, str]]:
    yield path, command.help or ""
    for param in command.params:
        yield f"{path} {param.name}", getattr(param, "help", "") or ""
    for name, child in getattr(command, "commands", {}).items():
        yield from _helps(child, f"{path} {name}")


def test_help_is_in_both_languages() -> None:
    for where, text in _helps(typer.main.get_command(build()), "weirhouse"):
        assert re.search(r"[\u4e00-\u9fff]", text), where
        assert re.search(r"[A-Za-z]{3}", text), where


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_wrong_settings_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], spoken: str
) -> None:
    monkeypatch.setenv("WEIRHOUSE_API_PORT", "0")
    assert run(["relay", "--lang", spoken]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) == 1
    assert ("设置有误" in said) == (spoken == "zh")


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_an_exchanged_broker_is_one_sentence_and_exit_code_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], spoken: str
) -> None:
    monkeypatch.setenv("WEIRHOUSE_KAFKA_URL", "none:1")
    monkeypatch.setenv("WEIRHOUSE_POSTGRES_URL", "postgresql://none")

    async def exchanged(settings: Settings) -> None:
        raise BrokerExchanged("old-one", settings.kafka_url)

    monkeypatch.setattr("weirhouse.cli.proofs.relay_until_told", exchanged)
    assert run(["relay", "--lang", spoken]) == 3
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert "old-one" in last
    assert "weirhouse reseed" in last
    assert ("集群" in last) == (spoken == "zh")


def test_an_unknown_command_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["nonsense", "--json"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["error"]["code"] == "usage"
    assert "Traceback" not in said.err


def test_a_replay_needs_its_days() -> None:
    assert Replay.asked("", None, "", "", "", once=False) is None
    with pytest.raises(Stop, match="--once"):
        Replay.asked("boston311", None, "2011-08-27", "2011-08-31", "", once=True)


def test_quantiles_of_nothing_are_nothing() -> None:
    assert quantiles([]) == {"p50": None, "p99": None, "n": 0}
    assert quantiles([n / 1000 for n in range(1, 101)]) == {"p50": 51.0, "p99": 100.0, "n": 100}


def test_a_lost_report_breaks_conservation() -> None:
    sent = {"attempts": 12, "accepted": 10, "repeated": 2, "refused": {}, "unanswered": 0}
    sets = Reconciliation(
        accepted=10,
        decided={},
        in_flight=0,
        in_outbox=0,
        moving=(),
        lost=(),
        doubled=(),
        without_report=(),
        without_incident=(),
    )
    rows = Verification(incidents=4, differences=(), broken_link=0)
    whole = Figures(received=10, people={"opened": 4, "joined": 6}, incident_reports=10, held=10)
    assert all(line.holds for line in conservation(sent, whole, sets, rows))
    lost = Figures(received=10, people={"opened": 4, "joined": 5}, incident_reports=9, held=9)
    assert [line.left - line.right for line in conservation(sent, lost, sets, rows) if not line.holds] == [1]
