# SPDX-License-Identifier: Apache-2.0
"""The store of personal keys and parts. What seals and opens stands in `weirhouse.wire.sealed`.

Two doors may mint a key for one new subject at the same moment: both are kept, each part names the one it was sealed
with. Erasing all keys of a subject erases the person.
"""

from __future__ import annotations

import os
from typing import Final, Protocol

from weirhouse.ledger.postgres.pool import Database
from weirhouse.ledger.queries import queries
from weirhouse.wire.sealed import KEY_BYTES, PERSONAL, Personal, Unsealable, open_up, shut, unbox

_SQL: Final = queries("people")


class PersonalStore(Protocol):
    """Reading and erasing personal parts, for the desk and for supervisors."""

    async def read(self, report_id: str) -> Personal | None: ...

    async def erase(self, subject: str) -> int: ...


def new_subject_key(house_key: bytes, subject: str) -> tuple[bytes, bytes]:
    """Return (key, wrapped key): 32 random bytes, and the same wrapped by the house's key for `subject`."""
    key = os.urandom(KEY_BYTES)
    return key, shut(house_key, key, subject)


class PostgresPersonal:
    """`PersonalStore` on PostgreSQL.

    Parameters
    ----------
    house_key
        Wraps the subjects' keys (32 bytes).
    private_key
        The private half of the sealing key (base64), for parts that came past the ledger; empty where it is not kept.
    """

    def __init__(self, database: Database, house_key: bytes, private_key: str = "") -> None:
        self._database = database
        self._house_key = house_key
        self._private_key = private_key

    async def subject_key(self, subject: str) -> tuple[bytes, bytes]:
        """Return (key, wrapped key) of `subject`: the newest one kept, or a new one (kept with the first report)."""
        row = await self._database.row(_SQL["key_of_subject"], {"subject": subject})
        if row is None:
            return new_subject_key(self._house_key, subject)
        return open_up(self._house_key, row[0], subject), row[0]

    async def read(self, report_id: str) -> Personal | None:
        """Return the personal part of a report, or None when there is none.

        Raises
        ------
        Unsealable
            The person was erased, or another key is needed.
        """
        row = await self._database.row(_SQL["personal"], {"id": report_id})
        if row is None:
            return None
        subject, key_id, sealed, wrapped = row
        if not key_id:
            if not self._private_key:
                raise Unsealable("this process does not hold the private sealing key")
            return PERSONAL.decode(unbox(self._private_key, sealed, report_id))
        if wrapped is None:
            raise Unsealable("the person was erased")
        return PERSONAL.decode(open_up(open_up(self._house_key, wrapped, subject), sealed, report_id))

    async def erase(self, subject: str) -> int:
        """Erase the person behind a pseudonym; return how many keys went."""
        return await self._database.count(_SQL["erase_subject"], {"subject": subject})
