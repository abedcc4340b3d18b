"""Ids of spans in text, in every spelling that exports have; b'' for whatever is no id.

| spelling | trace id | span id | written by |
| --- | --- | --- | --- |
| hexadecimal digits of either case | 32 | 16 | OTLP/JSON, Zipkin |
| the same of tracers with 64 bits | 16 | | B3 propagation with short ids |
| base64 digits of either alphabet, padded or not | 22 | 11 | Tempo, JSON mappings of protobuf |

The number of digits distinguishes them.
"""

from base64 import b64decode

TRACE, SPAN = 16, 8
"""Bytes of an id."""

_HEXADECIMAL = (2 * TRACE, 2 * SPAN)
_ALPHABET = str.maketrans("-_", "+/")


def hex_id(given: object) -> bytes:
    """An id from its hexadecimal digits, of whatever number."""
    try:
        return bytes.fromhex(given) if isinstance(given, str) else b""
    except ValueError:
        return b""


def base64_id(given: object) -> bytes:
    """An id from its padded base64 digits, of whatever number."""
    try:
        return b64decode(given, validate=True) if isinstance(given, str) else b""
    except ValueError:
        return b""


def any_id(given: object, size: int) -> bytes:
    """An id of `size` bytes in any of the spellings; a trace id of 64 bits is padded on the left."""
    if not isinstance(given, str):
        return b""
    digits = given.rstrip("=")
    if len(digits) in _HEXADECIMAL:
        found = hex_id(digits)
    else:
        found = base64_id(digits.translate(_ALPHABET) + "=" * (-len(digits) % 4))
    if len(found) == SPAN:
        return found.rjust(size, b"\0")
    return found if len(found) == size else b""
