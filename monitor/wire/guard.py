"""How many messages a protobuf payload holds, counted on its bytes before any object is made.

A megabyte can hold 500,000 empty spans of two bytes, each of which the parser turns into an object of
about 180. The walk follows the three levels of a request (field numbers in `otlp_schema`) from length to
length, and stops at the limit.
"""

from collections.abc import Callable, Iterator
from itertools import islice

from monitor.base.errors import UndecodableError

_RESOURCE_SPANS, _SCOPE_SPANS, _SPANS = 1, 2, 2
_SMALLEST_MESSAGE = 2
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


def check_message_count(payload: bytes, limit: int) -> None:
    """Raise UndecodableError (too_many_spans, malformed) if `payload` holds more than `limit` messages.

    Resources and scopes count like spans. A small payload is not walked: it cannot hold so many.
    """
    if len(payload) <= _SMALLEST_MESSAGE * limit:
        return
    for spans_of in (_at_most, _exactly):
        if _count(payload, limit, spans_of) <= limit:
            return
    raise _too_many(limit)


def check_list_count(payload: bytes, limit: int, number: int = 1) -> None:
    """The same for a payload that is a list, in its field `number`."""
    if len(payload) <= _SMALLEST_MESSAGE * limit:
        return
    if sum(1 for _ in islice(_messages(payload, 0, len(payload), number), limit + 1)) > limit:
        raise _too_many(limit)


def _count(payload: bytes, limit: int, spans_of: Callable[[bytes, int, int, int], int]) -> int:
    """All messages of a request; stops soon after the limit."""
    count = 0
    for start, end in _messages(payload, 0, len(payload), _RESOURCE_SPANS):
        count += 1
        for scope_start, scope_end in _messages(payload, start, end, _SCOPE_SPANS):
            count += 1 + spans_of(payload, scope_start, scope_end, limit - count)
            if count > limit:
                return count
        if count > limit:
            return count
    return count


def _at_most(payload: bytes, start: int, end: int, _: int) -> int:
    """An upper bound of the spans in one scope, quickly.

    Each span begins with the tag of field 2, whose first byte is 0x12, or 0x92 in a longer spelling.
    """
    return payload.count(b"\x12", start, end) + payload.count(b"\x92", start, end)


def _exactly(payload: bytes, start: int, end: int, limit: int) -> int:
    """The spans in one scope, counted one by one up to just above the limit."""
    return sum(1 for _ in islice(_messages(payload, start, end, _SPANS), max(0, limit) + 1))


def _messages(payload: bytes, start: int, end: int, number: int) -> Iterator[tuple[int, int]]:
    """Where the messages in field `number` of the message at [start, end) begin and end."""
    while start < end:
        tag, start = _varint(payload, start, end)
        kind = tag & 7
        if kind == _LENGTH:
            length, start = _varint(payload, start, end)
            if start + length > end:
                raise _malformed()
            if tag >> 3 == number:
                yield start, start + length
            start += length
        elif kind == _VARINT:
            start = _varint(payload, start, end)[1]
        elif kind in (_FIXED64, _FIXED32):
            start += 8 if kind == _FIXED64 else 4
        else:  # groups, which no version of OTLP has
            raise _malformed()


def _varint(payload: bytes, start: int, end: int) -> tuple[int, int]:
    """The base-128 number at `start` and where it ends."""
    if start < end and payload[start] < 0x80:
        return payload[start], start + 1
    value = 0
    for shift, place in enumerate(range(start, min(end, start + 10))):
        byte = payload[place]
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value, place + 1
    raise _malformed()


def _too_many(limit: int) -> UndecodableError:
    return UndecodableError(f"more than {limit} spans in one record", code="too_many_spans")


def _malformed() -> UndecodableError:
    return UndecodableError("not a protobuf message", code="malformed")
