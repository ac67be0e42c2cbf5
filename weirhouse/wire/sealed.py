# SPDX-License-Identifier: Apache-2.0
"""Personal parts under lock: pseudonyms, a key for each subject, and a box only the worker can open.

Layouts (all lengths in bytes)::

    sealed personal part    nonce 12 | AES-256-GCM(subject's key, part, report id)
    wrapped subject key     nonce 12 | AES-256-GCM(house key, subject's key 32, subject)
    box (`wh-sealed`)       ephemeral X25519 public key 32 | nonce 12 | AES-256-GCM(derived key, part, report id)

Erasing a subject's wrapped keys erases the person: the sealed parts stay and say nothing.
"""

from __future__ import annotations

import base64
import hashlib
import os
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

NONCE_BYTES: Final = 12
_PUBLIC: Final = 32
KEY_BYTES: Final = 32


class Unsealable(Exception):
    """The part cannot be opened: another key, an erased person, or damaged bytes."""


class Personal(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Who told us: sealed at the door, never in Kafka, logs or memory. `lat`, `lon`: where the reporter is."""

    token: str = ""
    phone: str = ""
    name: str = ""
    lat: float | None = None
    lon: float | None = None


PERSONAL: Final = msgspec.json.Decoder(Personal)


def pseudonym(key: bytes, source: str, who: str) -> str:
    """Return the keyed pseudonym (32 hexadecimal digits) of `who`: a telephone number is one person for all
    sources (`source` empty), a token is one person for its source."""
    return hashlib.blake2b(f"{source}\x1f{who}".encode(), key=key, digest_size=16, person=b"wh-subject").hexdigest()


def derive(secret: bytes, purpose: str) -> bytes:
    """Return a key of 32 bytes for one `purpose` from a house secret (HKDF, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, None, b"weirhouse " + purpose.encode()).derive(secret)


def house_key(secret: bytes) -> bytes:
    """Return the key that wraps the subjects' keys, from the house's pseudonym key."""
    return derive(secret, "subject keys")


def source_key_hash(key: str) -> bytes:
    """Return what the ledger keeps of a source's API key. Keys are random 256 bits, so a plain hash holds."""
    return hashlib.sha256(key.encode()).digest()


def shut(key: bytes, plain: bytes, about: str) -> bytes:
    """Return `plain` sealed with `key` (32 bytes) and bound to what it is `about`."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, about.encode())


def shut_with(cipher: AESGCM, plain: bytes, about: str, nonce: bytes) -> bytes:
    """Return what `shut` returns, with a cipher that is made already and a nonce (`NONCE_BYTES`) never used before."""
    return nonce + cipher.encrypt(nonce, plain, about.encode())


def open_up(key: bytes, sealed: bytes, about: str) -> bytes:
    """Return what `shut` sealed.

    Raises
    ------
    Unsealable
    """
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.encode())
    except (InvalidTag, ValueError) as error:
        raise Unsealable("the sealed part does not open with this key") from error


def _box_key(shared: bytes, ephemeral: bytes, public: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, ephemeral + public, b"weirhouse box").derive(shared)


def box(public_key: str, plain: bytes, about: str) -> bytes:
    """Return `plain` sealed to an X25519 public key (base64), for the way past the ledger.

    Raises
    ------
    ValueError
        If the key is no X25519 key.
    """
    public = base64.b64decode(public_key, validate=True)
    ephemeral = X25519PrivateKey.generate()
    mine = ephemeral.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    return mine + shut(_box_key(shared, mine, public), plain, about)


def unbox(private_key: str, sealed: bytes, about: str) -> bytes:
    """Return what `box` sealed to the public half of `private_key` (base64).

    Raises
    ------
    Unsealable
    """
    private = X25519PrivateKey.from_private_bytes(base64.b64decode(private_key, validate=True))
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    mine = sealed[:_PUBLIC]
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(mine))
    except ValueError as error:
        raise Unsealable("the box is damaged") from error
    return open_up(_box_key(shared, mine, public), sealed[_PUBLIC:], about)


def new_box_keys() -> tuple[str, str]:
    """Return a fresh (public, private) pair of X25519 keys, base64."""
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    secret = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return base64.b64encode(public).decode(), base64.b64encode(secret).decode()
