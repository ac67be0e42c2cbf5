# SPDX-License-Identifier: Apache-2.0
"""House rules as tests: each exception is listed here with its reason."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("weirhouse", "streams", "api")
CLOCK_READERS = {"weirhouse/clock.py": "the one module that may"}
BROAD_EXCEPTS = {"streams/guard.py": "owns the three answers to every failure"}
MAX_LINES = 400
SUFFIXES = {".py", ".ts", ".tsx", ".css", ".sql", ".sh"}


def tracked() -> list[Path]:
    """Files git knows (and new ones it does not ignore), as paths below the root."""
    out = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [Path(line) for line in out.splitlines() if (ROOT / line).is_file()]


def product_modules() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and path.parts[0] in PRODUCT]


def calls(tree: ast.AST) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_only_the_clock_module_reads_the_wall_clock() -> None:
    forbidden = {"datetime.now", "datetime.utcnow", "time.time", "date.today", "datetime.datetime.now"}
    readers = {
        str(path)
        for path in product_modules()
        if calls(ast.parse((ROOT / path).read_text())) & forbidden and str(path) not in CLOCK_READERS
    }
    assert readers == set()


def test_broad_excepts_stand_only_in_the_guard() -> None:
    found: set[str] = set()
    for path in product_modules():
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.ExceptHandler) and (
                node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
            ):
                found.add(str(path))
    assert found <= set(BROAD_EXCEPTS)


def test_no_module_is_longer_than_the_limit() -> None:
    long = {
        str(path): count
        for path in tracked()
        if path.suffix in {".py", ".ts", ".tsx"} and (count := len((ROOT / path).read_text().splitlines())) > MAX_LINES
    }
    assert long == {}


def test_every_source_file_names_its_licence() -> None:
    bare = [
        str(path)
        for path in tracked()
        if path.suffix in SUFFIXES
        and (ROOT / path).stat().st_size
        and "SPDX-License-Identifier: Apache-2.0" not in "\n".join((ROOT / path).read_text().splitlines()[:4])
    ]
    assert bare == []


def test_the_domain_is_pure() -> None:
    allowed = {"msgspec", "numpy", "rapidfuzz", "scipy", "weirhouse"}
    banned_std = {"asyncio", "logging", "socket", "threading", "subprocess", "os", "time", "random"}
    for path in product_modules():
        if path.parts[:2] != ("weirhouse", "domain"):
            continue
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                top = name.split(".")[0]
                assert top not in banned_std, f"{path} imports {name}"
                if top == "weirhouse":
                    assert name.startswith("weirhouse.domain"), f"{path} imports {name}"
                elif "site-packages" in str(getattr(__import__(top), "__file__", "") or ""):
                    assert top in allowed, f"{path} imports {name}"


def test_the_storm_generator_knows_nothing_of_the_product() -> None:
    allowed = {"weirhouse.wire.topics"}
    for path in tracked():
        if path.suffix != ".py" or path.parts[:2] != ("loadtests", "storm"):
            continue
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                top = node.module.split(".")[0]
                assert top not in PRODUCT or node.module in allowed, f"{path} imports {node.module}"


REGISTRIES = re.compile(
    r"https?://[a-z0-9.-]*(npmj[s]|yarnpk[g]|mave[n]|pyp[i]|pythonhoste[d]|gola[n]g|crate[s]|debia[n])[a-z0-9.-]*"
)
LOCAL_PATH = re.compile(r"(^|[\s\"'=(:])/(root|home/[a-z]+|work|farm)/")


@pytest.mark.parametrize("pattern", [REGISTRIES, LOCAL_PATH], ids=["registry", "local path"])
def test_no_file_names(pattern: re.Pattern[str]) -> None:
    here = Path(__file__).relative_to(ROOT)
    hits = []
    for path in tracked():
        if path == here or path.suffix in {".png", ".ico", ".woff2", ".pmtiles"}:
            continue
        for number, line in enumerate((ROOT / path).read_text(errors="replace").splitlines(), 1):
            if pattern.search(line):
                hits.append(f"{path}:{number}")
    assert hits == []


def test_nothing_is_left_open() -> None:
    open_end = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedErro[r])\b|pytest\.mark\.(skip|xfai[l])")
    here = Path(__file__).relative_to(ROOT)
    left = [
        str(path)
        for path in tracked()
        if path.suffix in SUFFIXES and path != here and open_end.search((ROOT / path).read_text())
    ]
    assert left == []
