# SPDX-License-Identifier: Apache-2.0
"""Loaders of public data sets. They read the files they are given; no row of any ships with the project."""
