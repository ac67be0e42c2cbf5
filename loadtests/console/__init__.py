# SPDX-License-Identifier: Apache-2.0
"""What the console is held to, measured in a real browser before a real house: `python -m loadtests.console NAME`."""
