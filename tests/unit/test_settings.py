# SPDX-License-Identifier: Apache-2.0
"""Are settings typed, documented, bounded, and mute about secrets?"""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from weirhouse.settings import PRODUCTION_NEEDS, Settings, documented, markdown, shown

_DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def test_every_setting_has_a_title_and_a_sentence() -> None:
    for name, info in Settings.model_fields.items():
        assert info.title, name
        assert info.description, name
        assert info.description.endswith("."), name


def test_the_documentation_is_up_to_date() -> None:
    assert _DOCS.read_text(encoding="utf-8") == markdown(), "run `python -m weirhouse.settings docs/settings.md`"


def test_every_setting_is_a_row() -> None:
    rows = [row.variable for row in documented()]
    assert sorted(rows) == sorted(f"WEIRHOUSE_{name.upper()}" for name in Settings.model_fields)
    assert rows[0] == "WEIRHOUSE_ENV"


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRHOUSE_POSTGRES_URL", "postgresql://who:hush-hush@db/weirhouse")
    monkeypatch.setenv("WEIRHOUSE_SESSION_KEY", "hush-" * 8)
    settings = Settings()
    assert "hush" not in repr(settings)
    assert "hush" not in str(shown(settings))
    assert shown(settings)["WEIRHOUSE_SESSION_KEY"] == "set"
    assert shown(settings)["WEIRHOUSE_PSEUDONYM_KEY"] == "not set"
    assert settings.database.startswith("postgresql://who:hush-hush@")


def test_a_refused_key_is_not_repeated_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRHOUSE_SESSION_KEY", "hush")
    with pytest.raises(ValidationError, match="32 characters") as refused:
        Settings()
    assert "hush" not in str(refused.value)


def test_production_names_everything_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRHOUSE_ENV", "production")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert {"kafka_url", "postgres_url", "session_key", "pseudonym_key", "oidc_issuer"} < set(PRODUCTION_NEEDS)
    for name in PRODUCTION_NEEDS:
        assert f"WEIRHOUSE_{name.upper()}" in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("API_PORT", "0"),
        ("API_PORT", "65536"),
        ("PARTITIONS", "0"),
        ("NAMESPACE", "with space"),
        ("NAMESPACE", 'x"; DROP SCHEMA weirhouse'),
        ("LANGUAGE", "fr"),
        ("ENV", "staging"),
    ],
)
def test_values_out_of_range_are_refused(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(f"WEIRHOUSE_{variable}", value)
    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "house.example"])
def test_the_development_issuer_does_not_listen_off_loopback(host: str) -> None:
    with pytest.raises(ValidationError, match="WEIRHOUSE_DEV_ISSUER_OPEN"):
        Settings(api_host=host)
    assert Settings(api_host=host, dev_issuer_open=True).api_host == host
    assert Settings(api_host=host, oidc_issuer="https://issuer.example").api_host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_the_development_issuer_listens_on_loopback(host: str) -> None:
    assert Settings(api_host=host).api_host == host


def test_a_namespace_has_its_own_topics_and_schema() -> None:
    assert (Settings().topic_prefix, Settings().schema_name) == ("", "weirhouse")
    apart = Settings(namespace="irene")
    assert (apart.topic_prefix, apart.schema_name) == ("irene.", "weirhouse_irene")


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRHOUSE_KAFKA_PORT", "")
    assert Settings().kafka_port is None


def test_the_state_folder_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert Settings().state_dir == tmp_path / "weirhouse"
