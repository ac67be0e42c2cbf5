# SPDX-License-Identifier: Apache-2.0
"""A report's body: what may stand in it, decoded strictly in C, with the path of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec

from api.problems import FieldError, Problem, field
from weirhouse.domain.report import Channel

S16 = Annotated[str, msgspec.Meta(max_length=16)]
S32 = Annotated[str, msgspec.Meta(max_length=32)]
S64 = Annotated[str, msgspec.Meta(max_length=64)]
S100 = Annotated[str, msgspec.Meta(max_length=100)]
S128 = Annotated[str, msgspec.Meta(max_length=128)]
S300 = Annotated[str, msgspec.Meta(max_length=300)]
S500 = Annotated[str, msgspec.Meta(max_length=500)]
Words = Annotated[str, msgspec.Meta(max_length=10_000)]
Attributes = Annotated[dict[S64, S500], msgspec.Meta(max_length=32)]
Hex32 = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{32})?$")]


class PointIn(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Degrees WGS 84; `accuracy_m` at most 100 km."""

    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    accuracy_m: Annotated[float, msgspec.Meta(ge=0, le=100_000)] = 50.0


class LocationIn(msgspec.Struct, forbid_unknown_fields=True):
    """Where it happens."""

    point: PointIn | None = None
    address: S300 = ""
    asset_id: S64 = ""
    place_id: S64 = ""


class ReporterIn(msgspec.Struct, forbid_unknown_fields=True):
    """Who tells; personal."""

    token: S128 = ""
    phone: S32 = ""
    name: S100 = ""
    point: PointIn | None = None


class ReportIn(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /v1/reports` and each line of a batch (docs/api.md)."""

    id: S128 = ""
    source: S64 = ""
    channel: Channel | None = None
    type: S64 = ""
    description: Words = ""
    location: LocationIn | None = None
    reporter: ReporterIn | None = None
    observed_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    language: S16 = ""
    life_safety: bool = False
    joins: Hex32 = ""
    attributes: Attributes = {}
    exercise: bool = False


_DECODER: Final = msgspec.json.Decoder(ReportIn)
_DEEPEST: Final = 4
"""A report that decodes nests no deeper than this: the report, its location, the point in it; one to spare."""
_STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"')
_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NAME_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_PATH: Final = re.compile(r"^(?P<reason>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>.*)`)?$", re.DOTALL)
_UNKNOWN: Final = re.compile(r"^Object contains unknown field `(?P<name>.*)`$", re.DOTALL)
_MISSING: Final = re.compile(r"^Object missing required field `(?P<name>.*)`$")


def depth_of(body: bytes) -> int:
    """Return how deep brackets nest in a JSON text, words inside strings left out."""
    deepest = depth = 0
    for byte in _STRINGS.sub(b"", body).translate(None, _BRACKETS):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _explain(error: msgspec.ValidationError) -> Problem:
    found = _PATH.match(str(error))
    reason, path = (found["reason"], (found["path"] or "").lstrip(".")) if found else (str(error), "")
    if unknown := _UNKNOWN.match(reason):
        name = ".".join(part for part in (path, unknown["name"]) if part)
        reason = "is not a field of a report"
        return Problem("unknown-field", f"{name}: {reason}", (FieldError(name, reason, "unknown-field"),))
    if missing := _MISSING.match(reason):
        path, reason = ".".join(part for part in (path, missing["name"]) if part), "is missing"
    path = path.replace("[...]", ".*")
    code = "wrong-type" if ", got " in reason else "out-of-range" if " <= " in reason or " >= " in reason else "invalid"
    return field(path or "$", reason[:1].lower() + reason[1:], code)


def _no_control(path: str, value: str, pattern: re.Pattern[str]) -> None:
    if pattern.search(value):
        raise field(path, "holds a control character", "control-character")


def _check_characters(report: ReportIn) -> None:
    for path in ("id", "source", "type", "language"):
        _no_control(path, getattr(report, path), _NAME_CONTROL)
    _no_control("description", report.description, _CONTROL)
    if report.location is not None:
        for path in ("address", "asset_id", "place_id"):
            _no_control(f"location.{path}", getattr(report.location, path), _CONTROL)
    if report.reporter is not None:
        for path in ("token", "phone", "name"):
            _no_control(f"reporter.{path}", getattr(report.reporter, path), _NAME_CONTROL)
    for name, value in report.attributes.items():
        _no_control("attributes", name, _NAME_CONTROL)
        _no_control(f"attributes.{name}", value, _CONTROL)


def decode(body: bytes, max_depth: int = 16) -> ReportIn:
    """Return the report in `body`.

    Raises
    ------
    Problem
        `malformed`, `invalid-value` or `unknown-field`, with the field's path.
    """
    if body.count(b"{") + body.count(b"[") > max_depth and depth_of(body) > max_depth:
        raise Problem("malformed", f"the body nests deeper than {max_depth}")
    try:
        report = _DECODER.decode(body)
    except msgspec.ValidationError as error:
        raise _explain(error) from None
    except UnicodeDecodeError:
        raise Problem("malformed", "the body is not UTF-8") from None
    except msgspec.DecodeError as error:
        raise Problem("malformed", str(error)) from None
    # Control characters can only come as escapes: msgspec refuses raw ones, save DEL.
    if b"\\" in body or b"\x7f" in body:
        _check_characters(report)
    return report


def decode_all(lines: Sequence[bytes], max_depth: int = 16) -> list[ReportIn | Problem]:
    """Return what `decode` returns or raises, line by line; a group without a fault is decoded in one go.

    Parameters
    ----------
    lines
        None of them empty, no line break in them.
    """
    # Lines that all begin and end with a brace break the text between values only: a value that ended elsewhere, or
    # two in one line, would show in the count.
    text = b"\n".join(lines)
    whole = text.startswith(b"{") and text.endswith(b"}") and text.count(b"}\n{") == len(lines) - 1
    if whole and max_depth >= _DEEPEST and b"\\" not in text and b"\x7f" not in text:
        try:
            found = _DECODER.decode_lines(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            found = []
        if len(found) == len(lines):
            return list(found)
    return [_decoded(line, max_depth) for line in lines]


def _decoded(line: bytes, max_depth: int) -> ReportIn | Problem:
    try:
        return decode(line, max_depth)
    except Problem as problem:
        return problem
