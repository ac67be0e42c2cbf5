# SPDX-License-Identifier: Apache-2.0
"""Are a house's keys made once, the same for all its processes, readable by nobody else, and never made up for real?"""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from weirhouse.cli import run
from weirhouse.keys import PAIR, SECRETS, KeysUnkept, fresh, house_keys, with_keys
from weirhouse.settings import Settings, plain
from weirhouse.wire.sealed import box, unbox


def _settings(folder: Path, **values: str) -> Settings:
    return Settings.model_validate({"state_dir": folder, **values})


def test_they_stay_the_same_and_are_the_owners_only(tmp_path: Path) -> None:
    first = with_keys(_settings(tmp_path / "state"))
    again = with_keys(_settings(tmp_path / "state"))
    for name in (*SECRETS, *PAIR):
        assert plain(getattr(first, name))
        assert getattr(first, name) == getattr(again, name)
    assert stat.S_IMODE((tmp_path / "state" / "keys.json").stat().st_mode) == 0o600
    sealed = box(first.sealing_public_key, b"who called", "r1")
    assert unbox(again.sealing_private_key.get_secret_value(), sealed, "r1") == b"who called"


def test_processes_that_start_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: json.dumps(house_keys(_settings(tmp_path)), sort_keys=True), range(64)))
    assert len(set(found)) == 1


def test_given_keys_are_left_alone(tmp_path: Path) -> None:
    given = fresh()
    assert house_keys(_settings(tmp_path, **given)) == {}
    assert not (tmp_path / "keys.json").exists()
    # Half a pair is not completed with half of another.
    half = with_keys(_settings(tmp_path, sealing_public_key=given["sealing_public_key"]))
    assert (half.sealing_public_key, plain(half.sealing_private_key)) == (given["sealing_public_key"], "")


def test_an_older_set_is_completed_and_a_damaged_one_is_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"pseudonym_key": "p" * 43, "source_key": "kept"}))
    assert with_keys(_settings(tmp_path)).pseudonym_key.get_secret_value() == "p" * 43
    assert json.loads(file.read_text())["source_key"] == "kept"
    file.write_text("{")
    with pytest.raises(KeysUnkept, match="not JSON"):
        house_keys(_settings(tmp_path))
    assert file.read_text() == "{"


def test_a_folder_that_cannot_keep_them_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(KeysUnkept, match="WEIRHOUSE_STATE_DIR"):
        house_keys(_settings(tmp_path / "file" / "state"))


def test_production_makes_nothing_up(tmp_path: Path) -> None:
    given = {**fresh(), "kafka_url": "k:1", "postgres_url": "postgresql://u@d/x", "oidc_issuer": "https://issuer"}
    settings = _settings(tmp_path, env="production", **given)
    assert with_keys(settings) is settings
    assert not (tmp_path / "keys.json").exists()


def test_a_set_for_a_secret_store_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert set(made) == {f"WEIRHOUSE_{name.upper()}" for name in (*SECRETS, *PAIR)}
    assert run(["keys", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) != made
