# SPDX-License-Identifier: Apache-2.0
"""`python -m streams` runs one worker."""

import sys

from streams.worker import main

if __name__ == "__main__":
    sys.exit(main())
