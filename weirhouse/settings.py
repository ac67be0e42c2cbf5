# SPDX-License-Identifier: Apache-2.0
"""Every setting of the house, with a title and a description; read once at an entry point and handed on.

Values come from the environment (`WEIRHOUSE_…`). No module holds a settings object: `create_app(settings)` and its like
are given one. `python -m weirhouse.settings docs/settings.md` writes the table of the documentation.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from weirhouse.ages import Ages

PREFIX = "WEIRHOUSE_"

PRODUCTION_NEEDS = (
    "kafka_url",
    "postgres_url",
    "pseudonym_key",
    "sealing_public_key",
    "session_key",
    "oidc_issuer",
)
"""Settings that have no default in production."""

Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1)]


def default_state_dir() -> Path:
    """Where the one-machine default keeps its data: the XDG state folder."""
    if configured := os.environ.get("XDG_STATE_HOME"):
        return Path(configured) / "weirhouse"
    return Path.home() / ".local" / "state" / "weirhouse"


class Settings(Ages):
    """Settings of both services, the command line and the one-machine default.

    Raises
    ------
    pydantic.ValidationError
        A value is outside its range, or production lacks what it needs.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    # ---- where things are
    env: Literal["development", "production"] = Field(
        default="development",
        title="Environment",
        description="`production` refuses the development issuer, made-up keys and plain cookies.",
    )
    kafka_url: str = Field(
        default="",
        title="Kafka",
        description="Bootstrap servers, `host:port` separated by commas. Empty: an embedded broker is started.",
    )
    postgres_url: SecretStr = Field(
        default=SecretStr(""),
        title="PostgreSQL",
        description="`postgresql://user:password@host:port/database`. Empty: an embedded server is started.",
    )
    namespace: str = Field(
        default="",
        title="Namespace",
        description="Prefix of topics and suffix of the schema, for replays and `--once`. Empty: the live room.",
        pattern=r"^[a-z0-9_]{0,32}$",
    )
    state_dir: Path = Field(
        default_factory=default_state_dir,
        title="State folder",
        description="Data, logs and run state of the one-machine default. Unset: the XDG state folder.",
    )
    partitions: Count = Field(
        default=8,
        title="Partitions",
        description="Partitions of each keyed topic when it is made. Zones stay on theirs: do not change later.",
    )

    # ---- embedded services
    java: Path | None = Field(
        default=None,
        title="Java",
        description="A `java` of version 17 or newer for the embedded Kafka. Unset: the bundled one.",
    )
    kafka_heap_mb: Annotated[int, Field(ge=128)] = Field(
        default=512, title="Kafka heap", description="Largest heap of the embedded Kafka, in MiB."
    )
    kafka_port: Port | None = Field(
        default=None,
        title="Kafka port",
        description="Port of the embedded Kafka on 127.0.0.1. Unset: a free one, kept.",
    )
    postgres_port: Port | None = Field(
        default=None,
        title="PostgreSQL port",
        description="Port of the embedded PostgreSQL on 127.0.0.1. Unset: a free one, kept.",
    )

    # ---- listeners
    api_host: str = Field(default="127.0.0.1", title="API host", description="Address the API listens on.")
    api_port: Port = Field(default=8420, title="API port", description="Port of the API and of the console.")
    api_workers: Count = Field(
        default=1, title="API processes", description="Processes of the API that share its port."
    )
    public_url: str = Field(
        default="",
        title="Public address",
        description="Address people use for the console, scheme included. Empty: `http://api_host:api_port`.",
    )
    worker_metrics_port: Port = Field(
        default=8421,
        title="Worker metrics port",
        description="Port of the worker's `/metrics` and health, on 127.0.0.1.",
    )
    relay_metrics_port: Port = Field(
        default=8422, title="Relay metrics port", description="Port of the relay's `/metrics` and health, on 127.0.0.1."
    )
    metrics_host: str = Field(
        default="127.0.0.1", title="Metrics host", description="Address the worker's and the relay's metrics listen on."
    )

    # ---- what we see
    otlp_url: str = Field(
        default="",
        title="OTLP address",
        description="OTLP/HTTP endpoint that traces go to. Empty: none leave the process.",
    )
    trace_ratio: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.01,
        title="Traces recorded",
        description="Share of traces that are recorded, decided at the door, 0 to 1.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", title="Log level", description="Least severe log line that is written."
    )
    language: Literal["en", "zh"] = Field(
        default="en", title="Language", description="Language of the command line and of a console that states no wish."
    )

    # ---- keys
    pseudonym_key: SecretStr = Field(
        default=SecretStr(""),
        title="Pseudonym key",
        description="Secret of the keyed hash that turns a reporter's token into a pseudonym.",
    )
    sealing_public_key: str = Field(
        default="",
        title="Sealing key, public",
        description="X25519 public key (base64) that personal parts are sealed to while PostgreSQL is away.",
    )
    sealing_private_key: SecretStr = Field(
        default=SecretStr(""),
        title="Sealing key, private",
        description="Its private half (base64); only the worker has it.",
    )

    # ---- sign-in
    oidc_issuer: str = Field(
        default="",
        title="OpenID Connect issuer",
        description="Issuer of access tokens. Empty in development: the built-in development issuer.",
    )
    dev_issuer_open: bool = Field(
        default=False,
        title="Development issuer open",
        description="Allow the development issuer on an address off loopback, where nobody else can reach it.",
    )
    oidc_audience: str = Field(default="weirhouse", title="Audience", description="Audience a token must carry.")
    oidc_jwks_url: str = Field(
        default="",
        title="Key set address",
        description="JWKS of the issuer. Empty: taken from the issuer's discovery document.",
    )
    oidc_client_id: str = Field(
        default="weirhouse-console", title="Client", description="Client id of the console at the issuer."
    )
    oidc_client_secret: SecretStr = Field(
        default=SecretStr(""),
        title="Client secret",
        description="Secret of the client; empty for a public client with PKCE.",
    )
    session_key: SecretStr = Field(
        default=SecretStr(""),
        title="Session key",
        description="Secret that signs session cookies and CSRF tokens (32 bytes or more).",
    )
    session_lifetime: timedelta = Field(
        default=timedelta(hours=12),
        title="Session lifetime",
        description="A browser session ends after this long (one shift).",
    )

    # ---- limits at the doors
    max_body_bytes: Count = Field(
        default=262_144, title="Largest body", description="Bytes of one report's body; more is refused with 413."
    )
    batch_max_lines: Count = Field(default=10_000, title="Batch lines", description="Lines of one NDJSON batch.")
    batch_max_bytes: Count = Field(
        default=33_554_432, title="Largest batch", description="Bytes of one NDJSON batch; more is refused with 413."
    )
    max_depth: Count = Field(default=16, title="Depth", description="Nesting of a JSON body; more is refused with 400.")
    event_time_max_past: timedelta = Field(
        default=timedelta(days=365),
        title="Oldest event",
        description="An event time further back than this is refused.",
    )
    event_time_max_future: timedelta = Field(
        default=timedelta(seconds=60),
        title="Clock ahead",
        description="An event time further ahead than this is refused.",
    )
    database_pool: Count = Field(
        default=8, title="Database pool", description="Connections one process keeps to PostgreSQL."
    )
    door_transactions: Count = Field(
        default=2,
        title="Door transactions",
        description="Group commits that one lane of the doors keeps in flight; life-safety has its own connections.",
    )
    door_timeout: timedelta = Field(
        default=timedelta(seconds=5),
        title="Door timeout",
        description="A store that has not made a report safe within this is away (decision 8).",
    )

    # ---- limits in the house
    feed_buffer: Count = Field(
        default=2_000,
        title="Feed buffer",
        description="Events kept for one slow subscriber before it must take a new snapshot.",
    )
    feed_tick: timedelta = Field(
        default=timedelta(milliseconds=250),
        title="Feed tick",
        description="Changes other than P1 are sent together this often.",
    )
    feed_heartbeat: timedelta = Field(
        default=timedelta(seconds=10), title="Heartbeat", description="A silent feed sends a comment this often."
    )
    dead_letter_limit: Count = Field(
        default=1_000,
        title="Dead-letter limit",
        description="Dead letters of one worker within the window, after which it stops: a bad release, not bad input.",
    )
    dead_letter_window: timedelta = Field(
        default=timedelta(minutes=10), title="Dead-letter window", description="Window of the dead-letter limit."
    )
    slice_max_reports: Count = Field(
        default=200, title="Slice", description="Reports decided in one transaction at most (about 5 ms of work)."
    )
    worker_instance: str = Field(
        default="",
        title="Worker instance",
        description="Static member id of this worker: a restart takes its partitions back. Empty: new each time.",
        pattern=r"^[A-Za-z0-9._-]{0,200}$",
    )
    worker_session: timedelta = Field(
        default=timedelta(seconds=10),
        title="Worker session",
        description="A worker that Kafka has not heard of for this long loses its partitions to another one.",
    )
    worker_stands: timedelta = Field(
        default=timedelta(seconds=30),
        title="Worker stands still",
        description="Lag without progress for this long fails the worker's liveness.",
    )
    mode: Literal["normal", "heightened", "emergency"] = Field(
        default="normal",
        title="First mode",
        description="Mode a new ledger begins in; afterwards the ledger's own word counts.",
    )

    @field_validator("pseudonym_key", "session_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        length = len(value.get_secret_value())
        if 0 < length < 32:
            raise ValueError("a key needs 32 characters or more")
        return value

    @model_validator(mode="after")
    def _production_is_complete(self) -> Self:
        if self.env != "production":
            if not (self.oidc_issuer or self.dev_issuer_open or _loopback(self.api_host)):
                raise ValueError(
                    f"the development issuer signs in whoever asks, so it does not listen on {self.api_host}: set"
                    f" {PREFIX}OIDC_ISSUER to your own, or {PREFIX}DEV_ISSUER_OPEN=true if nobody else can reach it"
                )
            return self
        missing = [f"{PREFIX}{name.upper()}" for name in PRODUCTION_NEEDS if not plain(getattr(self, name))]
        if missing:
            raise ValueError(f"production needs {', '.join(missing)}")
        return self

    @property
    def database(self) -> str:
        """PostgreSQL's address in the clear, for the driver only."""
        return self.postgres_url.get_secret_value()

    @property
    def topic_prefix(self) -> str:
        """What stands before every topic name: empty, or the namespace and a dot."""
        return f"{self.namespace}." if self.namespace else ""

    @property
    def schema_name(self) -> str:
        """PostgreSQL schema of the ledger: `weirhouse`, or `weirhouse_<namespace>`."""
        return f"weirhouse_{self.namespace}" if self.namespace else "weirhouse"

    @property
    def console_url(self) -> str:
        """Address of the console, without a slash at the end."""
        return (self.public_url or f"http://{self.api_host}:{self.api_port}").rstrip("/")

    @property
    def production(self) -> bool:
        """Whether this is a real room."""
        return self.env == "production"


def _loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def plain(value: Any) -> Any:
    """The value behind a secret, or the value itself."""
    return value.get_secret_value() if isinstance(value, SecretStr) else value


@dataclass(frozen=True)
class Row:
    """One line of the documentation's table."""

    variable: str
    title: str
    default: str
    description: str


def documented() -> list[Row]:
    """Return one row a setting, in the order of the class, ages last."""
    rows = []
    for name, info in sorted(Settings.model_fields.items(), key=lambda field: field[0] in Ages.model_fields):
        match info.default:
            case timedelta() as span:
                default = f"{span.total_seconds():g} s"
            case SecretStr():
                default = "none"
            case None | "":
                default = "none"
            case other:
                default = "XDG state folder" if info.default_factory else f"`{other}`"
        rows.append(Row(f"{PREFIX}{name.upper()}", info.title or name, default, info.description or ""))
    return rows


def shown(settings: Settings) -> dict[str, str]:
    """Return every setting by variable name, secrets as `set` or `not set` (what `doctor` prints)."""
    out = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        secret = isinstance(value, SecretStr)
        out[f"{PREFIX}{name.upper()}"] = ("set" if plain(value) else "not set") if secret else str(value)
    return out


def markdown() -> str:
    """Return the documentation's page; a test compares it with `docs/settings.md`."""
    head = (
        "# Settings\n\nWritten by `python -m weirhouse.settings docs/settings.md`; do not edit by hand.\n"
        "Durations are given in seconds, or as ISO 8601 (`PT12H`).\n\n"
        "| variable | what | default | meaning |\n| --- | --- | --- | --- |\n"
    )
    return head + "".join(f"| `{r.variable}` | {r.title} | {r.default} | {r.description} |\n" for r in documented())


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(), encoding="utf-8")
