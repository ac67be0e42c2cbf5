# SPDX-License-Identifier: Apache-2.0
"""Names that are storage, pinned: changing one loses offsets, states or letters."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from faust.types.enums import ProcessingGuarantee

from streams import app as streams_app
from streams.app import AGENTS, APP_ID, app_id
from streams.failures import StopWorker
from streams.topics import recognise
from weirhouse.domain.fold import FoldState
from weirhouse.settings import Settings
from weirhouse.wire import asyncapi, deadletters, folding
from weirhouse.wire.topics import CATALOGUE

ROOT = Path(__file__).parents[3]


def test_the_names_are_what_they_were() -> None:
    assert APP_ID == "weirhouse-streams"
    assert {name: tuple(topic.name for topic in topics) for name, topics in AGENTS.items()} == {
        "fold": ("readings.life", "readings.bulk"),
        "correlate": (
            "reports.life",
            "signals.life",
            "crossings",
            "touched",
            "reports.ordinary",
            "signals.ordinary",
        ),
    }
    assert app_id(Settings(namespace="storm1")) == "storm1.weirhouse-streams"
    assert folding.key_of("readings.bulk", "gauge1|flood") == b"readings.bulk|gauge1|flood"
    assert deadletters.DeadLetter(topic="t", partition=3, offset=9, reason="malformed").origin == "t/3/9"
    assert sorted(deadletters.REASONS) == ["malformed", "refused", "we-are-wrong"]
    assert sorted(topic.name for topic in CATALOGUE if topic.compacted) == ["dead.letters", "fold.state", "incidents"]


def test_the_app_serves_no_tables_and_has_one_member_id() -> None:
    settings = Settings(kafka_url="127.0.0.1:1", worker_instance="worker-0")
    app = streams_app.create_app(settings)
    assert app.conf.id == APP_ID
    assert not app.conf.web_enabled
    assert app.conf.consumer_group_instance_id == "worker-0"
    # Whatever Faust would keep on disk, it does not belong in the folder the worker was started in.
    assert Path(app.conf.datadir).is_relative_to(settings.state_dir)
    assert str(app.conf.processing_guarantee) == str(ProcessingGuarantee.AT_LEAST_ONCE)


def test_the_document_of_the_topics_is_the_code() -> None:
    assert (ROOT / "docs" / "asyncapi.json").read_text(encoding="utf-8") == asyncapi.rendered()


@pytest.mark.parametrize("name", sorted(name for name, payload in asyncapi.PAYLOADS.items() if payload))
def test_every_schema_stands_by_itself(name: str) -> None:
    document = json.loads(asyncapi.rendered())
    [message] = document["channels"][name]["messages"]
    schema = {"$ref": f"#/components/schemas/{message}", "components": document["components"]}
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert list(validator.iter_errors("no object"))


def test_a_reading_fits_its_schema_and_an_unknown_field_does_not() -> None:
    document = json.loads(asyncapi.rendered())
    schema = {"$ref": "#/components/schemas/Reading", "components": document["components"]}
    validator = jsonschema.Draft202012Validator(schema)
    assert not list(validator.iter_errors({"source": "gauge1", "at": 1.5, "value": 3}))
    assert list(validator.iter_errors({"source": "gauge1", "at": 1.5, "valeu": 3}))


def test_a_state_survives_the_way_through_the_topic() -> None:
    state = FoldState(offset=7, at=3.0, breach=True, standing=True, episode="~1", peak=2.0)
    record = folding.decode(folding.encode("readings.bulk", "gauge1", state))
    assert (record.topic, record.name, record.state) == ("readings.bulk", "gauge1", state)
    with pytest.raises(msgspec.ValidationError):
        folding.decode(b'{"topic": 1}')


def test_another_broker_is_refused_with_what_to_do() -> None:
    recognise("a", "a")
    with pytest.raises(StopWorker, match="weirhouse reseed"):
        recognise("a", "b")
