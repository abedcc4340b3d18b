"""Records as Zipkin's libraries write them: encoders of our own, independent of what is tested.

A span is a dict in the shape of Zipkin's second version; `described` makes one of a span that an SDK sends
as the OpenTelemetry specification maps it (specs/otel/trace/sdk_exporters/zipkin), and `RECORDS` encodes a
list of them in each encoding, for Thrift by way of the first version.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from struct import pack
from typing import Any

from monitor.wire.encode import OutgoingSpan
from monitor.wire.span import Kind
from tests.unit.wire.requests import Values

Spans = Iterable[Mapping[str, Any]]

_KINDS = ("", "CLIENT", "SERVER", "PRODUCER", "CONSUMER")
_BEGINS = {"CLIENT": "cs", "SERVER": "sr", "PRODUCER": "ms", "CONSUMER": "mr"}
_ENDS = {"CLIENT": "cr", "SERVER": "ss"}
_ADDRESSES = {"CLIENT": "sa", "SERVER": "ca", "PRODUCER": "ma", "CONSUMER": "ma"}
_BOOL, _STRING = 0, 6


def zipkin_span(id: int = 1, *, parent: int = 0, service: str = "shop", **more: Any) -> dict[str, Any]:
    """A span of a trace with an id of 64 bits, with defaults for what a test is not about."""
    given: dict[str, Any] = {
        "traceId": f"{1:016x}",
        "id": f"{id:016x}",
        "name": "get /cart",
        "kind": "SERVER",
    }
    given |= {"timestamp": 1_700_000_000_000_000, "duration": 1_000, "tags": {}}
    given |= {"parentId": f"{parent:016x}"} if parent else {}
    return given | {"localEndpoint": {"serviceName": service}} | more


def described(span: OutgoingSpan, resource: Values, scope: str) -> dict[str, Any]:
    """`span` in Zipkin's words: one map of text for resource, scope, status, trace state and attributes."""
    tags = {name: str(value) for name, value in {**resource, **span.attributes}.items()}
    service = tags.pop("service.name", "")
    peer = tags.pop("peer.service", "")
    tags |= {"otel.scope.name": scope} if scope else {}
    tags |= {"w3c.tracestate": span.trace_state} if span.trace_state else {}
    tags |= {"otel.status_code": "ERROR", "error": "it broke"} if span.error else {}
    tags |= {"span.kind": "internal"} if span.kind is Kind.INTERNAL else {}
    made = {
        "traceId": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "parentId": span.parent_id.hex(),
        "name": span.name,
        "kind": span.kind.name if span.kind.name in _KINDS else "",
        "timestamp": span.start // 1_000,
        "duration": (span.end - span.start) // 1_000,
        "localEndpoint": {"serviceName": service},
        "remoteEndpoint": {"serviceName": peer},
        "tags": tags,
    }
    return {name: value for name, value in made.items() if value}


def as_zipkin_json(spans: Spans) -> bytes:
    """A JSON list."""
    return json.dumps(list(spans), ensure_ascii=False).encode()


def as_zipkin_proto(spans: Spans) -> bytes:
    """A ListOfSpans."""
    return b"".join(_message(1, _proto_span(span)) for span in spans)


def _proto_span(span: Mapping[str, Any]) -> bytes:
    ids = ((1, "traceId"), (2, "parentId"), (3, "id"))
    made = b"".join(_message(number, bytes.fromhex(span[name])) for number, name in ids if name in span)
    made += _varint(4 << 3) + _varint(_KINDS.index(span.get("kind", "")))
    made += _message(5, span.get("name", "").encode())
    made += _varint(6 << 3 | 1) + pack("<Q", span.get("timestamp", 0))
    made += _varint(7 << 3) + _varint(span.get("duration", 0) % 2**64)
    for number, name in ((8, "localEndpoint"), (9, "remoteEndpoint")):
        if name in span:
            made += _message(number, _message(1, span[name]["serviceName"].encode()) + b"\x20\x50")  # port 80
    made += _message(10, b"\x09" + bytes(8) + _message(2, b"an annotation"))
    for name, value in span.get("tags", {}).items():
        made += _message(11, _message(1, name.encode()) + _message(2, value.encode()))
    return made + (_varint(13 << 3) + b"\x01" if span.get("shared") else b"")


def _message(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    made = b""
    while value > 0x7F:
        made += bytes((value & 0x7F | 0x80,))
        value >>= 7
    return made + bytes((value,))


def as_zipkin_thrift(spans: Spans) -> bytes:
    """A list of the first version's spans."""
    return thrift_list(first_version(span) for span in spans)


def first_version(span: Mapping[str, Any]) -> bytes:
    """A span of the second version as one of the first, as zipkin2's V2SpanConverter has it."""
    kind, start, duration = span.get("kind", ""), span.get("timestamp", 0), span.get("duration", 0)
    service = span.get("localEndpoint", {}).get("serviceName", "")
    notes = [annotation(start, _BEGINS[kind], service)] if kind in _BEGINS else []
    notes += [annotation(start + duration, _ENDS[kind], service)] if kind in _ENDS else []
    notes += [annotation(start, "an annotation", service)]
    tags = [binary(name, value.encode(), _STRING, service) for name, value in span.get("tags", {}).items()]
    if peer := span.get("remoteEndpoint"):
        tags.append(binary(_ADDRESSES.get(kind, "sa"), b"\x01", _BOOL, peer["serviceName"]))
    own = not span.get("shared")
    return thrift_span(
        span["traceId"],
        span["id"],
        span.get("parentId", ""),
        span.get("name", ""),
        notes,
        tags,
        (start, duration) if own and start else None,
    )


def thrift_span(
    trace_id: str,
    span_id: str,
    parent_id: str,
    name: str,
    annotations: list[bytes],
    binaries: list[bytes],
    times: tuple[int, int] | None,
) -> bytes:
    """A span of the first version; ids in hexadecimal digits, `times`: timestamp and duration (us)."""
    made = _i64(1, int(trace_id[-16:], 16)) + _string(3, name.encode()) + _i64(4, int(span_id, 16))
    made += _i64(5, int(parent_id, 16)) if parent_id else b""
    made += (
        b"\x0f" + pack(">h", 6) + thrift_list(annotations) + b"\x0f" + pack(">h", 8) + thrift_list(binaries)
    )
    made += b"\x02" + pack(">h", 9) + b"\x00"  # debug
    made += _i64(10, times[0]) + _i64(11, times[1]) if times else b""
    return made + (_i64(12, int(trace_id[:-16], 16)) if trace_id[:-16] else b"") + b"\x00"


def annotation(at: int, value: str, service: str) -> bytes:
    """An Annotation, made at `at` (us)."""
    return _i64(1, at) + _string(2, value.encode()) + b"\x0c" + pack(">h", 3) + _endpoint(service) + b"\x00"


def binary(key: str, value: bytes, kind: int, service: str) -> bytes:
    """A BinaryAnnotation; `kind`: AnnotationType."""
    made = _string(1, key.encode()) + _string(2, value) + b"\x08" + pack(">hi", 3, kind)
    return made + b"\x0c" + pack(">h", 4) + _endpoint(service) + b"\x00"


def thrift_list(structs: Iterable[bytes]) -> bytes:
    """A list of structs."""
    encoded = list(structs)
    return b"\x0c" + pack(">i", len(encoded)) + b"".join(encoded)


def _endpoint(service: str) -> bytes:
    numbers = b"\x08" + pack(">hi", 1, 0x7F000001) + b"\x06" + pack(">hh", 2, 80)
    return numbers + _string(3, service.encode()) + b"\x00"


def _i64(field: int, value: int) -> bytes:
    return b"\x0a" + pack(">hQ", field, value)


def _string(field: int, value: bytes) -> bytes:
    return b"\x0b" + pack(">hi", field, len(value)) + value


RECORDS: dict[str, Callable[[Spans], bytes]] = {
    "zipkin_proto": as_zipkin_proto,
    "zipkin_json": as_zipkin_json,
    "zipkin_thrift": as_zipkin_thrift,
}
"""Encoding -> what writes it."""
