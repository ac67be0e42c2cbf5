# SPDX-License-Identifier: Apache-2.0
"""What the one-machine default says: sentences under stable keys, and its one error."""

from __future__ import annotations

from weirhouse.embedded.sentences import ENGLISH


class Sentence:
    """A sentence of `sentences.ENGLISH` with its values; the command line may say it in another language.

    Parameters
    ----------
    key
        Key of the catalogue.
    values
        What the sentence names.
    """

    def __init__(self, key: str, **values: object) -> None:
        self.key, self.values = key, values

    def __str__(self) -> str:
        return ENGLISH[self.key].format(**self.values)


class EmbeddedError(Exception):
    """An embedded service cannot start or go on. The message is one sentence that says what to do.

    Parameters
    ----------
    key, values
        As of `Sentence`.
    """

    def __init__(self, key: str, **values: object) -> None:
        self.sentence = Sentence(key, **values)
        super().__init__(str(self.sentence))


def one_line(text: str, limit: int = 300) -> str:
    """Return the last line of `text` that says something, cut to `limit` characters."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("✗ ")[:limit] if lines else "-"
