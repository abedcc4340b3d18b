"""Text from telemetry, made safe once: every later layer may print, label and quote it as it is.

A normalised name is valid UTF-8 in Unicode normal form C, without control characters, bidirectional
overrides or lone surrogates, without white space around it, and at most `NAME_LIMIT` characters long.
"""

import re
import unicodedata

NAME_LIMIT = 200
"""Longest name that is kept, in characters."""

READ_LIMIT = 4 * NAME_LIMIT
"""Characters that are looked at: normal form C may take several for one."""

TEXT_LIMIT = 4_000
"""Characters of an attribute's value that are looked at before it is reduced (`values`), but for a body's."""
VALUE_LIMIT = 16_384
"""Characters of an attribute's value that are read at all: a body with so many is not known as a whole."""

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0 and C1 controls, line breaks and tabs among them
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the direction of writing
    "\u2028\u2029"  # line and paragraph separators
    "\ufeff\ufff9-\ufffb"  # byte order mark, interlinear annotations
    "\ud800-\udfff]"  # lone surrogates: not encodable as UTF-8
)
MENDED = "\ufffd"
"""What unsafe characters become (REPLACEMENT CHARACTER)."""

_UTF8_BYTES = 4  # the longest encoding of a character


def normalise(text: str) -> str:
    """Return `text` as a safe name; unsafe characters become U+FFFD, so that nothing vanishes unseen."""
    text = text[:READ_LIMIT].strip()
    if text.isascii() and text.isprintable():
        return text[:NAME_LIMIT].rstrip()
    composed = unicodedata.normalize("NFC", _UNSAFE.sub(MENDED, text))
    return unicodedata.normalize("NFC", composed[:NAME_LIMIT]).strip()


def text_of_bytes(raw: bytes) -> str:
    """Return UTF-8 bytes as the text of a value that is not reduced yet."""
    return raw[: _UTF8_BYTES * VALUE_LIMIT].decode("utf-8", "replace")[:VALUE_LIMIT]


def normalise_bytes(raw: bytes) -> str:
    """Return UTF-8 bytes as a safe name; bytes that are not UTF-8 become U+FFFD."""
    return normalise(raw[: _UTF8_BYTES * READ_LIMIT].decode("utf-8", "replace"))
