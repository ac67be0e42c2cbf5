# SPDX-License-Identifier: Apache-2.0
"""`weirhouse reconcile|verify|reseed|relay`: the ledger's proofs, and the process that lets messages out."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
import typer

from weirhouse.cli import running
from weirhouse.cli.relaying import relay_until_told
from weirhouse.cli.rooms import opened
from weirhouse.cli.stores import ledger
from weirhouse.cli.talk import AsJson, Lang, Talk
from weirhouse.ledger import reconcile as reconciling
from weirhouse.ledger import reseed as reseeding
from weirhouse.ledger import verify as verifying
from weirhouse.ledger.reconcile import Reconciliation
from weirhouse.ledger.verify import Verification
from weirhouse.settings import Settings
from weirhouse.telemetry.logs import configure
from weirhouse.wire import broker


async def reconciled(settings: Settings, *, drained: bool) -> Reconciliation:
    """Compare the sets of ids; with `drained` what is still on its way counts as lost."""
    async with ledger(settings) as book:
        return await reconciling.reconcile(book.database, drained)


async def verified(settings: Settings) -> Verification:
    """Derive every incident again and compare."""
    async with ledger(settings) as book:
        return await verifying.verify(book.database)


def relay(as_json: AsJson = False, lang: Lang = "") -> None:
    """Number committed changes and let the outbox go to Kafka, until told to stop. / 发件箱转发与编号进程。"""
    talk, settings = Talk(as_json, lang), running.connected(Settings())
    configure("relay", settings.log_level)
    talk.result({"relay": settings.namespace})
    asyncio.run(relay_until_told(settings))


def reconcile(
    drained: Annotated[
        bool, typer.Option("--drained", help="Nothing may be on its way any more. / 要求没有在途诉求。")
    ] = False,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Prove by sets of ids that no report was lost or counted twice. / 核对诉求守恒。"""
    talk, settings = Talk(as_json, lang), running.connected(Settings())
    found = asyncio.run(reconciled(settings, drained=drained))
    talk.say(talk.word("reconciled", accepted=found.accepted))
    rows: list[tuple[str, object]] = [(talk.word(kind), count) for kind, count in found.decided.items()]
    rows.append((talk.word("in_flight"), found.in_flight))
    for name in ("lost", "doubled", "without_report", "without_incident", "in_merged"):
        ids = getattr(found, name)
        rows.append((talk.word(name), f"{len(ids)} {' '.join(ids[:3])}"))
    talk.table(("", ""), rows)
    talk.say(talk.word("conserved" if found.holds else "not-conserved"))
    talk.result({**msgspec.to_builtins(found), "holds": found.holds})
    if not found.holds:
        raise typer.Exit(1)


def verify(as_json: AsJson = False, lang: Lang = "") -> None:
    """Derive every incident from dispositions and audit, and compare with its row. / 由处置记录与审计重新推算事件。"""
    talk, settings = Talk(as_json, lang), running.connected(Settings())
    found = asyncio.run(verified(settings))
    talk.say(talk.word("verified", checked=found.incidents, wrong=len(found.differences)))
    if found.differences:
        rows = [(d.number, d.field, d.stands, d.derived) for d in found.differences[:20]]
        talk.table(tuple(talk.word(f"head-{name}") for name in ("incident", "field", "stands", "derived")), rows)
    if found.broken_link:
        talk.say(talk.word("chain-broken", number=found.broken_link))
    talk.result({**msgspec.to_builtins(found), "holds": found.holds})
    if not found.holds:
        raise typer.Exit(1)


def reseed(as_json: AsJson = False, lang: Lang = "") -> None:
    """Adopt a new broker and send again what was undecided on the lost one. / 更换 Kafka 后重新发送未决诉求。

    Works beside a house that runs, whose worker and relay then go on by themselves; where none runs and no URLs are set
    it starts the stores for as long as it takes.
    """
    talk, settings = Talk(as_json, lang), Settings()
    if running.found(settings):
        _reseed(talk, running.connected(settings))
        return
    with opened(settings, talk) as room:
        _reseed(talk, room.settings)


def _reseed(talk: Talk, settings: Settings) -> None:
    async def work(cluster: str) -> int:
        async with ledger(settings) as book:
            return await reseeding.reseed(book.database, cluster, settings.topic_prefix)

    broker.ensure(settings.kafka_url, settings.namespace, settings.partitions)
    cluster = broker.cluster_id(settings.kafka_url)
    count = asyncio.run(work(cluster))
    talk.say(talk.word("reseeded", count=count))
    talk.result({"reseeded": count, "cluster": cluster})
