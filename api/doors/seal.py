# SPDX-License-Identifier: Apache-2.0
"""Personal parts at the door: a pseudonym goes on, the rest is sealed before anything is kept."""

from __future__ import annotations

import os
import re
from typing import Final

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.doors.intake import ReporterIn
from weirhouse.wire.sealed import KEY_BYTES, NONCE_BYTES, Personal, box, derive, house_key, pseudonym, shut, shut_with

MAX_SUBJECTS: Final = 50_000
"""Subjects whose key this process remembers (about 10 MB); a forgotten one is given a second key."""
NONCES: Final = 1024
"""Nonces drawn at a time; each is used once."""

_NO_DIGIT: Final = re.compile(r"\D+")
_ENCODE: Final = msgspec.json.Encoder().encode


class Sealed(msgspec.Struct, frozen=True):
    """What the inbox keeps of a person."""

    subject: str = ""
    subject_key: bytes = b""
    part: bytes = b""


NOBODY: Final = Sealed()


class Sealer:
    """Pseudonyms and seals.

    Parameters
    ----------
    secret
        The pseudonym key; wrapping keys are derived from it.
    public_key
        X25519 public key (base64) for the way past the ledger; empty: personal parts do not go that way.
    """

    def __init__(self, secret: bytes, public_key: str = "") -> None:
        self._secret = derive(secret, "pseudonyms")
        self._house = house_key(secret)
        self._public = public_key
        self._subjects: dict[str, tuple[AESGCM, bytes]] = {}
        self._random, self._spent = b"", NONCES

    def subject(self, source: str, reporter: ReporterIn) -> str:
        """Return the pseudonym of a reporter: by number (the same for all sources), else by the source's token."""
        if reporter.phone and (digits := _NO_DIGIT.sub("", reporter.phone)):
            return pseudonym(self._secret, "", digits)
        return pseudonym(self._secret, source, reporter.token) if reporter.token else ""

    def seal(self, subject: str, report_id: str, plain: bytes) -> Sealed:
        """Return the part as the ledger keeps it. One without number and token is its own subject."""
        if not plain:
            return NOBODY
        subject = subject or report_id
        cipher, wrapped = self._key(subject)
        return Sealed(subject, wrapped, shut_with(cipher, plain, report_id, self._nonce()))

    def past_the_ledger(self, report_id: str, plain: bytes) -> bytes:
        """Return the part in a box that only the worker opens; empty without a part or a public key."""
        return box(self._public, plain, report_id) if plain and self._public else b""

    def _nonce(self) -> bytes:
        if self._spent >= NONCES:
            # One call of the system for a thousand: it costs as much as sealing does.
            self._random, self._spent = os.urandom(NONCES * NONCE_BYTES), 0
        at = self._spent * NONCE_BYTES
        self._spent += 1
        return self._random[at : at + NONCE_BYTES]

    def _key(self, subject: str) -> tuple[AESGCM, bytes]:
        found = self._subjects.get(subject)
        if found is None:
            key = os.urandom(KEY_BYTES)
            found = AESGCM(key), shut(self._house, key, subject)
            if len(self._subjects) >= MAX_SUBJECTS:
                self._subjects.pop(next(iter(self._subjects)))
            self._subjects[subject] = found
        return found


def personal_part(reporter: ReporterIn) -> bytes:
    """Return the personal part as JSON, empty when it says nothing."""
    point = reporter.point
    if not (reporter.token or reporter.phone or reporter.name or point):
        return b""
    return _ENCODE(
        Personal(
            token=reporter.token,
            phone=reporter.phone,
            name=reporter.name,
            lat=point.lat if point else None,
            lon=point.lon if point else None,
        )
    )
