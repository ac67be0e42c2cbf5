# SPDX-License-Identifier: Apache-2.0
"""The one place where a test may be left out, and only for want of a tool."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def needs(tool: str, *names: str) -> str:
    """Return the path of a tool; without it skip the test and say so, or fail it when CI is set.

    Parameters
    ----------
    tool
        What a person calls it.
    names
        Names of its program, the first found wins; none: `tool` itself.
    """
    for name in names or (tool,):
        if found := shutil.which(name):
            return found
    sentence = f"{tool} is not installed on this machine"
    if os.environ.get("CI"):
        pytest.fail(f"{sentence}, and in CI nothing is skipped")
    pytest.skip(sentence)


def needs_data(what: str, path: Path) -> Path:
    """Return a file of a data set that lies outside the repository; without it skip and say so, or fail in CI."""
    if path.is_file():
        return path
    sentence = f"{what} are not on this machine"
    if os.environ.get("CI"):
        pytest.fail(f"{sentence}, and in CI nothing is skipped")
    pytest.skip(sentence)


def chromium() -> str:
    """Return the path of a Chromium or Chrome: the system's, or `WEIRHOUSE_CHROMIUM`."""
    if path := os.environ.get("WEIRHOUSE_CHROMIUM"):
        return needs(path)
    return needs("Chromium", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
