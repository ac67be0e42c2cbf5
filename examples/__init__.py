# SPDX-License-Identifier: Apache-2.0
"""Small programs that show how to talk to the house from outside."""
