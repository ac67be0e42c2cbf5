# SPDX-License-Identifier: Apache-2.0
"""Is any changed, removed or moved audit line found, and a cut-off end up to the last checkpoint?"""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from weirhouse.domain.decision import AuditEntry
from weirhouse.ledger import auditing
from weirhouse.ledger.checkpoints import Broken, Checkpoint, Line, check, signed
from weirhouse.ledger.postgres.rows import canonical
from weirhouse.ledger.sequencer import link

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
LINES, COVERED = 24, 20


def _entry(number: int) -> AuditEntry:
    return AuditEntry(at=1_000.25 + number, actor="op", action="close", entity="incident", entity_id=f"i{number}")


def _chained(entries: list[AuditEntry]) -> list[Line]:
    lines, head = [], b""
    for seq, entry in enumerate(entries, 1):
        body = canonical(entry)
        prev, head = head, link(head, body)
        lines.append(
            Line(
                seq=seq,
                at=entry.at,
                actor=entry.actor,
                action=entry.action,
                entity=entry.entity,
                entity_id=entry.entity_id,
                body=body,
                prev=prev,
                hash=head,
            )
        )
    return lines


CHAIN = _chained([_entry(number) for number in range(LINES)])
KEPT = [signed(seq, CHAIN[seq - 1].hash, 5_000.0 + seq, KEY) for seq in (7, 13, COVERED)]


def _flipped(rng: random.Random, value: bytes) -> bytes:
    at = rng.randrange(len(value))
    return value[:at] + bytes([value[at] ^ (1 << rng.randrange(8))]) + value[at + 1 :]


def _rechained(lines: list[Line]) -> list[Line]:
    """Chain anew, as somebody who can write to the database would."""
    return _chained([msgspec.json.decode(line.body, type=AuditEntry) for line in lines])


def _tampered(rng: random.Random) -> list[Line]:
    lines, at = list(CHAIN), rng.randrange(COVERED)
    match rng.randrange(8):
        case 0:
            lines[at] = msgspec.structs.replace(lines[at], body=_flipped(rng, lines[at].body))
        case 1:
            name = rng.choice(("actor", "action", "entity", "entity_id"))
            lines[at] = msgspec.structs.replace(lines[at], **{name: "somebody"})
        case 2:
            lines[at] = msgspec.structs.replace(lines[at], at=lines[at].at + rng.choice((-1, 1)) * rng.uniform(1, 1e6))
        case 3:
            del lines[at : at + rng.randint(1, LINES)]
        case 4:
            other = rng.choice([n for n in range(LINES) if n != at])
            lines[at], lines[other] = lines[other], lines[at]
        case 5:
            del lines[at:]
        case 6:
            other = rng.choice([n for n in range(LINES) if n != at])
            lines[at], lines[other] = lines[other], lines[at]
            lines = _rechained(lines)
        case _:
            entry = msgspec.json.decode(lines[at].body, type=AuditEntry)
            body = canonical(msgspec.structs.replace(entry, reason="never said"))
            lines[at] = msgspec.structs.replace(lines[at], body=body)
            lines = _rechained(lines)
    return lines


def test_an_honest_audit_holds() -> None:
    assert check(CHAIN, KEPT, PUBLIC) is None
    assert check([], [], PUBLIC) is None


def test_ten_thousand_tamperings_are_all_found() -> None:
    rng = random.Random(20_260_101)
    missed = [lines for lines in (_tampered(rng) for _ in range(10_000)) if check(lines, KEPT, PUBLIC) is None]
    assert missed == []


def test_the_window_is_what_came_after_the_last_checkpoint() -> None:
    assert check(CHAIN[:COVERED], KEPT, PUBLIC) is None
    assert check(CHAIN[: COVERED - 1], KEPT, PUBLIC) == Broken("truncated", COVERED)


def test_each_tampering_has_its_name() -> None:
    changed = [*CHAIN[:4], msgspec.structs.replace(CHAIN[4], actor="somebody"), *CHAIN[5:]]
    assert check(changed, KEPT, PUBLIC) == Broken("changed", 5)
    assert check([*CHAIN[:4], *CHAIN[5:]], KEPT, PUBLIC) == Broken("missing", 5)
    assert check(_rechained([*CHAIN[:4], *CHAIN[5:]]), KEPT, PUBLIC) == Broken("rewritten", 7)


@pytest.mark.parametrize("change", [{"seq": 6}, {"hash": "00" * 32}, {"at": 1.0}, {"signature": "zz"}])
def test_a_checkpoint_that_the_key_did_not_sign_is_forged(change: dict[str, object]) -> None:
    forged: Checkpoint = msgspec.structs.replace(KEPT[0], **change)
    assert check(CHAIN, [forged, *KEPT[1:]], PUBLIC) == Broken("forged", forged.seq)


def test_another_houses_key_signs_nothing_here() -> None:
    other = Ed25519PrivateKey.generate()
    assert check(CHAIN, KEPT, other.public_key()) == Broken("forged", 7)


def test_two_checkpoints_of_one_line_must_agree() -> None:
    assert check(CHAIN, [*KEPT, signed(7, CHAIN[8].hash, 9_000.0, KEY)], PUBLIC) == Broken("rewritten", 7)


def test_checkpoints_are_appended_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "checkpoints"
    assert auditing.kept(file) == []
    for checkpoint in KEPT:
        auditing.keep(file, checkpoint)
    assert auditing.kept(file) == KEPT
    with file.open("ab") as out:
        out.write(b"{}\n")
    with pytest.raises(auditing.BadCheckpoints) as bad:
        auditing.kept(file)
    assert bad.value.line == len(KEPT) + 1


def test_a_key_is_its_owners_and_is_never_written_over(tmp_path: Path) -> None:
    private, public = tmp_path / "key", tmp_path / "public"
    public.write_text(auditing.make_key(private))
    assert private.stat().st_mode & 0o077 == 0
    checkpoint = signed(1, CHAIN[0].hash, 1.0, auditing.signing_key(private))
    assert check(CHAIN, [checkpoint], auditing.public_key(public)) is None
    with pytest.raises(FileExistsError):
        auditing.make_key(private)
    for read, path in ((auditing.signing_key, public), (auditing.public_key, private)):
        with pytest.raises(auditing.BadKey):
            read(path)
