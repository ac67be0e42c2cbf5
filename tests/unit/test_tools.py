# SPDX-License-Identifier: Apache-2.0
"""Is a test left out only outside CI, and with a word?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.tools import needs, needs_data

ROOT = Path(__file__).parents[2]


def test_what_is_missing_fails_in_ci(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="nothing is skipped"):
        needs("no-such-tool")
    with pytest.raises(pytest.fail.Exception, match="nothing is skipped"):
        needs_data("Nobody's requests", tmp_path / "missing.csv")


def test_what_is_missing_is_said_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="not installed"):
        needs("no-such-tool")
    with pytest.raises(pytest.skip.Exception, match="not on this machine"):
        needs_data("Nobody's requests", tmp_path / "missing.csv")


def test_the_pipeline_says_that_it_is_ci() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    exported = next(number for number, line in enumerate(lines) if line.startswith("export ") and "CI=1" in line)
    assert exported < lines.index("make test")
