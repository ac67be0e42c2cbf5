# SPDX-License-Identifier: Apache-2.0
"""Real reports sent again through the public doors, in their own order, at their own pace or faster."""
