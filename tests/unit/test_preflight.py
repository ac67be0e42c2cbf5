# SPDX-License-Identifier: Apache-2.0
"""Does the preflight name what is missing, in sentences that say what to do?"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import preflight

_FILE = Path(preflight.__file__)


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        (preflight.version_problem((3, 10)), "Python 3.10"),
        (preflight.version_problem((3, 15)), "3.11 to 3.14"),
        (preflight.modules_problem(["venv", "ensurepip"]), "venv and ensurepip"),
        (preflight.platform_problem("Linux", "riscv64"), "riscv64"),
        (preflight.platform_problem("Windows", "AMD64"), "Windows"),
        (preflight.libc_problem("Linux", "", ""), "musl"),
        (preflight.libc_problem("Linux", "glibc", "2.17"), "glibc 2.17"),
        (preflight.space_problem("Free memory is", 512, 2000, "close programs"), "512 MB where 2000 MB"),
    ],
)
def test_each_lack_is_one_sentence_that_names_it(sentence: str | None, names: str) -> None:
    assert sentence is not None
    assert names in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14)])
def test_every_supported_python_passes(version: tuple[int, int]) -> None:
    assert preflight.version_problem(version) is None


def test_good_machines_pass() -> None:
    assert preflight.platform_problem("Linux", "aarch64") is None
    assert preflight.platform_problem("Darwin", "arm64") is None
    assert preflight.libc_problem("Linux", "glibc", "2.36") is None
    assert preflight.libc_problem("Darwin", "", "") is None
    assert preflight.modules_problem([]) is None
    assert preflight.space_problem("Free disk is", None, 3000, "") is None
    assert preflight.space_problem("Free disk is", 3000, 3000, "") is None


def test_disk_is_measured_where_the_folder_will_be(tmp_path: Path) -> None:
    assert preflight.disk_mb(str(tmp_path / "not" / "yet")) > 0


def test_every_lack_is_named_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(preflight, "memory_mb", lambda: 100)
    monkeypatch.setattr(preflight, "disk_mb", lambda folder: 200)
    monkeypatch.setattr(preflight, "missing_modules", lambda: ["venv"])
    said = " ".join(preflight.problems(str(tmp_path)))
    for word in ("venv", "memory", "disk"):
        assert word in said


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(_FILE.read_text(encoding="utf-8"))
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert {name.split(".")[0] for name in named} <= sys.stdlib_module_names


def test_it_runs_without_site_packages() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(_FILE)], capture_output=True, text=True, timeout=30, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == (1 if done.stderr else 0)
