# SPDX-License-Identifier: Apache-2.0
"""Learning weights offline from pairs that people recorded.

`python -m loadtests.learn --events F --truth-pairs F [--until DATE] [--by-type] [--out FILE]`
"""
