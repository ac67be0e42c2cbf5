# SPDX-License-Identifier: Apache-2.0
"""The audit against its checkpoints: reads the chain from the ledger, the checkpoints and keys from files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from weirhouse.ledger.checkpoints import Broken, Checkpoint, Line, Walk, signed
from weirhouse.ledger.postgres.pool import Database
from weirhouse.ledger.queries import queries

_SQL: Final = queries("auditing")
_CHECKPOINT: Final = msgspec.json.Decoder(Checkpoint)
STRETCH: Final = 5_000
"""Lines read at a time."""
_BEFORE_ALL: Final = -(1 << 62)
"""A line put in with a number below 1 is read too."""


class BadKey(ValueError):
    """The file holds no Ed25519 key (PEM) of the half that is needed."""


class BadCheckpoints(ValueError):
    """A line of the file is no checkpoint; `line` counts from 1."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(f"line {line} is no checkpoint")


class Audited(msgspec.Struct, frozen=True):
    """What a walk found: lines in the chain, lines that the last checkpoint covers, and what is broken."""

    lines: int
    covered: int
    broken: Broken | None
    head: bytes

    @property
    def holds(self) -> bool:
        """Whether nothing is broken."""
        return self.broken is None


def make_key(path: Path) -> str:
    """Write a new signing key (PEM, readable by its owner only) to a file that must not exist; return the public half.

    Raises
    ------
    FileExistsError
    """
    key = Ed25519PrivateKey.generate()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signing_key(path: Path) -> Ed25519PrivateKey:
    """Return the private key in a file.

    Raises
    ------
    BadKey
    """
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadKey(str(path)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey(str(path))
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """Return the public key in a file.

    Raises
    ------
    BadKey
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadKey(str(path)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadKey(str(path))
    return key


def kept(path: Path) -> list[Checkpoint]:
    """Return the checkpoints of a file, one JSON object a line; none when there is no file.

    Raises
    ------
    BadCheckpoints
    """
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            found.append(_CHECKPOINT.decode(line))
        except msgspec.MsgspecError as error:
            raise BadCheckpoints(number) from error
    return found


def keep(path: Path, checkpoint: Checkpoint) -> None:
    """Append a checkpoint to a file and wait until the disk has it."""
    with path.open("ab") as out:
        out.write(msgspec.json.encode(checkpoint) + b"\n")
        out.flush()
        os.fsync(out.fileno())


async def audited(database: Database, checkpoints: list[Checkpoint], key: Ed25519PublicKey) -> Audited:
    """Walk the whole chain against its checkpoints; stops at the first thing that does not hold."""
    walk, after = Walk(checkpoints, key), _BEFORE_ALL
    while not walk.broken:
        rows = await database.rows(_SQL["lines"], {"seq": after, "limit": STRETCH}, binary=True)
        if not rows:
            break
        for seq, at, actor, action, entity, entity_id, body, prev, own in rows:
            walk.take(
                Line(
                    seq=seq,
                    at=at,
                    actor=actor,
                    action=action,
                    entity=entity,
                    entity_id=entity_id,
                    body=bytes(body),
                    prev=bytes(prev),
                    hash=bytes(own),
                )
            )
        after = walk.seq
    broken = walk.end()
    return Audited(walk.seq, walk.covered, broken, walk.head)


async def add(database: Database, path: Path, key: Ed25519PrivateKey, now: float) -> Audited:
    """Check the chain against the checkpoints in `path`; when it holds and grew, sign where it stands and append that.

    A broken chain is never signed. `now` in seconds UTC.
    """
    found = await audited(database, kept(path), key.public_key())
    if found.holds and found.lines > found.covered:
        keep(path, signed(found.lines, found.head, now, key))
    return found
