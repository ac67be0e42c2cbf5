# SPDX-License-Identifier: Apache-2.0
"""The Faust app: its names (they are storage), its topics, its two agents."""

from __future__ import annotations

from typing import Any, Final

import faust

from streams.agents.correlate import Correlator
from streams.agents.fold import Folder
from streams.drain import Drain, DrainStream, Intake, Owner, install
from weirhouse.settings import Settings
from weirhouse.wire.topics import CORRELATE_INPUTS, FOLD_INPUTS

APP_ID: Final = "weirhouse-streams"
"""Consumer group; in a namespace with its prefix."""
AGENTS: Final = {"fold": FOLD_INPUTS, "correlate": CORRELATE_INPUTS}

COMMIT_EVERY_S: Final = 1.0
"""Commits are hints (the ledger's offsets and fold's states decide), so they need not be more frequent."""


class HouseApp(faust.App):  # type: ignore[misc, unused-ignore]
    """A Faust app without a folder of its own: it keeps no tables."""

    drain: Drain

    async def on_first_start(self) -> None:
        """Make no data folder."""


def app_id(settings: Settings) -> str:
    """Return the consumer group's name."""
    return f"{settings.topic_prefix}{APP_ID}"


def create_app(settings: Settings) -> HouseApp:
    """Return the app, with a drain, without agents yet."""
    session_s = settings.worker_session.total_seconds()
    options: dict[str, Any] = {
        "broker": ";".join(f"aiokafka://{server}" for server in settings.kafka_url.split(",")),
        "Stream": DrainStream,
        "web_enabled": False,
        "topic_disable_leader": True,
        "topic_allow_declare": False,
        "autodiscover": False,
        "store": "memory://",
        "broker_session_timeout": session_s,
        "broker_heartbeat_interval": session_s / 4,
        "broker_commit_interval": COMMIT_EVERY_S,
        "consumer_auto_offset_reset": "earliest",
        "worker_redirect_stdouts": False,
        # Never made (see HouseApp), but Faust's default is the folder that the process was started in.
        "datadir": str(settings.state_dir / "faust"),
    }
    if settings.worker_instance:
        options["consumer_group_instance_id"] = settings.worker_instance
    app = HouseApp(app_id(settings), **options)
    install(app)
    return app


def declare(app: HouseApp, settings: Settings, name: str, owner: Owner) -> Intake:
    """Declare what an agent reads, and who owns the offsets."""
    names = [topic.full(settings.namespace) for topic in AGENTS[name]]
    life = [topic.full(settings.namespace) for topic in AGENTS[name] if topic.lane == "life"]
    return app.drain.intake(*names, life=life, owner=owner)


def add_agents(app: HouseApp, settings: Settings, folder: Folder, correlator: Correlator) -> None:
    """Give the app its agents."""

    def topic(name: str) -> Any:
        return app.topic(*(each.full(settings.namespace) for each in AGENTS[name]))

    @app.agent(topic("fold"), name="fold")  # type: ignore[arg-type, untyped-decorator, unused-ignore]
    async def fold(stream: DrainStream) -> None:
        await folder.run(stream)

    @app.agent(topic("correlate"), name="correlate")  # type: ignore[arg-type, untyped-decorator, unused-ignore]
    async def correlate(stream: DrainStream) -> None:
        await correlator.run(stream)
