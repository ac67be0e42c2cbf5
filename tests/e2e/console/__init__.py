# SPDX-License-Identifier: Apache-2.0
"""The console in a real browser, before the real house."""
