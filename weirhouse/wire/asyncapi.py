# SPDX-License-Identifier: Apache-2.0
"""AsyncAPI 3 and JSON Schema of everything on the topics, generated from the code.

`python -m weirhouse.wire.asyncapi docs/asyncapi.json` writes it; a test compares the file with the code.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from weirhouse.domain.reading import Reading, Signal
from weirhouse.domain.report import Report
from weirhouse.wire import topics
from weirhouse.wire.deadletters import DeadLetter
from weirhouse.wire.envelope import SCHEMA_VERSION, Crossing, Touched
from weirhouse.wire.folding import FoldRecord
from weirhouse.wire.topics import CATALOGUE, Topic
from weirhouse.wire.views import AssignmentView, IncidentRecord

PAYLOADS: Final[dict[str, type[msgspec.Struct] | None]] = {
    topics.REPORTS_LIFE.name: Report,
    topics.REPORTS_ORDINARY.name: Report,
    topics.READINGS_LIFE.name: Reading,
    topics.READINGS_BULK.name: Reading,
    topics.SIGNALS_LIFE.name: Signal,
    topics.SIGNALS_ORDINARY.name: Signal,
    topics.FOLD_STATE.name: FoldRecord,
    topics.CROSSINGS.name: Crossing,
    topics.TOUCHED.name: Touched,
    topics.INCIDENTS.name: IncidentRecord,
    topics.DISPATCHES.name: AssignmentView,
    topics.MESSAGES.name: None,
    topics.DEAD_LETTERS.name: DeadLetter,
}
"""Topic → what its values hold; None for a topic that nobody writes yet."""

DOCUMENT_VERSION: Final = SCHEMA_VERSION.decode()


def _channel(topic: Topic) -> dict[str, Any]:
    keeps = "for ever" if topic.retention_ms < 0 else f"{topic.retention_ms / topics.DAY_MS:g} days"
    payload = PAYLOADS[topic.name]
    channel: dict[str, Any] = {
        "address": topic.name,
        "description": (
            f"Key: {topic.key}. Lane: {topic.lane}. Written by: {topic.writer}. Kept {keeps}"
            f"{', newest of each key' if topic.compacted else ''}."
        ),
        "bindings": {
            "kafka": {
                "topicConfiguration": {
                    "cleanup.policy": ["compact"] if topic.compacted else ["delete"],
                    "retention.ms": topic.retention_ms,
                },
                "bindingVersion": "0.5.0",
            }
        },
    }
    if payload is not None:
        channel["messages"] = {payload.__name__: {"$ref": f"#/components/messages/{payload.__name__}"}}
    return channel


def _message(payload: type[msgspec.Struct]) -> dict[str, Any]:
    return {
        "name": payload.__name__,
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {"$ref": f"#/components/schemas/{payload.__name__}"},
    }


def _operation(topic: Topic) -> dict[str, Any]:
    # AsyncAPI speaks from the application's side: what others write, the house receives.
    action = "receive" if topic.writer == "device" else "send"
    return {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}}


_HEADERS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        topics.HEADER_TRACE: {"type": "string", "description": "W3C Trace Context; may be missing."},
        topics.HEADER_SCHEMA: {"type": "string", "description": "Version of the schema; missing means 1."},
        topics.HEADER_SEALED: {
            "type": "string",
            "description": "Only reports.life, only while the ledger was away: personal part in an X25519 box.",
        },
    },
}


def document() -> dict[str, Any]:
    """Return the AsyncAPI 3 document as plain values."""
    used = list(dict.fromkeys(payload for payload in PAYLOADS.values() if payload is not None))
    _, schemas = msgspec.json.schema_components(used, ref_template="#/components/schemas/{name}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Weirhouse topics",
            "version": DOCUMENT_VERSION,
            "description": (
                "What stands on Kafka. Values are JSON in UTF-8; instants are seconds since 1970-01-01 UTC, places "
                "WGS 84 degrees, lengths metres. Devices may write the readings topics only; everything else is the "
                "house's own. In a namespace every name has its prefix and a dot."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in CATALOGUE},
        "operations": {f"{_operation(topic)['action']}.{topic.name}": _operation(topic) for topic in CATALOGUE},
        "components": {
            "messages": {payload.__name__: _message(payload) for payload in used},
            "schemas": {**schemas, "Headers": _HEADERS},
        },
    }


def rendered() -> str:
    """Return the document as it stands in `docs/asyncapi.json`."""
    return json.dumps(document(), indent=1, ensure_ascii=False, sort_keys=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the document to the path given, or to standard output; return the exit code."""
    match arguments:
        case [path]:
            Path(path).write_text(rendered(), encoding="utf-8")
        case _:
            sys.stdout.write(rendered())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
