# SPDX-License-Identifier: Apache-2.0
"""What every route needs: the house, who asks, bodies decoded by msgspec, answers encoded by msgspec."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeVar

import msgspec
from fastapi import Depends, Query, Request
from starlette.responses import Response

from api.characters import refuse_control
from api.house import House
from api.problems import Problem
from api.security import Principal

MAX_ACT_BYTES: Final = 65_536
MAX_NUMBER: Final = 2**63 - 1
"""What the ledger's columns for numbers hold."""
_ENCODE: Final = msgspec.json.Encoder().encode
T = TypeVar("T", bound=msgspec.Struct)


def house_of(request: Request) -> House:
    """Return the process's parts."""
    house: House = request.app.state.house
    return house


async def principal_of(request: Request) -> Principal:
    """Return who asks."""
    return await house_of(request).gate.identify(request.method, request.scope["headers"])


Priority = Annotated[int, Query(ge=1, le=5)]
HouseDep = Annotated[House, Depends(house_of)]
PrincipalDep = Annotated[Principal, Depends(principal_of)]


def json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return `value` as JSON. Nothing of a desk is kept by caches."""
    return Response(_ENCODE(value), status, {"cache-control": "no-store", **(headers or {})}, "application/json")


def ready_json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return JSON that is already encoded."""
    return Response(body, status, {"cache-control": "no-store", **(headers or {})}, "application/json")


async def body_of(request: Request, kind: type[T]) -> tuple[T, bytes]:
    """Return the body as `kind`, and its bytes; an empty body is an empty object.

    Raises
    ------
    Problem
        `too-large`, `unsupported-media-type`, `malformed`, `invalid-value`, `unknown-field`.
    """
    raw = await request.body()
    if len(raw) > MAX_ACT_BYTES:
        raise Problem("too-large", f"the body is over {MAX_ACT_BYTES} bytes")
    if raw and request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Problem("unsupported-media-type", "send application/json")
    try:
        body = msgspec.json.decode(raw or b"{}", type=kind)
    except msgspec.ValidationError as error:
        code = "unknown-field" if "unknown field" in str(error) else "invalid-value"
        raise Problem(code, str(error)) from None
    except UnicodeDecodeError:
        raise Problem("malformed", "the body is not UTF-8") from None
    except msgspec.DecodeError as error:
        raise Problem("malformed", str(error)) from None
    # Control characters can only come as escapes: msgspec refuses raw ones, save DEL.
    if b"\\" in raw or b"\x7f" in raw:
        refuse_control(msgspec.json.decode(raw))
    return body, raw
