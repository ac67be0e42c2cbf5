# SPDX-License-Identifier: Apache-2.0
"""`weirhouse up|down|migrate|topics`: a house that runs, and its stores brought up to date."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from weirhouse.cli import running
from weirhouse.cli.rooms import opened, serve
from weirhouse.cli.talk import AsJson, Lang, Stop, Talk
from weirhouse.ledger import migrate as migrations
from weirhouse.settings import Settings
from weirhouse.wire import access, broker
from weirhouse.wire.topics import CATALOGUE


def up(as_json: AsJson = False, lang: Lang = "") -> None:
    """Start Kafka, PostgreSQL (unless their URLs are set), relay, worker and API; stay until Ctrl-C.

    启动全部服务，按 Ctrl-C 停止。
    """
    talk, settings = Talk(as_json, lang), Settings()
    with opened(settings, talk) as room:
        serve(room, talk)
        talk.say(talk.word("console-at", url=room.settings.console_url))
        talk.say(talk.word("press"))
        talk.result({"console": room.settings.console_url, "kafka": room.house.kafka_url})
        room.house.watch()


def down(as_json: AsJson = False, lang: Lang = "") -> None:
    """Stop the house that runs from the state folder. / 停止本机正在运行的服务。"""
    talk, settings = Talk(as_json, lang), Settings()
    pid = running.end(settings.state_dir)
    talk.say(talk.word("down-done" if pid else "down-none", folder=settings.state_dir))
    talk.result({"stopped": pid})


def migrate(
    stage: Annotated[str, typer.Option(help="pre, post or all / 阶段：pre、post 或 all")] = "all",
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Bring the ledger's schema up to this release: `pre` before new code runs, `post` after the old is gone.

    升级账本库结构。
    """
    talk, settings = Talk(as_json, lang), running.connected(Settings())
    stages: dict[str, tuple[migrations.Stage, ...]] = {"pre": ("pre",), "post": ("post",), "all": ("pre", "post")}
    if stage not in stages:
        raise typer.BadParameter("pre, post, all", param_hint="--stage")
    ran = asyncio.run(migrations.migrate(settings.database, settings.schema_name, stages[stage]))
    talk.say(talk.word("migrated", schema=settings.schema_name, count=len(ran)) if ran else talk.word("schema-new"))
    names = [f"{step.number:04}_{step.stage}_{step.name}" for step in ran]
    for name in names:
        talk.say(f"  {name}")
    talk.result({"schema": settings.schema_name, "ran": names})


def topics(
    make: Annotated[bool, typer.Option("--make", help="Make those that are missing. / 新建缺少的主题。")] = False,
    access_lists: Annotated[
        bool, typer.Option("--access-lists", help="Only print who may write and read what. / 仅输出访问控制列表。")
    ] = False,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Compare the topics with the catalogue; non-zero exit when they differ. / 核对主题。"""
    talk, settings = Talk(as_json, lang), Settings()
    if access_lists:
        _print_access(talk, settings.namespace)
        return
    settings = running.connected(settings)
    made = broker.ensure(settings.kafka_url, settings.namespace, settings.partitions) if make else []
    wrong = broker.check(settings.kafka_url, settings.namespace, settings.partitions)
    if wrong:
        raise Stop("topics-wrong", what="; ".join(f"{row.topic} {row.what}" for row in wrong))
    talk.table(
        tuple(talk.word(f"head-{name}") for name in ("topic", "lane", "key", "writer")),
        [(t.full(settings.namespace), t.lane, t.key, t.writer) for t in CATALOGUE],
    )
    talk.say(talk.word("topics-fine", total=len(CATALOGUE)))
    talk.result({"topics": [t.full(settings.namespace) for t in CATALOGUE], "made": made, "wrong": []})


def _print_access(talk: Talk, namespace: str) -> None:
    rules = access.rules(namespace)
    for rule in rules:
        talk.say(f'kafka-acls.sh --bootstrap-server "$KAFKA" --command-config admin.properties {rule.line()}')
    talk.result({"access": [asdict(rule) for rule in rules]})
