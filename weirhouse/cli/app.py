# SPDX-License-Identifier: Apache-2.0
"""Which commands there are."""

from __future__ import annotations

import typer

from weirhouse.cli import auditing, demo, doctor, downtime, house, letters, proofs, registry


def build() -> typer.Typer:
    """Return the command line's tree."""
    app = typer.Typer(
        name="weirhouse",
        help="Weirhouse: from a call to a team. / 堰台：从来电到处置。",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.command("demo")(demo.demo)
    app.command("up")(house.up)
    app.command("down")(house.down)
    app.command("doctor")(doctor.doctor)
    app.command("migrate")(house.migrate)
    app.command("topics")(house.topics)
    app.command("relay")(proofs.relay)
    app.command("reconcile")(proofs.reconcile)
    app.command("verify")(proofs.verify)
    app.command("reseed")(proofs.reseed)
    app.command("city")(registry.city)
    app.command("source-key")(registry.source_key)
    app.command("keys")(registry.keys)
    app.command("link")(registry.link)
    app.command("sheet")(downtime.sheet)
    box = typer.Typer(help="Messages nobody could handle. / 死信。", no_args_is_help=True)
    box.command("list")(letters.list_letters)
    box.command("show")(letters.show)
    box.command("redrive")(letters.redrive)
    app.add_typer(box, name="dead-letters")
    audit = typer.Typer(help="Signed checkpoints of the audit. / 审计签名检查点。", no_args_is_help=True)
    audit.command("key")(auditing.key)
    audit.command("checkpoint")(auditing.checkpoint)
    audit.command("verify")(auditing.verify)
    app.add_typer(audit, name="audit")
    return app
