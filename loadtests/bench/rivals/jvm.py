# SPDX-License-Identifier: Apache-2.0
"""Kafka Streams' keyed count: its jars come the way Kafka's do, a small source of ours is compiled where a JDK is."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from weirhouse.embedded.jars import KAFKA_VERSION, class_path, resolve

ROOTS: Final = (f"org.apache.kafka:kafka-streams:{KAFKA_VERSION}", "org.slf4j:slf4j-simple:1.7.36")
LOCK: Final = Path(__file__).with_name("streams.lock")
SOURCE: Final = Path(__file__).with_name("KeyedCount.java")
CACHE: Final = 10 * 1024 * 1024
"""Kafka Streams' default cache of updates, in bytes; 0 logs every one of them."""
WITHIN_S: Final = 170.0


@dataclass(frozen=True)
class Counted:
    """Messages a second: of the whole run, of its second half (the compiler is warm then), of a second of CPU time."""

    whole: float
    warm: float
    core: float


def keyed_count(bootstrap: str, topic: str, count: int, core: str, cache: int = 0) -> Counted | None:
    """Count `count` messages by key on `core`; None where no JDK is on this machine.

    Raises
    ------
    EmbeddedError
        The jars cannot be had.
    subprocess.SubprocessError
        It does not compile, fails, or takes too long.
    """
    compiler = shutil.which("javac")
    if compiler is None:
        return None
    jars = class_path(lock=LOCK)
    java = str(Path(compiler).resolve().with_name("java"))
    pinned = ["taskset", "-c", core] if core != "-" and shutil.which("taskset") else []
    with tempfile.TemporaryDirectory(prefix="weirhouse-rival-") as folder:
        subprocess.run([compiler, "-cp", jars, "-d", folder, str(SOURCE)], check=True, capture_output=True, timeout=120)
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
        options = ["-Xmx1g", "-XX:+UseSerialGC", quiet, "-cp", f"{folder}:{jars}"]
        arguments = [bootstrap, topic, str(count), str(Path(folder) / "state"), str(cache)]
        done = subprocess.run(
            [*pinned, java, *options, "KeyedCount", *arguments],
            check=True,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
        )
    return Counted(*(float(word) for word in done.stdout.split()[-3:]))


if __name__ == "__main__":
    head = "# Kafka Streams' jars, only for comparing; written by `python -m loadtests.bench.rivals.jvm`\n"
    rows = [f"{jar.group}:{jar.name}:{jar.version} {jar.sha256}\n" for jar in resolve(ROOTS)]
    LOCK.write_text(head + "".join(rows), encoding="utf-8")
