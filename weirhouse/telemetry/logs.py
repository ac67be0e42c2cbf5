# SPDX-License-Identifier: Apache-2.0
"""JSON logs, one object a line, without personal data.

Use `log.info("slice committed", extra={"reports": 20, "trace": traceparent})`: a fixed sentence and fields.
Values of personal fields are refused by name; what looks like a telephone number is masked everywhere.
"""

from __future__ import annotations

import logging
import re
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

import msgspec

PERSONAL: Final = frozenset(
    {
        "phone", "reporter_phone", "callback", "token", "reporter", "reporter_token", "reporter_name", "words",
        "description", "summary", "address", "personal", "sealed", "body", "cookie", "authorization", "password",
        "secret", "key", "csrf", "session", "value_bytes",
    }
)  # fmt: skip
"""Names of fields whose values never stand in a log."""

REFUSED: Final = "[personal]"
MASKED: Final = "[number]"

_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_NUMBER: Final = re.compile(r"(?<![\w.:/-])\+?\d(?:[ ()-]?\d){6,14}(?![\w:/-])")
_DATE: Final = re.compile(r"^\d{4}-?\d{2}-?\d{2}")


def mask(text: str) -> str:
    """Return `text` with what looks like a telephone number (7 to 15 digits) masked; dates stay."""
    return _NUMBER.sub(lambda found: found[0] if _DATE.match(found[0]) and "-" in found[0] else MASKED, text)


def clean(name: str, value: object) -> object:
    """Return what may stand in a log for the field `name`."""
    if name.lower() in PERSONAL:
        return REFUSED
    match value:
        case str():
            return mask(value)
        case dict():
            return {str(k): clean(str(k), v) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [clean(name, v) for v in value]
        case bool() | int() | float() | None:
            return value
        case bytes():
            return f"[{len(value)} bytes]"
        case _:
            return mask(str(value))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `at level logger service message …fields`, tracebacks under `error`."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service
        self._encoder = msgspec.json.Encoder(order="deterministic")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of `record`."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "service": self._service,
            "message": mask(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _OWN and not name.startswith("_"):
                line[name] = clean(name, value)
        if record.exc_info:
            line["error"] = mask(self.formatException(record.exc_info))
        return self._encoder.encode(line).decode()


def configure(service: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Make the root logger write JSON lines to `stream` (standard error when None)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("aiokafka", "kafka", "httpx", "httpcore", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
