# SPDX-License-Identifier: Apache-2.0
"""The system's Chromium."""

from __future__ import annotations

import os
import shutil
from typing import Final

FLAGS: Final = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """Return the browser's path.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    names = (os.environ.get("WEIRHOUSE_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    for name in names:
        if name and (found := shutil.which(name)):
            return found
    raise FileNotFoundError("Chromium is not installed; WEIRHOUSE_CHROMIUM may name one")
