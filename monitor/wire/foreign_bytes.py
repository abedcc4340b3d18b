"""Bytes that hold no spans in any encoding: what they are, and what to do instead."""

import re

_LOOKED_AT = 1_024
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"\xfd7zXZ\0": "xz",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
}
_STORES = {
    b"PAR1": "a Parquet file, such as a block of Tempo: ask Tempo, GET /api/v2/traces/TRACE-ID",
    b"SQLite format 3": "a SQLite database: export its traces as JSON",
}
_CELL = rb'(?:"[^"\n]*"|[^",;\t{}\[\]\n]*)'
_TEXTS = (
    (rb"\s*<(?:!doctype\s+)?html", "an HTML page, perhaps a login page: ask the API instead"),
    (rb"\s*<\??[a-z]", "XML: export JSON instead"),
    (
        rb"[^{}]*(?:Resource|Scope)Spans #\d",
        "what the Collector's debug exporter prints: use its file exporter instead",
    ),
    (rb"(?=.*(?:trace|span))%b(?:[,;\t]%b){2,}\r?\n" % (_CELL, _CELL), "a table (CSV): export JSON instead"),
)
_KNOWN = tuple((re.compile(pattern, re.IGNORECASE), what) for pattern, what in _TEXTS)


def is_text(payload: bytes) -> bool:
    """Whether this begins a text. Binary encodings are not long without a control character."""
    return not _CONTROL.search(payload, 0, _LOOKED_AT)


def named(payload: bytes) -> str:
    """What the bytes are, with what to do instead; '' for what is not known."""
    for magic, codec in _COMPRESSED.items():
        if payload.startswith(magic):
            return f"compressed with {codec}: unpack it, or write it without compression"
    for magic, what in _STORES.items():
        if payload.startswith(magic):
            return what
    if not is_text(payload):
        return ""
    start = payload[:_LOOKED_AT]
    return next((what for pattern, what in _KNOWN if pattern.match(start)), "")


def refused(payload: bytes, otherwise: str) -> str:
    """Why bytes are not in a binary encoding: what they are instead, or `otherwise`."""
    if what := named(payload):
        return what
    if not is_text(payload):
        return otherwise
    return "JSON, and protobuf is expected" if payload.lstrip()[:1] in (b"{", b"[") else "text, and no JSON"
