# SPDX-License-Identifier: Apache-2.0
"""Benches: `python -m loadtests.bench NAME [--json] [--seed N] [--seconds S]`.

A bench is a module of this package with `run(args: Arguments) -> Result`; its module name is the bench's name.
"""
