# SPDX-License-Identifier: Apache-2.0
"""Somebody signed in who acts without a browser: sends calls, claims, assigns, and asks the house what is true."""

from __future__ import annotations

import secrets
import time
from typing import Any, Self

import httpx


class Person:
    """A session of the house, opened by a one-use link."""

    def __init__(self, link: str) -> None:
        origin = link.split("/auth/", 1)[0]
        self._http = httpx.Client(base_url=origin, follow_redirects=True, trust_env=False, timeout=20)
        self._http.get(link).raise_for_status()
        self._csrf = self.get("/auth/session")["csrf"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """Return a decoded answer.

        Raises
        ------
        httpx.HTTPStatusError
        """
        return self._http.get(path, params=query).raise_for_status().json()

    def post(self, path: str, body: dict[str, Any], etag: str = "") -> Any:
        """Write once and return the decoded answer.

        Raises
        ------
        httpx.HTTPStatusError
        """
        headers = {"X-CSRF-Token": self._csrf, "Idempotency-Key": secrets.token_hex(8)}
        if etag:
            headers["If-Match"] = f'"{etag}"'
        return self._http.post(path, json=body, headers=headers).raise_for_status().json()

    def call(self, words: str, place: str = "") -> dict[str, Any]:
        """Send one call; `place` is searched in the gazetteer."""
        body: dict[str, Any] = {"channel": "phone", "description": words}
        if place:
            found = self.get("/v1/places", q=place, limit=1)["items"][0]
            point = {"lat": found["lat"], "lon": found["lon"], "accuracy_m": found["radius_m"]}
            body["location"] = {"place_id": found["id"], "address": found["name_en"], "point": point}
        answer: dict[str, Any] = self.post("/v1/reports", body)
        return answer

    def incident_of(self, accepted: dict[str, Any], within_s: float = 20) -> dict[str, Any]:
        """Return the incident a report went to.

        Raises
        ------
        TimeoutError
        """
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            status = self.get(accepted["href"])
            if status["incident"] is not None:
                row: dict[str, Any] = self.get(f"/v1/incidents/{status['incident']['id']}")
                return row
            time.sleep(0.05)
        raise TimeoutError(f"{accepted['id']} is not decided after {within_s} s")

    def act(self, incident_id: str, name: str, **body: Any) -> dict[str, Any]:
        """Do something to an incident as it is now."""
        etag = self.get(f"/v1/incidents/{incident_id}")["etag"]
        answer: dict[str, Any] = self.post(f"/v1/incidents/{incident_id}:{name}", {"reason": "", **body}, etag)
        return answer

    def open_incidents(self) -> dict[str, dict[str, Any]]:
        """Return every open incident by id, page after page."""
        rows: dict[str, dict[str, Any]] = {}
        cursor = ""
        while True:
            page = self.get("/v1/incidents", open=True, limit=200, cursor=cursor)
            rows |= {row["id"]: row for row in page["items"]}
            cursor = page["cursor"]
            if not cursor:
                return rows
