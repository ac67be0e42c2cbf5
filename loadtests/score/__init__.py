# SPDX-License-Identifier: Apache-2.0
"""Scores: how well the product's own rules tell one happening from another, on recorded data.

`python -m loadtests.score boston311 --events F --truth-pairs F [--json] [--seed S] [--explain]`,
`python -m loadtests.score zh-messages --messages F --clusters F --uncertain F [--json] [--explain] [--encoder]`,
`python -m loadtests.score sensors-nab --series F --labels F [--json]`.

One pass in the order of event time through `weirhouse.domain`, no look-ahead; what is scored is never learned from.
"""
