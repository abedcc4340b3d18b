"""Which encoding captured bytes are in, known by the bytes alone: equal bytes, equal answer.

A record on a topic has the encoding that the settings name; this is for files, whose names say nothing.

    0c 00 ...                                       zipkin_thrift: a list of fewer than 2^24 structs
    12 ...                                          tempo: nothing before its field 2
    0a length 0a length (12 | 0a 00 12 | 0a ...)    tempo: a trace of its API, one level deeper than OTLP
    0a length 0a 08|10 trace id (12 08 ...)? 1a 08  zipkin_proto: fields 1 to 3 of the first span are its ids
    0a 10 trace id of 16 bytes 12 08 ...            jaeger_proto: fields 1 and 2 of a span are its ids
    { or [, and no control characters               JSON: of the first format that knows its layout
    anything else                                   otlp_json, otlp_proto: they say best what is wrong
"""

import re
from collections.abc import Callable
from typing import Any

from monitor.base.errors import UndecodableError
from monitor.wire import jaeger_layouts, otlp_layouts, zipkin_json
from monitor.wire.foreign_bytes import is_text
from monitor.wire.json_record import parse

_REQUEST = re.compile(rb'\s*{\s*"resourceSpans"\s*:')
"""How nearly every JSON record begins; others are parsed to be recognised."""
_MOST_SPANS = 10_000_000
_LAYOUTS: tuple[tuple[str, Callable[[Any], object]], ...] = (
    ("otlp_json", otlp_layouts.resource_spans),
    ("jaeger_json", jaeger_layouts.traces),
    ("zipkin_json", zipkin_json.spans_in),
)
"""Per format where it finds spans in a document: None where it does not know the layout."""
_TRACE_ID, _SPAN_ID = b"\x0a\x10", b"\x12\x08"
_SPAN_ID_AT = 18
_ZIPKIN = re.compile(
    rb"\x0a[\x80-\xff]{0,4}[\0-\x7f]\x0a(?:\x08.{8}|\x10.{16})(?:\x12\x08.{8})?\x1a\x08", re.DOTALL
)
_STRUCTS, _TRACES = b"\x0c\0", b"\x12"
_LENGTH = rb"\x0a(?!\0)[\x80-\xff]{0,4}[\0-\x7f]"
_ANSWER = re.compile(rb"%b%b(?:\x12|\x0a\0\x12|%b%b\x0a)" % (_LENGTH, _LENGTH, _LENGTH, _LENGTH))
"""A trace, its resource spans, then their scopes, or their resource with an attribute and its key."""


def is_json(payload: bytes) -> bool:
    """Whether this begins a JSON object or array.

    Protobuf may do so too: its first tag is a line feed, and a length of 123 a brace. But it is not long
    without a control character, such as the tag of an attribute's value (0x12), and JSON has none.
    """
    return payload.lstrip()[:1] in (b"{", b"[") and is_text(payload)


def encoding_of(payload: bytes) -> str:
    """The name of the encoding, one of `decode.FORMATS`."""
    if payload.startswith(_STRUCTS):
        return "zipkin_thrift"
    if payload.startswith(_TRACES):
        return "tempo"
    if _ZIPKIN.match(payload):
        return "zipkin_proto"
    if is_json(payload):
        return _json_encoding(payload)
    if payload.startswith(_TRACE_ID) and payload.startswith(_SPAN_ID, _SPAN_ID_AT):
        return "jaeger_proto"
    return "tempo" if _ANSWER.match(payload) else "otlp_proto"


def _json_encoding(payload: bytes) -> str:
    if _REQUEST.match(payload):
        return "otlp_json"
    try:
        document = parse(payload, _MOST_SPANS)
        return next((name for name, find in _LAYOUTS if find(document) is not None), "otlp_json")
    except (UndecodableError, TypeError):
        return "otlp_json"
