# SPDX-License-Identifier: Apache-2.0
"""The same keyed job by others, each in a process of its own on the core that our worker has in the same run."""
