# SPDX-License-Identifier: Apache-2.0
"""Whole columns as PostgreSQL arrays in binary form: one parameter a column, whatever the number of rows.

psycopg's own list dumper costs about a microsecond an element; these cost a tenth, and a slice has thousands.
Layout (PostgreSQL's `array_recv`): dimensions, has-null flag, element oid, length, lower bound, then length-prefixed
elements; -1 is null.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct, pack

from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format

_NULL = b"\xff\xff\xff\xff"
_LENGTH = Struct(">i").pack
_LONG = Struct(">iq").pack
_INT = Struct(">ii").pack
_FLOAT = Struct(">id").pack
_SHORT_OF_EPOCH_US = 946_684_800_000_000
"""PostgreSQL counts microseconds from 2000-01-01; the code's floats count seconds from 1970-01-01."""


class Column:
    """One array parameter, already in PostgreSQL's binary form."""

    element_oid = 0
    array_oid = 0
    __slots__ = ("data",)

    def __init__(self, count: int, cells: Iterable[bytes], has_null: bool = False) -> None:
        if count == 0:
            self.data = pack(">iii", 0, 0, self.element_oid)
            return
        head = pack(">iiiii", 1, 1 if has_null else 0, self.element_oid, count, 1)
        self.data = head + b"".join(cells)


class Uuids(Column):
    """uuid[] from 32 hexadecimal digits (dashes allowed); an empty string is null."""

    element_oid, array_oid = 2950, 2951

    def __init__(self, values: Sequence[str]) -> None:
        sixteen = _LENGTH(16)
        joined = "".join(values)
        if set(map(len, values)) == {32} and "-" not in joined:
            # The code's own form: one conversion for the whole column.
            raw = bytes.fromhex(joined)
            if len(raw) == 16 * len(values):
                super().__init__(len(values), [sixteen + raw[at : at + 16] for at in range(0, len(raw), 16)])
                return
        cells = [sixteen + bytes.fromhex(v.replace("-", "")) if v else _NULL for v in values]
        super().__init__(len(values), cells, True)


class Texts(Column):
    """text[]; a NUL character, which PostgreSQL cannot keep, becomes U+FFFD."""

    element_oid, array_oid = 25, 1009

    def __init__(self, values: Sequence[str]) -> None:
        if "\x00" in "".join(values):
            values = [value.replace("\x00", "\ufffd") for value in values]
        super().__init__(len(values), [_LENGTH(len(raw := value.encode())) + raw for value in values])


class Blobs(Column):
    """bytea[]; None is null."""

    element_oid, array_oid = 17, 1001

    def __init__(self, values: Sequence[bytes | None]) -> None:
        cells = [_NULL if value is None else _LENGTH(len(value)) + value for value in values]
        super().__init__(len(values), cells, True)


class Jsons(Blobs):
    """json[] from UTF-8 JSON bytes."""

    element_oid, array_oid = 114, 199


class Longs(Column):
    """bigint[]."""

    element_oid, array_oid = 20, 1016

    def __init__(self, values: Sequence[int]) -> None:
        super().__init__(len(values), [_LONG(8, v) for v in values])


class Ints(Column):
    """integer[]; None is null."""

    element_oid, array_oid = 23, 1007

    def __init__(self, values: Sequence[int | None]) -> None:
        super().__init__(len(values), [_NULL if v is None else _INT(4, v) for v in values], True)


class Floats(Column):
    """double precision[]; None is null."""

    element_oid, array_oid = 701, 1022

    def __init__(self, values: Sequence[float | None]) -> None:
        super().__init__(len(values), [_NULL if v is None else _FLOAT(8, v) for v in values], True)


class Flags(Column):
    """boolean[]."""

    element_oid, array_oid = 16, 1000

    def __init__(self, values: Sequence[bool]) -> None:
        yes, no = b"\x00\x00\x00\x01\x01", b"\x00\x00\x00\x01\x00"
        super().__init__(len(values), [yes if v else no for v in values])


class Instants(Column):
    """timestamptz[] from seconds UTC; None is null."""

    element_oid, array_oid = 1184, 1185

    def __init__(self, values: Sequence[float | None]) -> None:
        cells = [_NULL if v is None else _LONG(8, round(v * 1e6) - _SHORT_OF_EPOCH_US) for v in values]
        super().__init__(len(values), cells, True)


class _ColumnDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Column) -> bytes:
        return obj.data


class _HexLoader(Loader):
    """uuid as 32 hexadecimal digits, the form of every id in the code."""

    def load(self, data: bytes | bytearray | memoryview) -> str:
        return bytes(data).replace(b"-", b"").decode()


class _HexBinaryLoader(Loader):
    format = Format.BINARY

    def load(self, data: bytes | bytearray | memoryview) -> str:
        return bytes(data).hex()


def register(context: AdaptContext) -> None:
    """Teach a connection to send columns and to answer uuids as plain hexadecimal."""
    for kind in (Uuids, Texts, Blobs, Jsons, Longs, Ints, Floats, Flags, Instants):
        context.adapters.register_dumper(
            kind, type(f"{kind.__name__}Dumper", (_ColumnDumper,), {"oid": kind.array_oid})
        )
    context.adapters.register_loader("uuid", _HexLoader)
    context.adapters.register_loader("uuid", _HexBinaryLoader)
