# SPDX-License-Identifier: Apache-2.0
"""The ledger's SQL: written in `sql/*.sql`, every statement with a name and a sentence, loaded by name.

A statement begins with `-- name: words_like_this` and a comment line that says what it does; it ends at the next one.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

_MARK = "-- name:"


class BadQueryFile(ValueError):
    """A `.sql` file breaks the rule: a name and a sentence before every statement, no name twice."""


def parse(text: str) -> dict[str, bytes]:
    """Return the statements of one file by name.

    Raises
    ------
    BadQueryFile
        A statement has no sentence, or a name stands twice.
    """
    found: dict[str, bytes] = {}
    for block in text.split(_MARK)[1:]:
        name, _, rest = block.partition("\n")
        name = name.strip()
        lines = rest.splitlines()
        body = "\n".join(line for line in lines if not line.lstrip().startswith("--")).strip().rstrip(";")
        if not lines or not lines[0].startswith("-- ") or not body:
            raise BadQueryFile(f"statement {name!r} needs a sentence and a body")
        if name in found:
            raise BadQueryFile(f"statement {name!r} stands twice")
        found[name] = body.encode()
    return found


@cache
def queries(area: str) -> dict[str, bytes]:
    """Return the statements of `sql/<area>.sql` by name, ready for psycopg."""
    return parse(files("weirhouse.ledger").joinpath("sql", f"{area}.sql").read_text(encoding="utf-8"))
