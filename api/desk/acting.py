# SPDX-License-Identifier: Apache-2.0
"""One act of the desk, whoever asks and however hot the rows are: once, on what the person saw, or a clear no."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec
from fastapi import Request
from starlette.responses import Response

from api.answers import ready_json
from api.characters import whole_number
from api.errors import problem_of
from api.house import House
from api.problems import Problem, field
from api.security import Principal
from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.errors import DomainError, TeamTaken, VersionConflict
from weirhouse.domain.incident import Incident, Team
from weirhouse.ledger.keyed import Answer
from weirhouse.ledger.ports import LedgerAway, LedgerRefuses
from weirhouse.telemetry.catalogue import DESK_ACTS
from weirhouse.wire.views import assignment_view, incident_view, team_view

TRIES: Final = 12
"""A join may beat us between reading and writing; a dozen in a row does not happen to one person."""
_ENCODE: Final = msgspec.json.Encoder().encode


class Kept(msgspec.Struct, frozen=True):
    """What `begin_idempotent` answers for a repeat."""

    status: int
    answer: msgspec.Raw


class Asked(msgspec.Struct, frozen=True):
    """What every act must bring."""

    key: str
    etag: int


Decide = Callable[[Asked], Awaitable[DeskWrite]]
"""Reads the rows as they are now, checks rights and `If-Match`, and decides."""


def asked_of(request: Request) -> Asked:
    """Return key and ETag of a request.

    Raises
    ------
    Problem
        `key-required`, `precondition-required`, `invalid-value`.
    """
    key = request.headers.get("idempotency-key", "").strip()
    if not key:
        raise Problem("key-required", "send Idempotency-Key, a fresh one for each decision")
    if len(key) > 128 or not key.isprintable():
        raise field("Idempotency-Key", "at most 128 printable characters")
    given = request.headers.get("if-match", "").strip()
    if not given:
        raise Problem("precondition-required", "send If-Match with the etag you decided on")
    tag = given.removeprefix("W/").strip('"')
    version = whole_number(tag)
    if version is None:
        raise field("If-Match", "is no etag of ours")
    return Asked(key, version)


async def act(house: House, principal: Principal, request: Request, raw: bytes, name: str, decide: Decide) -> Response:
    """Carry an act out, exactly once a key.

    Parameters
    ----------
    raw
        The request's body, part of what the key stands for.
    name
        As in the catalogue's label: `assign`, `close` …
    """
    asked = asked_of(request)
    hashed = hashlib.sha256(b"%b\n%d\n%b" % (request.url.path.encode(), asked.etag, raw)).digest()
    actor, now = principal.subject, house.clock().timestamp()
    before = await house.desk.begin_idempotent(actor, asked.key, hashed, now)
    if before is not None:
        kept = msgspec.json.decode(before, type=Kept)
        house.metrics.add(DESK_ACTS, 1, name, "repeated")
        return ready_json(bytes(kept.answer), kept.status)
    try:
        trace = house.tracing.begin(request.headers.get("traceparent", ""))
        written, answer = await _write(house, principal, asked, decide, trace)
    except (Problem, DomainError, LedgerAway, LedgerRefuses) as error:
        house.metrics.add(DESK_ACTS, 1, name, problem_of(error).code)
        await _give_back(house, actor, asked.key)
        raise
    house.metrics.add(DESK_ACTS, 1, name, "done")
    etag = {"etag": f'"{written.incident.decision_version}"'} if written.incident is not None else {}
    return ready_json(answer, headers=etag)


async def _write(
    house: House, principal: Principal, asked: Asked, decide: Decide, trace: str
) -> tuple[DeskWrite, bytes]:
    """Write the act together with its answer: a process that dies has done and told both, or neither."""
    for attempt in range(TRIES):
        try:
            decided = await decide(asked)
        except TeamTaken as error:
            raise await _discreet(house, principal, error) from None
        try:
            build = await _answers(house, decided)
            keyed = Answer(principal.subject, asked.key, build)
            written = await house.desk.write(decided, house.clock().timestamp(), trace, keyed)
            return written, build(written)
        except TeamTaken as error:
            raise await _discreet(house, principal, error) from None
        except VersionConflict:
            # Somebody joined, or decided, meanwhile: look again. If it was a decision, `decide` says so.
            if attempt == TRIES - 1:
                raise
            await asyncio.sleep(random.uniform(0, 0.002 * (attempt + 1)))  # noqa: S311 - spreads retries
    raise AssertionError("the last attempt returns or raises")


async def _discreet(house: House, principal: Principal, error: TeamTaken) -> TeamTaken:
    """Return the refusal as this person may hear it: of another zone's incident only who has the team."""
    incident = await house.desk.incident(error.incident_id)
    return error if principal.sees(incident.zone) else TeamTaken(error.team_id, "", "", error.by)


async def _give_back(house: House, actor: str, key: str) -> None:
    try:
        await house.desk.drop_idempotent(actor, key)
    except LedgerAway:
        # The key stays in flight until the ledger forgets it; the person's screen makes a new one for a new try.
        return


async def _answers(house: House, decided: DeskWrite) -> Callable[[DeskWrite], bytes]:
    """Return how to tell the act from its written rows; an incident that the act does not write is read before."""
    beside: Incident | None = None
    if decided.incident is None and decided.assignments:
        beside = await house.desk.incident(decided.assignments[0].incident_id)

    def build(written: DeskWrite) -> bytes:
        incident = written.incident or beside
        body: dict[str, Any] = {
            "incident": incident_view(incident) if incident is not None else None,
            "others": [incident_view(row) for row in written.others],
            "assignments": [assignment_view(row) for row in written.assignments],
            "teams": [team_view(row) for row in written.teams],
        }
        return _ENCODE(body)

    return build


async def free_teams(house: House, incident: Incident, team_ids: Sequence[str]) -> list[Team]:
    """Return the teams; the one that is taken is named, with who has it.

    Raises
    ------
    TeamTaken, NotFound
    """
    teams = [await house.desk.team(team_id) for team_id in team_ids]
    for team in teams:
        if team.state in ("available", "returning"):
            continue
        holder = await house.people.holder_of(team.id)
        if holder is not None:
            raise TeamTaken(team.id, *holder)
        raise TeamTaken(team.id, "", incident.id, f"state {team.state}")
    return teams
