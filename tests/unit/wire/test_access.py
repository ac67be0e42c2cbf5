# SPDX-License-Identifier: Apache-2.0
"""Do the access lists follow the catalogue, and keep the life-safety lane to those who may write it?"""

from __future__ import annotations

import json
import re

import pytest

from streams.app import APP_ID
from weirhouse.cli import run
from weirhouse.wire import access
from weirhouse.wire.topics import CATALOGUE, CORRELATE_INPUTS, FOLD_INPUTS, READINGS_BULK, READINGS_LIFE, Topic


def _may(operation: str, topic: Topic) -> set[str]:
    return {
        rule.principal
        for rule in access.rules()
        if operation in rule.operations and (rule.sort, rule.name) == ("topic", topic.name)
    }


def test_every_topic_has_a_writer_and_the_devices_write_readings_only() -> None:
    for topic in CATALOGUE:
        assert _may("Write", topic), topic.name
        devices = {access.DEVICES, access.DEVICES_LIFE} & _may("Write", topic)
        assert bool(devices) == (topic.writer == "device"), topic.name
    assert access.DEVICES not in _may("Write", READINGS_LIFE)
    assert access.DEVICES_LIFE not in _may("Write", READINGS_BULK)


def test_the_worker_reads_its_inputs_in_its_group() -> None:
    for topic in (*FOLD_INPUTS, *CORRELATE_INPUTS):
        assert access.WORKER in _may("Read", topic)
    assert access.CONSUMER_GROUP == APP_ID
    groups = {rule.name for rule in access.rules("drill") if rule.sort == "group"}
    assert groups == {f"drill.{APP_ID}"}


def test_the_command_prints_lines_for_kafkas_own_tool(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["topics", "--access-lists"]) == 0
    lines = capsys.readouterr().out.splitlines()
    shape = r"kafka-acls\.sh .*--add --allow-principal User:[\w-]+( --operation \w+)+ --(cluster|(topic|group) [\w.-]+)"
    assert lines
    assert all(re.fullmatch(shape, line) for line in lines)
    assert run(["topics", "--access-lists", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert len(answer["access"]) == len(lines)
    assert {"principal", "operations", "sort", "name"} <= set(answer["access"][0])
