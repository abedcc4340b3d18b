"""Thrift's binary protocol, read without a schema and within bounds.

    list, set  1 type of elements   4 count   elements          all numbers big-endian and signed
    map        1 type of keys       1 type of values   4 count   pairs
    struct     fields: 1 type, 2 id, value; then one 0 byte
    string     4 length   bytes
    bool 1, byte 1, i16 2, i32 4, i64 8, double 8

    types      2 bool   3 byte   4 double   6 i16   8 i32   10 i64
              11 string   12 struct   13 map   14 set   15 list

A struct becomes a dict of field id -> value, strings stay bytes. A count or a length is believed only as far
as the record goes: nothing is allocated for it ahead. Source: github.com/apache/thrift,
doc/specs/thrift-binary-protocol.md.

A struct ends where its own bytes say, so equal bytes are equal structs: a field that repeats the last one
(in Zipkin's spans, the host of every annotation) is not parsed again but shared.
"""

import struct
from collections.abc import Iterator
from struct import Struct
from typing import Any

from monitor.base.errors import UndecodableError

Fields = dict[int, Any]
"""A struct: field id -> value; never to be changed, since equal ones are shared."""

STRUCT = 12
_STRING, _MAP, _SET, _LIST = 11, 13, 14, 15
_MAX_DEPTH = 16
_MOST_IN_ONE = 10_000
"""Structs and elements in one struct of the record's list: as a span of Zipkin's, it is read in one step."""

_FIXED = {
    kind: Struct(code) for kind, code in ((2, ">?"), (3, ">b"), (4, ">d"), (6, ">h"), (8, ">i"), (10, ">q"))
}
_ID = Struct(">h")
_STRING_FIELD = Struct(">hi")
_COUNT = Struct(">bi")
_PAIRS = Struct(">bbi")
_LENGTH = Struct(">i")


class ThriftReader:
    """Reads values of one record from its beginning; at most `max_objects` structs and elements."""

    def __init__(self, payload: bytes, max_objects: int) -> None:
        self._payload = payload
        self._at = 0
        self._left, self._reserve = max_objects, 0
        self._last: tuple[bytes, Fields] = (b"\0", {})

    def structs(self) -> Iterator[Fields]:
        """The structs of the record, which is a list of them, one by one.

        Raises UndecodableError (malformed, too_deep, too_many_spans).
        """
        try:
            kind, count = self._head()
            if kind != STRUCT:
                raise _malformed()
            for _ in range(count):
                self._reserve = max(0, self._left - _MOST_IN_ONE)
                yield self._struct(1)
        except (struct.error, IndexError) as error:
            raise _malformed() from error

    def _value(self, kind: int, depth: int) -> Any:
        """The value of type `kind` that begins here."""
        if (fixed := _FIXED.get(kind)) is not None:
            (number,) = fixed.unpack_from(self._payload, self._at)
            self._at += fixed.size
            return number
        if kind == _STRING:
            return self._string()
        if depth >= _MAX_DEPTH:
            raise UndecodableError(f"nested more than {_MAX_DEPTH} levels deep", code="too_deep")
        if kind == STRUCT:
            return self._struct(depth + 1)
        if kind in (_LIST, _SET):
            return self._list(depth + 1)
        if kind == _MAP:
            return self._map(depth + 1)
        raise _malformed()

    def _struct(self, depth: int) -> Fields:
        """The hot loop: strings, which most fields are, are read in place."""
        self._spend(1)
        fields: Fields = {}
        payload, at = self._payload, self._at
        while kind := payload[at]:
            if kind == _STRING:
                number, length = _STRING_FIELD.unpack_from(payload, at + 1)
                start = at + 7
                at = start + length
                if length < 0 or at > len(payload):
                    raise _malformed()
                fields[number] = payload[start:at]
            else:
                (number,) = _ID.unpack_from(payload, at + 1)
                self._at = at + 3
                fields[number] = self._inner(depth) if kind == STRUCT else self._value(kind, depth)
                at = self._at
        self._at = at + 1
        return fields

    def _inner(self, depth: int) -> Fields:
        """A struct that is a field."""
        start = self._at
        encoded, known = self._last
        if self._payload.startswith(encoded, start):
            self._at += len(encoded)
            return known
        inner: Fields = self._value(STRUCT, depth)
        self._last = self._payload[start : self._at], inner
        return inner

    def _string(self) -> bytes:
        """A string that is no field, but an element."""
        (length,) = _LENGTH.unpack_from(self._payload, self._at)
        start = self._at + 4
        self._at = start + length
        if length < 0 or self._at > len(self._payload):
            raise _malformed()
        return self._payload[start : self._at]

    def _head(self) -> tuple[int, int]:
        """The type and the number of the elements of a list."""
        kind, count = _COUNT.unpack_from(self._payload, self._at)
        self._at += 5
        self._believe(count)
        return kind, count

    def _list(self, depth: int) -> list[Any]:
        kind, count = self._head()
        return [self._value(kind, depth) for _ in range(count)]

    def _map(self, depth: int) -> list[tuple[Any, Any]]:
        """The pairs of a map, whose keys may be of any type."""
        key, value, count = _PAIRS.unpack_from(self._payload, self._at)
        self._at += 6
        self._believe(count)
        return [(self._value(key, depth), self._value(value, depth)) for _ in range(count)]

    def _believe(self, count: int) -> None:
        """Refuse a number of elements for which the record, at a byte each, has no room."""
        if not 0 <= count <= len(self._payload) - self._at:
            raise _malformed()
        self._spend(count)

    def _spend(self, objects: int) -> None:
        self._left -= objects
        if self._left < self._reserve:
            raise UndecodableError("more structs than spans in one record need", code="too_many_spans")


def _malformed() -> UndecodableError:
    return UndecodableError("not a list of structs in Thrift's binary protocol", code="malformed")
