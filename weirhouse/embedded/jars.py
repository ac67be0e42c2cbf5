# SPDX-License-Identifier: Apache-2.0
"""Apache Kafka's jars: locked by SHA-256, brought by jgo into a cache folder, checked before use.

`kafka.lock` lists one artifact a line (group:artifact:version sha256); `python -m weirhouse.embedded.jars` writes it.
Mirrors come from jgo's own settings file (its section `repositories`), proxies from the usual variables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import requests
from jgo.config import GlobalSettings
from jgo.maven import MavenContext

from weirhouse.embedded.errors import EmbeddedError
from weirhouse.embedded.folders import cache_dir

KAFKA_VERSION = "4.1.2"

# Kafka logs through SLF4J 1.7 and brings no binding; the simple one writes to standard error, which is our log file.
_ROOTS = (f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}", "org.slf4j:slf4j-simple:1.7.36")

_LOCK = Path(__file__).with_name("kafka.lock")

# Enough to hide the latency of small files, few enough to be polite to a mirror.
_AT_ONCE = 6


@dataclass(frozen=True)
class Jar:
    """One locked artifact."""

    group: str
    name: str
    version: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where Maven's layout puts it, below the cache."""
        return Path(*self.group.split("."), self.name, self.version, f"{self.name}-{self.version}.jar")


def locked(lock: Path = _LOCK) -> list[Jar]:
    """Return the artifacts of a lock file in class path order."""
    jars = []
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            group, name, version, digest = line.replace(":", " ").split()
            jars.append(Jar(group, name, version, digest))
    return jars


def class_path(progress: Callable[[int, int], None] = lambda done, total: None, lock: Path = _LOCK) -> str:
    """Return the class path, fetching what the cache lacks.

    Parameters
    ----------
    progress
        Told how many of how many jars are there.
    lock
        Lists the artifacts.

    Raises
    ------
    EmbeddedError
        A jar cannot be fetched, or is not the one that was locked.
    """
    store = cache_dir() / "maven"
    jars = locked(lock)
    missing = [jar for jar in jars if not _intact(store, jar)]  # 44 MB in 0.1 s: a torn download is found at once
    done = len(jars) - len(missing)
    if missing:
        context = _context(store)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(lambda jar: _fetch(context, store, jar), missing):
                done += 1
                progress(done, len(jars))
    return ":".join(str(store / jar.path) for jar in jars)


def resolve(roots: Sequence[str] = _ROOTS) -> Iterator[Jar]:
    """Resolve the roots anew and yield every artifact with its digest (for the lock file)."""
    store = cache_dir() / "maven"
    context = _context(store)
    inputs, others = context.resolver.resolve([context.create_dependency(root) for root in roots])
    for dependency in [*inputs, *others]:
        artifact = dependency.artifact
        path = artifact.resolve()
        yield Jar(artifact.groupId, artifact.artifactId, artifact.version, _digest(path))


def _context(store: Path) -> MavenContext:
    try:
        store.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError("cache-unwritable", folder=store, why=error.strerror) from error
    mirrors = GlobalSettings.load().repositories
    return MavenContext(repo_cache=store, remote_repos=dict(mirrors) or None, timeout=60)


def _fetch(context: MavenContext, store: Path, jar: Jar) -> None:
    artifact = context.project(jar.group, jar.name).at_version(jar.version).artifact()
    try:
        found = Path(artifact.resolve())
    except (OSError, RuntimeError, ValueError, requests.RequestException) as error:
        raise EmbeddedError("jar-not-fetched", jar=f"{jar.name} {jar.version}", why=error) from error
    if _digest(found) != jar.sha256:
        found.unlink(missing_ok=True)
        raise EmbeddedError("jar-wrong", jar=f"{jar.name} {jar.version}")


def _intact(store: Path, jar: Jar) -> bool:
    path = store / jar.path
    if not path.is_file():
        return False
    if _digest(path) == jar.sha256:
        return True
    path.unlink()
    return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    head = "# Kafka's jars; written by `python -m weirhouse.embedded.jars`\n"
    rows = [f"{jar.group}:{jar.name}:{jar.version} {jar.sha256}\n" for jar in resolve()]
    _LOCK.write_text(head + "".join(rows), encoding="utf-8")
