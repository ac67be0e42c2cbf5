# SPDX-License-Identifier: Apache-2.0
"""Does the audit still say what it said? The chain, and checkpoints of it that were signed and kept elsewhere.

The chain alone finds a careless change: who can write to the database can also chain everything anew, or cut the end
off. A checkpoint holds the chain's number and hash at a moment, signed with Ed25519 (RFC 8032) under a key that the
database never sees; up to the last checkpoint neither goes unseen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from weirhouse.domain.decision import AuditEntry
from weirhouse.ledger.sequencer import link

_PURPOSE: Final = b"weirhouse audit checkpoint 1\n"
_ENTRY: Final = msgspec.json.Decoder(AuditEntry)
AT_S: Final = 1e-5
"""Seconds that the column `at` may be off: the ledger keeps microseconds."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A chained audit line as it stands; `at` in seconds UTC, `body` the bytes that the chain hashes."""

    seq: int
    at: float
    actor: str
    action: str
    entity: str
    entity_id: str
    body: bytes
    prev: bytes
    hash: bytes


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where the chain stood: `seq` lines, the last one's `hash` (hexadecimal), when (`at`, seconds UTC), signed."""

    seq: int
    hash: str
    at: float
    signature: str


class Broken(msgspec.Struct, frozen=True):
    """What does not hold, and the audit line it shows at.

    `kind`: `changed` (a line), `missing` (removed, put in or moved), `rewritten` (chained anew), `truncated` (the end
    is gone), `forged` (a checkpoint that the key did not sign).
    """

    kind: str
    seq: int


def signed(seq: int, head: bytes, at: float, key: Ed25519PrivateKey) -> Checkpoint:
    """Return the checkpoint of a chain of `seq` lines that ends with `head`, at `at` (seconds UTC)."""
    return Checkpoint(seq=seq, hash=head.hex(), at=at, signature=key.sign(_said(seq, head.hex(), at)).hex())


def genuine(checkpoint: Checkpoint, key: Ed25519PublicKey) -> bool:
    """Return whether `key` signed the checkpoint as it stands."""
    try:
        signature = bytes.fromhex(checkpoint.signature)
        key.verify(signature, _said(checkpoint.seq, checkpoint.hash, checkpoint.at))
    except (InvalidSignature, ValueError):
        return False
    return True


def _said(seq: int, head: str, at: float) -> bytes:
    return _PURPOSE + f"{seq}\n{head}\n{at!r}".encode()


class Walk:
    """Goes along the chain, line by line, and keeps the first thing that does not hold.

    Parameters
    ----------
    checkpoints
        All that were kept, in any order.
    key
        The public half of the key that signed them.
    """

    def __init__(self, checkpoints: Iterable[Checkpoint], key: Ed25519PublicKey) -> None:
        self.seq, self.head = 0, b""
        self.broken: Broken | None = None
        self._at: dict[int, str] = {}
        for checkpoint in checkpoints:
            if not genuine(checkpoint, key):
                self.broken = self.broken or Broken("forged", checkpoint.seq)
            elif self._at.setdefault(checkpoint.seq, checkpoint.hash) != checkpoint.hash:
                self.broken = self.broken or Broken("rewritten", checkpoint.seq)
        self.covered = max(self._at, default=0)

    def take(self, line: Line) -> None:
        """Go on to the next line."""
        if self.broken:
            return
        if line.seq != self.seq + 1 or line.prev != self.head:
            self.broken = Broken("missing", self.seq + 1)
        elif line.hash != link(line.prev, line.body) or not _told(line):
            self.broken = Broken("changed", line.seq)
        elif self._at.get(line.seq, line.hash.hex()) != line.hash.hex():
            self.broken = Broken("rewritten", line.seq)
        else:
            self.seq, self.head = line.seq, line.hash

    def end(self) -> Broken | None:
        """Return what does not hold, or None when all of it does."""
        if self.broken is None and self.seq < self.covered:
            self.broken = Broken("truncated", self.seq + 1)
        return self.broken


def _told(line: Line) -> bool:
    """Return whether the columns say what the hashed bytes say."""
    try:
        entry = _ENTRY.decode(line.body)
    except msgspec.MsgspecError:
        return False
    said = (entry.actor, entry.action, entry.entity, entry.entity_id)
    return said == (line.actor, line.action, line.entity, line.entity_id) and abs(entry.at - line.at) < AT_S


def check(lines: Iterable[Line], checkpoints: Iterable[Checkpoint], key: Ed25519PublicKey) -> Broken | None:
    """Return the first thing that does not hold of a whole audit, or None."""
    walk = Walk(checkpoints, key)
    for line in lines:
        walk.take(line)
    return walk.end()
