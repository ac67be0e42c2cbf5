# SPDX-License-Identifier: Apache-2.0
"""What the guard's three answers are made of: the errors it knows by name, and the words for its answer."""

from __future__ import annotations

from dataclasses import dataclass

from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from weirhouse.ledger.ports import LedgerAway, LedgerRefuses
from weirhouse.wire.broker import BrokerAway
from weirhouse.wire.deadletters import BROKEN_RULE, MALFORMED, REFUSED


class StopWorker(Exception):
    """The worker must end; the message is the one clear sentence that it ends with."""


class WrongMessage(Exception):
    """A message that can never be handled. `reason` is a code of `weirhouse.wire.deadletters.REASONS`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Wrong:
    """The guard's word that an act can never succeed as it is.

    `ours` says that a rule of ours broke: whoever narrows it down to one message pages someone.
    """

    reason: str
    detail: str
    ours: bool


WORLD_AWAY = (LedgerAway, BrokerAway, KafkaError, OSError, TimeoutError)
"""Holding our place and trying again can help."""

MESSAGE_WRONG = (WrongMessage, LedgerRefuses, MessageSizeTooLargeError)
"""Trying again cannot help. A size error is a KafkaError too, so these are asked first."""


def wrong_of(error: Exception) -> Wrong:
    """Return the guard's word for an error that is not the world's."""
    match error:
        case WrongMessage():
            return Wrong(error.reason, str(error), ours=error.reason == BROKEN_RULE)
        case LedgerRefuses():
            return Wrong(REFUSED, str(error), ours=False)
        case MessageSizeTooLargeError():
            return Wrong(MALFORMED, str(error), ours=False)
        case _:
            return Wrong(BROKEN_RULE, f"{type(error).__name__}: {error}", ours=True)


def why_away(error: BaseException) -> str:
    """Return what is away, for the metric's label: ledger, broker or system."""
    match error:
        case LedgerAway():
            return "ledger"
        case KafkaError() | BrokerAway():
            return "broker"
        case _:
            return "system"
