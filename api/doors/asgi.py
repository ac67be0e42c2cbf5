# SPDX-License-Identifier: Apache-2.0
"""The doors' own way through HTTP: plain ASGI before the framework, because every report pays for each layer.

The routes are described in the OpenAPI document by `api.doors.describe`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.doors.service import DoorService
from api.problems import MEDIA_TYPE, Problem
from api.security import Gate
from weirhouse.ledger.ports import LedgerAway

ONE: Final = "/v1/reports"
MANY: Final = "/v1/reports:batch"
_JSON: Final = b"application/json"
_NDJSON: Final = b"application/x-ndjson"


class DoorsMiddleware:
    """Answers the two doors; hands everything else on.

    Parameters
    ----------
    app
        What stands behind.
    doors, gate
        Called for each request, because they exist only while the application lives.
    max_body, max_batch
        Bytes.
    """

    def __init__(
        self, app: ASGIApp, doors: Callable[[], DoorService], gate: Callable[[], Gate], max_body: int, max_batch: int
    ) -> None:
        self._app, self._doors, self._gate = app, doors, gate
        self._max_body, self._max_batch = max_body, max_batch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in (ONE, MANY):
            await self._app(scope, receive, send)
            return
        many = scope["path"] == MANY
        head = _Head(scope)
        try:
            head.check(_NDJSON if many else _JSON, self._max_batch if many else self._max_body)
            principal = await self._gate().identify("POST", scope["headers"])
            if many:
                lines = _lines(receive, self._max_batch, self._max_body)
                answers = self._doors().many(principal, lines, head.key, head.traceparent)
                await _stream(answers, send)
                return
            body = await _body(receive, self._max_body)
            answer = await self._doors().one(principal, body, head.key, head.traceparent)
        except (Problem, LedgerAway) as error:
            problem = error if isinstance(error, Problem) else Problem("not-safe", str(error))
            self._doors().refused(problem)
            await _refuse(problem, send)
        else:
            headers = [(b"content-type", _JSON), (b"content-length", b"%d" % len(answer))]
            await send({"type": "http.response.start", "status": 202, "headers": headers})
            await send({"type": "http.response.body", "body": answer})


class _Head:
    """The few headers that count here."""

    def __init__(self, scope: Scope) -> None:
        self.key = self.traceparent = ""
        self.length, self.kind = -1, b""
        for name, value in scope["headers"]:
            match name:
                case b"idempotency-key":
                    self.key = value.decode("latin-1").strip()
                case b"traceparent":
                    self.traceparent = value.decode("latin-1")
                case b"content-length":
                    self.length = int(value)
                case b"content-type":
                    self.kind = value.partition(b";")[0].strip().lower()
                case _:
                    continue

    def check(self, kind: bytes, limit: int) -> None:
        """Refuse a wrong media type, a body known to be too large, an unusable key."""
        if self.kind != kind:
            raise Problem("unsupported-media-type", f"send {kind.decode()}")
        if self.length > limit:
            raise Problem("too-large", f"the body is over {limit} bytes")
        if len(self.key) > 128 or not self.key.isprintable():
            raise Problem("invalid-value", "Idempotency-Key: at most 128 printable characters")


async def _chunks(receive: Receive, limit: int, first: Message | None = None) -> AsyncIterator[bytes]:
    size = 0
    while True:
        message: Message = first if first is not None else await receive()
        first = None
        if message["type"] == "http.disconnect":
            raise Problem("malformed", "the sender went away before the end")
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise Problem("too-large", f"the body is over {limit} bytes")
        yield chunk
        if not message.get("more_body", False):
            return


async def _body(receive: Receive, limit: int) -> bytes:
    message: Message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise Problem("too-large", f"the body is over {limit} bytes")
        return body

    return b"".join([chunk async for chunk in _chunks(receive, limit, message)])


async def _lines(receive: Receive, limit: int, longest: int) -> AsyncIterator[list[bytes]]:
    """Yield the lines that are there, a list at a time, empty ones left out."""
    rest = b""
    async for chunk in _chunks(receive, limit):
        *whole, rest = (rest + chunk).split(b"\n")
        if whole:
            yield [line for line in whole if line and line != b"\r"]
        if len(rest) > longest:
            raise Problem("too-large", f"a line is over {longest} bytes")
    if rest.strip():
        yield [rest]


async def _stream(answers: AsyncIterator[bytes], send: Send) -> None:
    begun = False
    async for group in answers:
        if not begun:
            headers = [(b"content-type", _NDJSON)]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            begun = True
        await send({"type": "http.response.body", "body": group, "more_body": True})
    if not begun:
        raise Problem("malformed", "the batch has no line")
    await send({"type": "http.response.body", "body": b""})


async def _refuse(problem: Problem, send: Send) -> None:
    response = problem.response()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(response.body))]
    headers += [(name.encode(), value.encode()) for name, value in problem.headers().items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": bytes(response.body)})
