# SPDX-License-Identifier: Apache-2.0
"""`weirhouse audit key|checkpoint|verify`: signed checkpoints of the audit, kept outside the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from weirhouse.cli import running
from weirhouse.cli.stores import ledger
from weirhouse.cli.talk import AsJson, Lang, Stop, Talk
from weirhouse.clock import system_clock
from weirhouse.ledger import auditing
from weirhouse.ledger.auditing import Audited, BadCheckpoints, BadKey
from weirhouse.settings import Settings

File = Annotated[Path, typer.Argument(help="The checkpoints' file, only ever appended to. / 检查点文件（只追加）。")]


def key(
    file: Annotated[Path, typer.Argument(help="Where the private key goes; must not exist. / 私钥文件，须不存在。")],
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Make the key that signs checkpoints; its public half is printed. / 生成检查点签名密钥并打印公钥。"""
    talk = Talk(as_json, lang)
    try:
        public = auditing.make_key(file)
    except OSError as error:
        raise Stop("audit-file", file=file, why=error.strerror) from error
    talk.say(public.strip())
    talk.result({"public_key": public})


def checkpoint(
    file: File,
    key: Annotated[Path, typer.Option("--key", help="The private key's file. / 私钥文件。")],
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Check the audit's chain, then sign and append where it stands. / 核验审计链并追加签名检查点。"""

    async def work(settings: Settings) -> Audited:
        private = auditing.signing_key(key)
        async with ledger(settings) as book:
            return await auditing.add(book.database, file, private, system_clock().timestamp())

    _answer(Talk(as_json, lang), "audit-signed", lambda: asyncio.run(work(running.connected(Settings()))))


def verify(
    file: File,
    key: Annotated[Path, typer.Option("--public-key", help="The public key's file. / 公钥文件。")],
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Find any changed, removed, moved or cut-off audit line. / 查出被改、被删、被移或被截断的审计记录。"""

    async def work(settings: Settings) -> Audited:
        public, checkpoints = auditing.public_key(key), auditing.kept(file)
        if not checkpoints:
            raise Stop("audit-none", file=file)
        async with ledger(settings) as book:
            return await auditing.audited(book.database, checkpoints, public)

    _answer(Talk(as_json, lang), "audit-holds", lambda: asyncio.run(work(running.connected(Settings()))))


def _answer(talk: Talk, word: str, work: Callable[[], Audited]) -> None:
    try:
        found = work()
    except BadKey as error:
        raise Stop("audit-key", file=error) from error
    except BadCheckpoints as error:
        raise Stop("audit-line", line=error.line) from error
    except OSError as error:
        raise Stop("audit-file", file=error.filename, why=error.strerror) from error
    broken = found.broken
    if broken:
        talk.say(talk.word(f"audit-{broken.kind}", number=broken.seq))
    else:
        talk.say(talk.word(word, lines=found.lines, covered=found.covered))
    at = {"kind": broken.kind, "line": broken.seq} if broken else None
    talk.result({"holds": found.holds, "lines": found.lines, "covered": found.covered, "broken": at})
    if broken:
        raise typer.Exit(1)
