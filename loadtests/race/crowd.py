# SPDX-License-Identifier: Apache-2.0
"""The dispatchers: each takes incidents and teams by chance, acts, and asks again with the same key when unanswered."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from loadtests.race.history import ACTIVE, History
from weirhouse.domain.ids import assignment_id

TRIES: Final = 20
"""How often a lost answer is asked for again with the same key before it stays unknown."""
WAIT_S: Final = 0.4
UNSURE: Final = frozenset({"ledger-away", "in-flight", "internal"})
"""Codes after which nobody knows whether it was done."""
STEPS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("accept", {}),
    ("en-route", {}),
    ("arrive", {}),
    ("clear", {"closing_code": "done"}),
)

Token = Callable[[str, str], dict[str, str]]
"""Returns the headers of a person at an address."""


@dataclass
class Field:
    """What they fight over, and where they ask."""

    urls: Sequence[str]
    incidents: Sequence[str]
    teams: Sequence[str]
    history: History
    token: Token


class Dispatcher:
    """One person at one screen."""

    def __init__(self, name: str, field: Field, http: httpx.AsyncClient, seed: int) -> None:
        self.name, self._field, self._http = name, field, http
        self._chance = random.Random(seed)
        self._number = 0
        self._who = {url: field.token(url, name) for url in field.urls}

    async def work(self, over: asyncio.Event) -> None:
        """Act until it is over."""
        while not over.is_set():
            incident = self._chance.choice(self._field.incidents)
            row = await self._read(f"/v1/incidents/{incident}")
            if row is None:
                await asyncio.sleep(WAIT_S)
                continue
            teams = self._chance.sample(self._field.teams, self._chance.choice((1, 1, 2)))
            sent = await self._assign(incident, row["etag"], teams)
            for assignment in sent:
                await self._finish(incident, assignment)
            await asyncio.sleep(self._chance.uniform(0.0, 0.05))

    async def _assign(self, incident: str, etag: str, teams: Sequence[str]) -> list[dict[str, Any]]:
        key = self._key()
        wanted = {team: assignment_id(incident, team, key) for team in teams}
        answer = await self._act(
            "assign", incident, wanted, f"/v1/incidents/{incident}:assign", key, etag, {"team_ids": list(teams)}
        )
        if answer is not None:
            return list(answer["assignments"])
        await self._give_back(incident, wanted)
        return []

    async def _finish(self, incident: str, assignment: dict[str, Any]) -> None:
        """Take the assignment to its end: through all its steps, or back in the middle."""
        wanted = {assignment["team_id"]: assignment["id"]}
        etag = assignment["etag"]
        stop = self._chance.randrange(6)
        for number, (step, body) in enumerate(STEPS):
            leave = number == stop
            name, what = ("stand-down", {"reason": "not needed"}) if leave else (step, body)
            path = f"/v1/assignments/{assignment['id']}:{name}"
            answer = await self._act(name, incident, wanted, path, self._key(), etag, what)
            if answer is None:
                await self._give_back(incident, wanted)
            if answer is None or leave:
                return
            etag = next(row["etag"] for row in answer["assignments"] if row["id"] == assignment["id"])

    async def _give_back(self, incident: str, wanted: dict[str, str]) -> None:
        """After an answer was lost: look what stands, and stand down what is ours, or the teams would run out."""
        row = await self._read(f"/v1/incidents/{incident}")
        for standing in row["assignments"] if row is not None else []:
            if standing["id"] in wanted.values() and standing["state"] in ACTIVE:
                path, ours = f"/v1/assignments/{standing['id']}:stand-down", {standing["team_id"]: standing["id"]}
                body = {"reason": "the answer was lost"}
                await self._act("stand-down", incident, ours, path, self._key(), standing["etag"], body)

    def _key(self) -> str:
        self._number += 1
        return f"{self.name}-{self._number}"

    async def _read(self, path: str) -> dict[str, Any] | None:
        url = self._chance.choice(self._field.urls)
        try:
            answer = await self._http.get(url + path, headers=self._who[url])
        except httpx.TransportError:
            return None
        return dict(answer.json()) if answer.status_code == 200 else None

    async def _act(
        self,
        what: str,
        incident: str,
        assignments: dict[str, str],
        path: str,
        key: str,
        etag: str,
        body: dict[str, Any],
    ) -> dict[str, Any] | None:
        """Ask, and ask again while the answer is lost; note how it ended."""
        history = self._field.history
        call = history.invoke(what, incident, assignments)
        asked = {"Idempotency-Key": key, "If-Match": f'"{etag}"'}
        lost = False
        for _ in range(TRIES):
            url = self._chance.choice(self._field.urls)
            try:
                answer = await self._http.post(url + path, json=body, headers={**self._who[url], **asked})
            except httpx.TransportError:
                lost = True
                await asyncio.sleep(WAIT_S)
                continue
            if answer.status_code == 200:
                history.end(call, "ok")
                return dict(answer.json())
            code = str(answer.json().get("code", answer.status_code))
            if code in UNSURE or answer.status_code >= 500:
                lost = True
                await asyncio.sleep(WAIT_S)
                continue
            # After a lost answer a refusal may be the echo of our own success: only a first refusal is sure.
            history.end(call, "info" if lost else "fail", code)
            return None
        history.end(call, "info", "lost")
        return None
