# SPDX-License-Identifier: Apache-2.0
"""How a command speaks: sentences for people, one JSON object on standard output with `--json`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from weirhouse.cli.words import Language, language, sentence, told
from weirhouse.embedded.errors import Sentence

AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON object. / 以 JSON 输出。")]
Lang = Annotated[str, typer.Option("--lang", help="en or zh; otherwise by LANG. / 语言，默认取自 LANG。")]


class Stop(Exception):
    """The command cannot go on; `key` names the sentence that says what to do next.

    Parameters
    ----------
    key
        Key of the catalogue in `words`.
    code
        Exit code.
    values
        What the sentence names.
    """

    def __init__(self, key: str, code: int = 1, **values: object) -> None:
        self.key, self.code, self.values = key, code, values
        super().__init__(sentence("en", key, **values))


class Talk:
    """Speaks one language, to people or to programs. Progress goes to standard error, results to standard output."""

    def __init__(self, as_json: bool = False, lang: str = "") -> None:
        self.as_json = as_json
        self.language: Language = language(lang)
        self._out = Console(highlight=False, soft_wrap=True)
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)

    def word(self, key: str, **values: object) -> str:
        """Return the sentence under `key`."""
        return sentence(self.language, key, **values)

    def step(self, key: str, **values: object) -> None:
        """Say how far we are (standard error, so that results stay clean)."""
        self.note(self.word(key, **values))

    def note(self, line: str) -> None:
        """Say a line about progress as it is."""
        if not self.as_json:
            self._err.print(f"[dim]·[/dim] {escape(line)}")

    def told(self, said: Sentence) -> None:
        """Pass on what the one-machine default says about progress."""
        self.note(told(self.language, said))

    def say(self, line: str = "") -> None:
        """Print a line of the result for people."""
        if not self.as_json:
            self._out.print(escape(line))

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
        """Print a table of the result for people."""
        if self.as_json:
            return
        table = Table(*head, title=title or None, title_justify="left", show_header=any(head))
        for row in rows:
            table.add_row(*(escape(str(cell)) for cell in row))
        self._out.print(table)

    def result(self, value: Mapping[str, Any]) -> None:
        """Print the result for programs."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False, default=str), flush=True)  # noqa: T201  the command's answer

    def fail(self, key: str, code: str, **values: object) -> None:
        """Print the one sentence of an error (and its JSON for programs)."""
        line = self.word(key, **values)
        self._err.print(f"[bold red]✗[/bold red] {escape(line)}")
        self.result({"error": {"code": code, "message": line}})
