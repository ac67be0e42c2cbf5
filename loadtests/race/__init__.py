# SPDX-License-Identifier: Apache-2.0
"""Dispatchers race for teams while processes die: who acts, who kills, and the proof that nothing was given twice."""
