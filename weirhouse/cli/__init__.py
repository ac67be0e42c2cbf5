# SPDX-License-Identifier: Apache-2.0
"""The command line `weirhouse`: one sentence and a non-zero exit for every failure, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress

import typer
from pydantic import ValidationError
from typer.exceptions import TyperException

from weirhouse.cli.app import build
from weirhouse.cli.talk import Stop, Talk
from weirhouse.cli.words import told
from weirhouse.embedded.care import STOPPED
from weirhouse.embedded.errors import EmbeddedError
from weirhouse.keys import KeysUnkept
from weirhouse.ledger.broker import BrokerExchanged
from weirhouse.ledger.ports import LedgerAway, LedgerRefuses, SchemaTooOld
from weirhouse.wire.broker import BrokerAway, TopicsWrong
from weirhouse.wire.letterbox import NoSuchLetter

# What the layers below say in one sentence already; the code stands in the JSON answer.
_TROUBLE: dict[type[Exception], str] = {
    LedgerRefuses: "ledger-refuses",
    SchemaTooOld: "schema-too-old",
    TopicsWrong: "topics-wrong",
    NoSuchLetter: "not-found",
    KeysUnkept: "keys-unkept",
}
_AWAY: dict[type[Exception], str] = {LedgerAway: "ledger-away", BrokerAway: "broker-away"}

INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    talk = Talk("--json" in arguments, _wish(arguments))
    try:
        answer = build()(list(arguments), prog_name="weirhouse", standalone_mode=False)
    except Stop as stop:
        talk.fail(stop.key, stop.key, **stop.values)
        return stop.code
    except EmbeddedError as error:
        talk.fail("trouble", "embedded", what=told(talk.language, error.sentence))
        return 1
    except BrokerExchanged as error:
        talk.fail("broker-exchanged", "broker-exchanged", found=error.found, known=error.known)
        return STOPPED
    except tuple(_TROUBLE) as error:
        talk.fail("trouble", _TROUBLE[type(error)], what=error)
        return 1
    except tuple(_AWAY) as error:
        talk.fail("away", _AWAY[type(error)], what=error)
        return 1
    except ValidationError as error:
        what = "; ".join(f"{'.'.join(str(p) for p in row['loc'])}: {row['msg']}" for row in error.errors())
        talk.fail("bad-setting", "bad-setting", what=what)
        return 2
    except TyperException as error:
        talk.fail("trouble", "usage", what=error.format_message())
        return error.exit_code
    except typer.Exit as leave:
        return leave.exit_code
    except (KeyboardInterrupt, typer.Abort):
        with suppress(OSError):  # the terminal may be gone
            talk.step("interrupted")
        return INTERRUPTED
    return answer if isinstance(answer, int) else 0


def _wish(arguments: Sequence[str]) -> str:
    for index, argument in enumerate(arguments):
        if argument == "--lang" and index + 1 < len(arguments):
            return arguments[index + 1]
        if argument.startswith("--lang="):
            return argument.partition("=")[2]
    return ""


def main() -> None:
    """Entry point of the script `weirhouse`."""
    sys.exit(run(sys.argv[1:]))
