# SPDX-License-Identifier: Apache-2.0
"""What the city's words mean: both services stand on it."""

__version__ = "0.1.0"
