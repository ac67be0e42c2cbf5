# SPDX-License-Identifier: Apache-2.0
"""`weirhouse demo`: the whole way with a storm, live in a browser, or `--once` with a summary."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from weirhouse.cli import generator, stores
from weirhouse.cli.keys import keep_source_keys, source_key_file, source_keys
from weirhouse.cli.once import Replay, once_through
from weirhouse.cli.rooms import Room, opened, serve
from weirhouse.cli.talk import AsJson, Lang, Stop, Talk
from weirhouse.embedded.processes import Process
from weirhouse.settings import Settings

Profile = Annotated[str, typer.Option(help="A profile of loadtests/profiles. / 风暴剖面。")]


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Wait until all is done, print a summary, end. / 处理完毕后输出小结并退出。")
    ] = False,
    profile: Profile = "demo",
    scale: Annotated[float, typer.Option(help="So many times as heavy. / 风暴强度倍数。", min=0.01, max=100)] = 1.0,
    seed: Annotated[int, typer.Option(help="Same seed, same storm. / 种子相同则风暴相同。")] = 1,
    speed: Annotated[
        str, typer.Option(help="1 = the storm's own pace; N times as fast; max. / 1 为原速，N 为 N 倍速，max 为最快。")
    ] = "",
    replay: Annotated[str, typer.Option(help="A data set instead of the storm: boston311. / 以数据集代替风暴。")] = "",
    data: Annotated[Path | None, typer.Option(help="Folder of the data set's files. / 数据集目录。")] = None,
    first: Annotated[str, typer.Option("--from", help="First day of the replay (YYYY-MM-DD). / 回放起始日。")] = "",
    before: Annotated[str, typer.Option("--to", help="Day before which it ends. / 回放截止日（不含）。")] = "",
    drain_within: Annotated[
        float, typer.Option(help="Longest wait for the storm to drain, seconds. / 等待处理完毕的上限，秒。")
    ] = 300.0,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Start everything, send a storm through the public doors, show it live. / 启动全部服务并发送一场风暴。"""
    talk, settings = Talk(as_json, lang), Settings()
    again = Replay.asked(replay, data, first, before, speed, once=once)
    storm = Storm(profile, scale, seed, speed or "1")
    if not once:
        live(settings, talk, storm)
        return
    ran = once_through(settings, talk, storm.arguments(), storm.name, again, drain_within)
    talk.result({**ran.answer, "holds": ran.holds})
    if not ran.holds:
        raise typer.Exit(1)


class Storm:
    """Which storm is sent."""

    def __init__(self, profile: str, scale: float, seed: int, speed: str) -> None:
        self.name = profile
        self._scale, self._seed, self._speed = scale, seed, speed

    def arguments(self) -> list[str]:
        """Return the generator's arguments."""
        return [self.name, "--scale", str(self._scale), "--seed", str(self._seed), "--speed", self._speed]


def live(settings: Settings, talk: Talk, storm: Storm) -> None:
    """Run the demo until Ctrl-C. Data of yesterday stays; the storm has keys of its own each time."""
    with opened(settings, talk) as room:
        path = stores.demo_city()
        city = stores.read_city(path)
        asyncio.run(stores.load_city(room.settings, city))
        name = city.name_zh if talk.language == "zh" else city.name_en
        talk.step(
            "city-loaded",
            city=name,
            zones=len(city.zones),
            places=len(city.places),
            sources=len(city.sources),
            teams=len(city.teams),
        )
        keys = demo_keys(room, [source.id for source in city.sources if source.rules is None])
        serve(room, talk)
        links = {role: asyncio.run(stores.make_link(room.settings, role)) for role in stores.ROLES}
        folder = room.settings.state_dir
        arguments = [*storm.arguments(), "--api", room.api_url, "--kafka", room.settings.kafka_url, "--keys", str(keys)]
        arguments += [
            "--prefix",
            room.settings.topic_prefix,
            "--city",
            str(path),
            "--truth",
            str(folder / "truth.jsonl"),
        ]
        sending = generator.start(room, "storm", [*arguments, "--out", str(folder / "storm.json"), "--json"])
        talk.step("storm-sending", profile=storm.name)
        welcome(room, talk, links)
        told = False

        def look() -> bool:
            nonlocal told
            if not told and sending.exit_code is not None:
                told = True
                _storm_done(talk, folder / "storm.json", sending)
            return False

        room.house.watch(look)


def _storm_done(talk: Talk, out: Path, sending: Process) -> None:
    try:
        sent = generator.answer(out, sending)
    except Stop as stop:
        talk.step(stop.key, **stop.values)
        return
    talk.step("storm-sent", reports=sent["reports"], readings=sent["readings"], seconds=sent["elapsed_s"])


def demo_keys(room: Room, sources: list[str]) -> Path:
    """Return the file of the sources' keys: yesterday's where the ledger still knows them, fresh ones else."""
    folder = room.settings.state_dir
    kept = source_keys(folder)
    known = asyncio.run(stores.confirm_source_keys(room.settings, kept)) if kept else set()
    keys = {source: key for source, key in kept.items() if source in known}
    missing = [source for source in sources if source not in keys]
    if missing:
        keys |= asyncio.run(stores.make_source_keys(room.settings, missing))
        return keep_source_keys(folder, keys)
    return source_key_file(folder)


def welcome(room: Room, talk: Talk, links: dict[str, str]) -> None:
    """Print where the console is, a link for each role, and three things to try."""
    url = room.settings.console_url
    talk.say()
    talk.say(talk.word("console-at", url=url))
    talk.say(talk.word("links", hours=f"{stores.LINK_LIFETIME.total_seconds() / 3600:.0f}"))
    for role, link in links.items():
        talk.say(f"  {talk.word(f'role-{role}')}: {link}")
    talk.say(talk.word("try"))
    for number in (1, 2, 3):
        talk.say(f"  {number}. {talk.word(f'try-{number}')}")
    talk.say(talk.word("press"))
    talk.result({"console": url, "links": links, "kafka": room.settings.kafka_url})
