# SPDX-License-Identifier: Apache-2.0
"""`python -m weirhouse` is the command `weirhouse`."""

from __future__ import annotations

from weirhouse.cli import main

if __name__ == "__main__":
    main()
