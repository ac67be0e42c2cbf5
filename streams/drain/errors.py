# SPDX-License-Identifier: Apache-2.0
"""What can go wrong while a topic is read, and what to do about it."""

from __future__ import annotations

from faust.types import TP


class DrainError(Exception):
    """The base of every error of this package."""


class NotDeclaredError(DrainError):
    """An agent reads topics that no intake was declared for; call `Drain.intake` before the app starts."""


class OutOfLogError(DrainError):
    """The offset we must go on from is not in the partition's log.

    Parameters
    ----------
    tp
        Topic and partition.
    offset
        Where we must go on, by the ledger's (or the group's) word.
    bound
        The log's first offset (`TrimmedPastOffset`) or its end (`AheadOfLog`).
    """

    def __init__(self, tp: TP, offset: int, bound: int) -> None:
        super().__init__(f"{type(self).__doc__} ({tp.topic}[{tp.partition}]: offset {offset}, log {bound})")
        self.tp = tp
        self.offset = offset
        self.bound = bound


class TrimmedPastOffset(OutOfLogError):
    """The log was trimmed past our offset: messages are gone unread; page someone, then accept the loss by hand."""


class AheadOfLog(OutOfLogError):
    """Our offset lies behind the log's end: this is another broker, or one that lost its disk; stop and compare."""
