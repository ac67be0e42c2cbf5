# SPDX-License-Identifier: Apache-2.0
"""`weirhouse sheet`: writes the downtime sheet while the ledger still answers, to be printed or kept ready."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from weirhouse.cli import running, stores
from weirhouse.cli.paper import Sheet, page
from weirhouse.cli.talk import AsJson, Lang, Stop, Talk
from weirhouse.clock import system_clock
from weirhouse.domain.incident import Incident
from weirhouse.domain.lifecycle import ACTIVE_ASSIGNMENT, AssignmentState
from weirhouse.ledger.ports import Desk, QueueFilter
from weirhouse.settings import Settings

PAGE = 100
MOST = 500
"""Incidents on one sheet, highest rank first: some 40 pages; the sheet says how many are left off."""


async def gathered(desk: Desk, zones: Sequence[str], blank: int) -> Sheet:
    """Return what the ledger holds open now; empty `zones` means all."""
    wanted, cursor, total = QueueFilter(zones=tuple(zones)), "", 0
    incidents: dict[str, Incident] = {}
    while len(incidents) < MOST:
        found = await desk.queue(wanted, cursor, PAGE)
        total = total or found.total
        incidents |= {one.id: one for one in found.items}
        cursor = found.cursor
        if not cursor:
            break
    kept = list(incidents.values())[:MOST]
    sent = {
        one.id: [row.team_id for row in await desk.assignments_of(one.id) if _active(row.state)]
        for one in kept
        if one.teams
    }
    return Sheet(
        at=system_clock().astimezone(),
        incidents=kept,
        total=total,
        teams=await desk.teams(zones),
        sent=sent,
        zones=zones,
        blank=blank,
    )


def _active(state: str) -> bool:
    return AssignmentState(state) in ACTIVE_ASSIGNMENT


def write(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, so that an older sheet stays whole until then; only its owner reads it.

    Raises
    ------
    Stop
        The file cannot be written.
    """
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.touch(mode=0o600)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise Stop("sheet-unwritable", path=path, why=error.strerror or str(error)) from error


def sheet(
    file: Annotated[Path, typer.Argument(help="HTML file to write. / 要写入的 HTML 文件。")],
    zone: Annotated[
        list[str] | None, typer.Option(help="Only this zone (may be repeated). / 仅此责任片区（可重复）。")
    ] = None,
    blank: Annotated[int, typer.Option(min=0, max=200, help="Empty lines to write on. / 空白登记行数。")] = 20,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Write what is open as a page to print, for when the house is away. / 生成可打印的停机登记表。"""
    talk, settings = Talk(as_json, lang), running.connected(Settings())

    async def read() -> Sheet:
        async with stores.ledger(settings) as book:
            return await gathered(book.desk, zone or (), blank)

    found = asyncio.run(read())
    write(file, page(found, talk.language))
    left = max(0, found.total - len(found.incidents))
    talk.say(talk.word("sheet-written", path=file, count=len(found.incidents), left=left))
    talk.result({"file": str(file), "incidents": len(found.incidents), "left_off": left, "teams": len(found.teams)})
