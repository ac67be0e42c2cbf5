# SPDX-License-Identifier: Apache-2.0
"""`weirhouse city|source-key|link`: standing data, sources' keys, sign-in links."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from weirhouse.cli import running, stores
from weirhouse.cli.talk import AsJson, Lang, Talk
from weirhouse.keys import fresh
from weirhouse.settings import PREFIX, Settings


def city(
    file: Annotated[
        Path | None,
        typer.Argument(help="City file (JSON); the demo city when left out. / 城市文件（JSON），默认为演示城市。"),
    ] = None,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Load a city file: zones, places, sources and teams; nothing is taken away. / 加载城市文件。"""
    talk = Talk(as_json, lang)
    loaded = stores.read_city(file or stores.demo_city())
    settings = running.connected(Settings())
    asyncio.run(stores.load_city(settings, loaded))
    counts: dict[str, int] = {
        "zones": len(loaded.zones),
        "places": len(loaded.places),
        "sources": len(loaded.sources),
        "teams": len(loaded.teams),
    }
    name = loaded.name_zh if talk.language == "zh" else loaded.name_en
    talk.say(talk.word("city-loaded", city=name, **counts))
    talk.step("city-soon")
    talk.result({"city": loaded.name_en, **counts})


def source_key(
    source: Annotated[str, typer.Argument(help="Id of the source, as in the city file. / 来源编号，同城市文件。")],
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Make a source's key, shown once; an older one ends. / 生成来源密钥（仅显示一次）。"""
    talk, settings = Talk(as_json, lang), running.connected(Settings())
    keys = asyncio.run(stores.make_source_keys(settings, [source]))
    talk.say(talk.word("key-made", source=source))
    talk.say(keys[source])
    talk.result({"source": source, "key": keys[source]})


def keys(as_json: AsJson = False, lang: Lang = "") -> None:
    """Print a fresh set of the house's keys, for the secret store of a deployment. / 生成一套新的系统密钥。"""
    talk = Talk(as_json, lang)
    made = {f"{PREFIX}{name.upper()}": key for name, key in fresh().items()}
    for name, key in made.items():
        talk.say(f"{name}={key}")
    talk.result(made)


def link(
    role: Annotated[str, typer.Argument(help=f"{', '.join(stores.ROLES)} / 角色")],
    subject: Annotated[
        str, typer.Option(help="Who signs in; the role's name when left out. / 登录人，默认为角色名。")
    ] = "",
    zone: Annotated[
        list[str] | None,
        typer.Option(help="A zone; may be repeated. Left out: all zones. / 责任片区，可重复；默认全部。"),
    ] = None,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Make a one-use sign-in link. / 生成一次性登录链接。"""
    talk, settings = Talk(as_json, lang), running.connected(Settings())
    address = asyncio.run(stores.make_link(settings, role, subject, zone or ["*"]))
    hours = stores.LINK_LIFETIME.total_seconds() / 3600
    talk.say(talk.word("link-made", role=talk.word(f"role-{role}"), hours=f"{hours:.0f}"))
    talk.say(address)
    talk.result({"role": role, "link": address})
