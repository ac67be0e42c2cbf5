# SPDX-License-Identifier: Apache-2.0
"""Personal parts that came past the ledger: out of the house's box, into what the ledger keeps of a person.

The same seal as the door's: a key for each subject, wrapped by the house's. Nothing opened is logged or kept here.
"""

from __future__ import annotations

import logging
from typing import Final

from weirhouse.domain.report import Report
from weirhouse.ledger.personal import new_subject_key
from weirhouse.ledger.ports import PersonalPart
from weirhouse.wire.sealed import Unsealable, house_key, shut, unbox

MAX_SUBJECTS: Final = 10_000
"""Subjects whose key is remembered for the length of an outage; a forgotten one is given a second key."""

_log = logging.getLogger("streams.unsealing")


class Unsealer:
    """Opens and seals again.

    Parameters
    ----------
    private_key
        Private half of the sealing key (base64); empty: boxes stay closed.
    secret
        The pseudonym key, from which the house's wrapping key is derived; empty: boxes stay closed.
    """

    def __init__(self, private_key: str, secret: str) -> None:
        self._private = private_key
        self._house = house_key(secret.encode()) if secret else b""
        self._subjects: dict[str, tuple[bytes, bytes]] = {}

    def open(self, report: Report, boxed: bytes) -> PersonalPart | None:
        """Return the part as the ledger keeps it, or None when the box has to stay closed (and is kept as it is)."""
        if not self._private or not self._house:
            return None
        try:
            plain = unbox(self._private, boxed, report.id)
        except Unsealable as error:
            _log.error("a personal part stays in its box: %s", error, extra={"report": report.id})
            return None
        subject = report.reporter or report.id
        key, wrapped = self._key(subject)
        return PersonalPart(subject=subject, subject_key=wrapped, sealed=shut(key, plain, report.id))

    def _key(self, subject: str) -> tuple[bytes, bytes]:
        found = self._subjects.get(subject)
        if found is None:
            if len(self._subjects) >= MAX_SUBJECTS:
                self._subjects.pop(next(iter(self._subjects)))
            found = self._subjects[subject] = new_subject_key(self._house, subject)
        return found
