"""JSON records, parsed within bounds, and the conversions that several formats share."""

from typing import Any

import orjson

from monitor.base.errors import UndecodableError

OBJECTS_PER_SPAN = 40
"""JSON objects and arrays that a span may take on average, before parsing is refused."""

_LARGEST = 2**64
_TOO_DEEP = ("depth limit", "recursion limit")  # how orjson 3.11 and later, and earlier ones, say it


def parse(payload: bytes, max_spans: int) -> Any:
    """Parse JSON whose objects are few enough; the parser itself bounds the depth.

    Raises UndecodableError (malformed, too_deep, too_many_spans).
    """
    if payload.count(b"{") + payload.count(b"[") > OBJECTS_PER_SPAN * max_spans:
        raise too_many(max_spans)
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        deep = any(word in error.msg.lower() for word in _TOO_DEEP)
        code = "too_deep" if deep else "malformed"
        raise UndecodableError(f"not JSON: {error.msg}", code=code) from error


def too_many(limit: int) -> UndecodableError:
    """The refusal of a record with more than `limit` spans."""
    return UndecodableError(f"more than {limit} spans in one record", code="too_many_spans")


def unsigned(given: object) -> int:
    """An unsigned 64-bit number from a string or a number; 0 for none. Raises ValueError, TypeError."""
    number = int(given or 0)  # type: ignore[call-overload]
    if not 0 <= number < _LARGEST:
        raise ValueError("not an unsigned 64-bit number")
    return int(number)
