# SPDX-License-Identifier: Apache-2.0
"""All subscribers of one filter: what they will be sent next, encoded once for all of them."""

from __future__ import annotations

from typing import Final

import msgspec

from api.feed.subscriber import Subscriber
from weirhouse.ledger.ports import Change
from weirhouse.wire.views import instant

_ENCODE: Final = msgspec.json.Encoder().encode


class Filter(msgspec.Struct, frozen=True):
    """What a screen watches. Empty means all."""

    zones: frozenset[str] = frozenset()
    priorities: frozenset[int] = frozenset()
    kinds: frozenset[str] = frozenset()


class Facet(msgspec.Struct, frozen=True, gc=False):
    """What of a body decides who is told. `priority` 0 when it has none."""

    priority: int = 0
    state: str = ""


class News(msgspec.Struct, frozen=True):
    """A change, its facet, and where the row stood before (so that a row that leaves a filter says goodbye)."""

    change: Change
    facet: Facet
    was_zone: str
    was_priority: int

    @property
    def urgent(self) -> bool:
        """Whether it may not wait for the tick: P1, and a team in distress."""
        return self.facet.priority == 1 or self.was_priority == 1 or self.facet.state == "distress"

    def concerns(self, wanted: Filter) -> bool:
        """Return whether it belongs, or belonged, to what a screen watches."""
        change = self.change
        if wanted.kinds and change.kind not in wanted.kinds:
            return False
        if wanted.zones and change.zone and change.zone not in wanted.zones and self.was_zone not in wanted.zones:
            return False
        if wanted.priorities and change.kind == "incident":
            return self.facet.priority in wanted.priorities or self.was_priority in wanted.priorities
        return True


class Channel:
    """The subscribers of one filter."""

    def __init__(self, wanted: Filter) -> None:
        self.wanted = wanted
        self.subscribers: set[Subscriber] = set()
        self._pending: dict[tuple[str, str], News] = {}
        self._seq = 0

    def add(self, news: News) -> None:
        """Put a change among those to be sent; a later one of the same row takes the place of an earlier one."""
        change = news.change
        self._seq = change.seq
        key = (change.kind, change.entity)
        # Taken out first, so that the order stays the order of the last change of each row.
        self._pending.pop(key, None)
        self._pending[key] = news

    def flush(self, now: float) -> tuple[list[News], int]:
        """Send what is pending; return it, and how many subscribers were let go for being slow."""
        sent = sorted(self._pending.values(), key=lambda news: not news.urgent)
        if not sent:
            return [], 0
        self._pending.clear()
        tail = tail_of([news.change for news in sent], now)
        slow = [subscriber for subscriber in self.subscribers if not subscriber.offer(self._seq, tail, len(sent))]
        self.subscribers.difference_update(slow)
        return sent, len(slow)


def tail_of(changes: list[Change], now: float) -> bytes:
    """Return the shared part of a delta: everything behind `seq`."""
    items = b",".join(
        b'{"kind":%b,"entity":%b,"version":%d,"lane":%b,"body":%b}'
        % (_ENCODE(c.kind), _ENCODE(c.entity), c.version, _ENCODE(c.lane), c.body)
        for c in changes
    )
    return b'"at":%b,"items":[%b]}' % (_ENCODE(instant(now)), items)
