# SPDX-License-Identifier: Apache-2.0
"""`weirhouse dead-letters list|show|redrive`: messages nobody could handle, looked at and produced again."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from weirhouse.cli import running
from weirhouse.cli.talk import AsJson, Lang, Talk
from weirhouse.settings import Settings
from weirhouse.wire import letterbox
from weirhouse.wire.deadletters import REASONS, DeadLetter

Origins = Annotated[
    list[str] | None, typer.Argument(help="topic/partition/offset, as `list` shows it. / 来源位置，同 `list` 所示。")
]


def _plain(letter: DeadLetter, *, body: bool = False) -> dict[str, Any]:
    row: dict[str, Any] = {
        "origin": letter.origin,
        "reason": letter.reason,
        "detail": letter.detail,
        "agent": letter.agent,
        "release": letter.release,
        "at": letter.at,
    }
    if body:
        row["key"] = (letter.key or b"").decode(errors="replace")
        row["value"] = (letter.value or b"").decode(errors="backslashreplace")
        row["headers"] = {name: value.decode(errors="replace") for name, value in letter.headers}
    return row


def list_letters(as_json: AsJson = False, lang: Lang = "") -> None:
    """List the letters that stand. / 列出死信。"""
    talk, settings = Talk(as_json, lang), running.connected(Settings())
    letters = letterbox.standing(settings.kafka_url, settings.namespace)
    if letters:
        rows = [(key, dead.reason, dead.agent, dead.detail) for key, dead in letters.items()]
        talk.table(tuple(talk.word(f"head-{name}") for name in ("origin", "reason", "agent", "detail")), rows)
    else:
        talk.say(talk.word("no-letters"))
    talk.result({"letters": [_plain(dead) for dead in letters.values()]})


def show(
    origin: Annotated[str, typer.Argument(help="topic/partition/offset / 主题/分区/偏移")],
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Show one letter with its original bytes. / 查看一条死信的原文。"""
    talk, settings = Talk(as_json, lang), running.connected(Settings())
    dead = letterbox.letter(settings.kafka_url, origin, settings.namespace)
    row = _plain(dead, body=True)
    talk.table(("", ""), [*row.items(), ("means", REASONS.get(dead.reason, ""))])
    talk.result(row)


def redrive(
    origins: Origins = None,
    everything: Annotated[bool, typer.Option("--all", help="All that stand. / 全部。")] = False,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Produce letters again to their topic; a repeat does no harm. / 重新发送死信。"""
    talk, settings = Talk(as_json, lang), running.connected(Settings())
    if not origins and not everything:
        raise typer.BadParameter("name an origin, or --all", param_hint="ORIGIN")
    if everything:
        chosen = list(letterbox.standing(settings.kafka_url, settings.namespace).values())
    else:
        chosen = [letterbox.letter(settings.kafka_url, origin, settings.namespace) for origin in origins or ()]
    count = letterbox.redrive(settings.kafka_url, chosen, settings.namespace) if chosen else 0
    talk.say(talk.word("redriven", count=count))
    talk.result({"redriven": count})
