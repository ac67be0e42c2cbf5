# SPDX-License-Identifier: Apache-2.0
"""A deadline (时限): set, paused with a reason, met, missed or waived; and the steps by which it is escalated (升级).

Every function takes the clock the deadline runs on and the moment; the moment it is due is already too late, so
the finish and the wake at that very moment agree. A moment before the deadline's last change counts as that change.
"""

from __future__ import annotations

from typing import Final

import msgspec

from weirhouse.domain.errors import InvalidValue
from weirhouse.domain.lifecycle import DEADLINE, DeadlineState, step
from weirhouse.domain.workdays import Clock

STEPS: Final[tuple[tuple[str, float], ...]] = (("remind", 0.75), ("widen", 1.0), ("supervisor", 1.5), ("lead", 2.0))
"""Share of the time allowed after which the owner is reminded, more teams or seats are asked, the supervisor
and at last the organisation's lead are told: honest first values."""


class Deadline(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Time allowed for one thing. Durations in seconds of the deadline's clock, instants since the epoch.

    `used_s` had run when the clock was last started or stopped, at `since`; `reason` and `author` belong to a
    pause or a waiver; `ended_at` is when the thing was done, be it too late.
    """

    what: str
    amount_s: float
    since: float
    used_s: float = 0.0
    state: DeadlineState = DeadlineState.RUNNING
    reason: str = ""
    author: str = ""
    ended_at: float | None = None


def begin(what: str, amount_s: float, now: float) -> Deadline:
    """Return a deadline that runs from `now`.

    Raises
    ------
    InvalidValue
        For an amount that is not above 0, or not finite.
    """
    return Deadline(what=what, amount_s=_allowed(amount_s), since=now)


def used(deadline: Deadline, clock: Clock, now: float) -> float:
    """Return the seconds that have run; a missed one runs on until the thing is done."""
    match deadline.state:
        case DeadlineState.RUNNING | DeadlineState.MISSED if deadline.ended_at is None:
            return deadline.used_s + clock.between(deadline.since, now)
        case _:
            return deadline.used_s


def due_at(deadline: Deadline, clock: Clock) -> float | None:
    """Return when a running or missed deadline is due; None for one that is paused, waived or done."""
    if deadline.state not in (DeadlineState.RUNNING, DeadlineState.MISSED) or deadline.ended_at is not None:
        return None
    return clock.after(deadline.since, deadline.amount_s - deadline.used_s)


def pause(deadline: Deadline, clock: Clock, now: float, reason: str, author: str) -> Deadline:
    """Stop the clock, with a reason; one that was due by `now` is missed and cannot be paused.

    Raises
    ------
    InvalidValue, IllegalTransition
    """
    seen = wake(deadline, clock, now)
    return _step(seen, DeadlineState.PAUSED, clock, now, reason=_said(reason, "reason"), author=_said(author, "author"))


def resume(deadline: Deadline, clock: Clock, now: float) -> Deadline:
    """Let a paused clock run on with what was left.

    Raises
    ------
    IllegalTransition
    """
    return _step(deadline, DeadlineState.RUNNING, clock, now, reason="", author="")


def wake(deadline: Deadline, clock: Clock, now: float) -> Deadline:
    """Return the deadline missed when it is running and due; otherwise as it was."""
    due = due_at(deadline, clock) if deadline.state is DeadlineState.RUNNING else None
    if due is None or now < due:
        return deadline
    step("deadline", DEADLINE, deadline.state, DeadlineState.MISSED)
    return msgspec.structs.replace(deadline, state=DeadlineState.MISSED)


def finish(deadline: Deadline, clock: Clock, now: float) -> Deadline:
    """Note that the thing was done: met in time (a paused one always), otherwise missed with its true length.

    Raises
    ------
    IllegalTransition
        For one already met or waived; a missed one keeps its first `ended_at`.
    """
    seen = wake(deadline, clock, now)
    if seen.state is not DeadlineState.MISSED:
        return _step(seen, DeadlineState.MET, clock, now, ended_at=max(now, seen.since))
    if seen.ended_at is not None:
        return seen
    moment = max(now, seen.since)
    return msgspec.structs.replace(seen, used_s=used(seen, clock, now), since=moment, ended_at=moment)


def waive(deadline: Deadline, clock: Clock, now: float, reason: str, author: str) -> Deadline:
    """Let the deadline go, by name and with a reason; a missed one too.

    Raises
    ------
    InvalidValue, IllegalTransition
    """
    return _step(
        deadline, DeadlineState.WAIVED, clock, now, reason=_said(reason, "reason"), author=_said(author, "author")
    )


def allow(deadline: Deadline, amount_s: float) -> Deadline:
    """Give a running or paused deadline another amount (type or priority changed); what has run stays run.

    Raises
    ------
    InvalidValue
        For an amount that is not above 0 or not finite, or a deadline already decided.
    """
    if deadline.state not in (DeadlineState.RUNNING, DeadlineState.PAUSED):
        raise InvalidValue("deadline.amount_s", f"the deadline is {deadline.state.value} already")
    return msgspec.structs.replace(deadline, amount_s=_allowed(amount_s))


def next_step(deadline: Deadline, clock: Clock, taken: int) -> tuple[str, float] | None:
    """Return the escalation step after the `taken` first ones and when it is due; None when there is none.

    A paused, met, waived or (late) done deadline is not escalated.
    """
    if taken >= len(STEPS) or due_at(deadline, clock) is None:
        return None
    name, share = STEPS[max(0, taken)]
    return name, clock.after(deadline.since, share * deadline.amount_s - deadline.used_s)


def _step(
    deadline: Deadline,
    wish: DeadlineState,
    clock: Clock,
    now: float,
    *,
    reason: str | None = None,
    author: str | None = None,
    ended_at: float | None = None,
) -> Deadline:
    return msgspec.structs.replace(
        deadline,
        state=step("deadline", DEADLINE, deadline.state, wish),
        used_s=used(deadline, clock, now),
        since=max(now, deadline.since),
        reason=deadline.reason if reason is None else reason,
        author=deadline.author if author is None else author,
        ended_at=deadline.ended_at if ended_at is None else ended_at,
    )


def _said(text: str, name: str) -> str:
    if not text.strip():
        raise InvalidValue(f"deadline.{name}", "must be said")
    return text.strip()


def _allowed(amount_s: float) -> float:
    if not 0.0 < amount_s < float("inf"):
        raise InvalidValue("deadline.amount_s", "a finite number of seconds above 0")
    return amount_s
