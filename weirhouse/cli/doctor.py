# SPDX-License-Identifier: Apache-2.0
"""`weirhouse doctor`: what runs, versions, ports, disk, settings without secrets, schema, topics and lag."""

from __future__ import annotations

import asyncio
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil
import typer

from weirhouse.cli import brokers, running
from weirhouse.cli.talk import AsJson, Lang, Stop, Talk
from weirhouse.embedded.house import state
from weirhouse.ledger import migrate
from weirhouse.ledger.ports import LedgerAway, SchemaTooOld
from weirhouse.settings import Settings, shown
from weirhouse.wire import broker

PACKAGES = ("weirhouse", "faust-streaming", "aiokafka", "kafka-python", "psycopg", "fastapi", "msgspec")


def doctor(as_json: AsJson = False, lang: Lang = "") -> None:
    """Say how the house is. Exit code 1 when something is wrong. / 体检：进程、版本、端口、磁盘、设置、积压。"""
    talk, settings = Talk(as_json, lang), Settings()
    folder = settings.state_dir
    notes = state(folder)
    found: dict[str, Any] = {
        "versions": versions(notes),
        "processes": processes(notes),
        "disk": disk(folder),
        "settings": shown(settings),
    }
    wrong: list[str] = []
    try:
        there = running.connected(settings)
    except Stop as stop:
        wrong.append(talk.word(stop.key, **stop.values))
    else:
        found["schema"] = schema(there, wrong)
        found["topics"], found["lag"] = kafka(there, wrong)
    found["wrong"] = wrong
    for key in ("versions", "processes", "disk", "schema", "topics", "lag", "settings"):
        if key in found:
            _print(talk, key, found[key])
    for line in wrong:
        talk.say(f"✗ {line}")
    talk.result(found)
    if wrong:
        raise typer.Exit(1)


def _print(talk: Talk, title: str, rows: dict[str, Any] | list[dict[str, Any]]) -> None:
    if isinstance(rows, dict):
        talk.table(("", ""), list(rows.items()), title=talk.word(f"doctor-{title}"))
    elif rows:
        head = tuple(talk.word(f"head-{name}") for name in rows[0])
        talk.table(head, [tuple(row.values()) for row in rows], title=talk.word(f"doctor-{title}"))


def versions(notes: dict[str, object]) -> dict[str, str]:
    """Return the versions of Python, our packages and the embedded stores."""
    out = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    for name in PACKAGES:
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            out[name] = "-"
    for store in ("kafka", "postgres"):
        facts = notes.get(store)
        if isinstance(facts, dict):
            out[store] = f"{facts.get('version')} (port {facts.get('port')})"
    return out


def processes(notes: dict[str, object]) -> list[dict[str, Any]]:
    """Return the house's processes as they are now: whether they run, since when, memory in MiB."""
    rows = []
    listed = notes.get("processes")
    for name, entry in (listed if isinstance(listed, dict) else {}).items():
        row: dict[str, Any] = {"process": name, "pid": entry.get("pid"), "runs": False, "rss_mib": 0, "ports": ""}
        try:
            process = psutil.Process(entry["pid"])
            row["runs"] = abs(process.create_time() - entry["started"]) < 0.05
            row["rss_mib"] = process.memory_info().rss // 2**20
            ports = {c.laddr.port for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN}
            row["ports"] = " ".join(str(port) for port in sorted(ports))
        except (psutil.Error, KeyError, TypeError):
            row["runs"] = False
        rows.append(row)
    return rows


def disk(folder: Path) -> dict[str, Any]:
    """Return what the state folder takes and what is free, in MiB."""
    there = folder if folder.exists() else Path.home()
    used = 0
    for path in folder.rglob("*"):
        try:
            used += path.stat().st_size if path.is_file() else 0
        except OSError:  # a log segment deleted meanwhile
            continue
    return {"state_dir": str(folder), "used_mib": used // 2**20, "free_mib": shutil.disk_usage(there).free // 2**20}


def schema(settings: Settings, wrong: list[str]) -> dict[str, Any]:
    """Return the schema and whether this release can run on it; what is wrong is added to `wrong`."""
    try:
        asyncio.run(migrate.check(settings.database, settings.schema_name))
    except (LedgerAway, SchemaTooOld) as error:
        wrong.append(str(error))
        return {"schema": settings.schema_name, "fits": False}
    return {"schema": settings.schema_name, "fits": True}


def kafka(settings: Settings, wrong: list[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the cluster with what differs from the catalogue, and every group's lag; troubles go to `wrong`."""
    try:
        differing = broker.check(settings.kafka_url, settings.namespace, settings.partitions)
        behind = brokers.lags(settings.kafka_url, settings.namespace)
        cluster = broker.cluster_id(settings.kafka_url)
    except broker.BrokerAway as error:
        wrong.append(str(error))
        return {"kafka": settings.kafka_url, "answers": False}, []
    wrong += [f"{row.topic} {row.what}" for row in differing]
    rows = [{"group": lag.group, "topic": lag.topic, "lag": lag.messages} for lag in behind]
    return {"kafka": settings.kafka_url, "answers": True, "cluster": cluster, "wrong": len(differing)}, rows
