# SPDX-License-Identifier: Apache-2.0
"""What tests share: real services, and the one way to say that a tool is missing."""
