"""Jaeger records from an independent encoder: as the Collector's exporter and Jaeger's page write spans."""

import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from monitor.wire.encode import OutgoingSpan
from monitor.wire.protobuf import slim_schema
from monitor.wire.span import Kind
from tests.unit.wire.requests import Values

MODEL = slim_schema(
    "jaeger.api_v2",
    {
        "Timestamp": "1 seconds int64; 2 nanos int32",
        "Duration": "1 seconds int64; 2 nanos int32",
        "KeyValue": "1 key bytes; 2 v_type int32; 3 v_str bytes; 4 v_bool bool; 5 v_int64 int64;"
        "6 v_float64 double; 7 v_binary bytes",
        "Log": "1 timestamp Timestamp; 2 fields KeyValue*",
        "SpanRef": "1 trace_id bytes; 2 span_id bytes; 3 ref_type int32",
        "Process": "1 service_name bytes; 2 tags KeyValue*",
        "Span": "1 trace_id bytes; 2 span_id bytes; 3 operation_name bytes; 4 references SpanRef*;"
        "5 flags int32; 6 start_time Timestamp; 7 duration Duration; 8 tags KeyValue*; 9 logs Log*;"
        "10 process Process; 11 process_id bytes; 12 warnings bytes*",
    },
)
"""The whole of Jaeger's model (jaeger-idl, proto/api_v2/model.proto)."""

_TYPES: dict[type, tuple[int, str, str]] = {
    str: (0, "STRING", "vStr"),
    bool: (1, "BOOL", "vBool"),
    int: (2, "INT64", "vInt64"),
    float: (3, "FLOAT64", "vFloat64"),
}
_FIELDS = ("v_str", "v_bool", "v_int64", "v_float64")


def jaeger_proto(spans: Sequence[OutgoingSpan], resource: Values, scope: str) -> list[bytes]:
    """One record per span, in protobuf."""
    return [_message(span, resource, scope).SerializeToString() for span in spans]


def jaeger_json(spans: Sequence[OutgoingSpan], resource: Values, scope: str) -> list[bytes]:
    """One record per span, in the JSON mapping of protobuf."""
    return [json.dumps(_object(span, resource, scope)).encode() for span in spans]


def jaeger_page(spans: Sequence[OutgoingSpan], resource: Values, scope: str) -> list[bytes]:
    """One document with all spans in one trace, whatever their ids, as Jaeger's page exports it."""
    tags = [_page_tag(*tag) for tag in _process_tags(resource)]
    process = {"serviceName": resource.get("service.name", ""), "tags": tags}
    shown = [_page_span(span, scope) for span in spans]
    trace = {"traceID": "1", "spans": shown, "processes": {"p1": process}, "warnings": None}
    return [json.dumps({"data": [trace], "total": 0, "errors": None}, indent=2).encode()]


def tags_of(span: OutgoingSpan, scope: str) -> Iterator[tuple[str, str | int | float | bool]]:
    """A span's tags in the exporter's order."""
    if scope:
        yield "otel.scope.name", scope
    for name, value in span.attributes.items():
        yield "http.status_code" if name == "http.response.status_code" else name, value
    if span.kind != Kind.UNSPECIFIED:
        yield "span.kind", span.kind.name.lower()
    if span.error:
        yield from (("otel.status_code", "ERROR"), ("error", True), ("otel.status_description", "it broke"))
    if span.trace_state:
        yield "w3c.tracestate", span.trace_state


def _process_tags(resource: Values) -> list[tuple[str, str | int | float | bool]]:
    return [(name, value) for name, value in resource.items() if name != "service.name"]


def _message(span: OutgoingSpan, resource: Values, scope: str) -> Any:
    made = MODEL["Span"](trace_id=span.trace_id, span_id=span.span_id, operation_name=span.name.encode())
    made.flags = span.flags & 1
    if span.parent_id:
        made.references.add(trace_id=span.trace_id, span_id=span.parent_id)
    for link in (b"none", *span.links):
        made.references.add(trace_id=link, span_id=b"s" * 8, ref_type=1)
    made.start_time.seconds, made.start_time.nanos = divmod(span.start, 10**9)
    duration = span.end - span.start
    made.duration.seconds = int(duration / 10**9)  # towards zero, as its nanoseconds have its sign
    made.duration.nanos = duration - made.duration.seconds * 10**9
    made.tags.extend([_key_value(*tag) for tag in tags_of(span, scope)])
    made.logs.add(timestamp=made.start_time, fields=[_key_value("event", "began")])
    made.process.service_name = str(resource.get("service.name", "")).encode()
    made.process.tags.extend([_key_value(*tag) for tag in _process_tags(resource)])
    return made


def _key_value(name: str, value: str | float | bool) -> Any:
    number = _TYPES[type(value)][0]
    made = MODEL["KeyValue"](key=name.encode(), v_type=number)
    setattr(made, _FIELDS[number], value.encode() if isinstance(value, str) else value)
    return made


def _object(span: OutgoingSpan, resource: Values, scope: str) -> dict[str, Any]:
    """As jsonpb writes it, without what has its zero value."""
    trace_id = b64encode(span.trace_id).decode()
    references = [
        {"traceId": b64encode(link).decode(), "spanId": "c3Nz", "refType": "FOLLOWS_FROM"}
        for link in (b"none", *span.links)
    ]
    if span.parent_id:
        references.insert(0, {"traceId": trace_id, "spanId": b64encode(span.parent_id).decode()})
    seconds, nanos = divmod(span.start, 10**9)
    started = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    duration = span.end - span.start
    whole, part = divmod(abs(duration), 10**9)
    made = {
        "traceId": trace_id,
        "spanId": b64encode(span.span_id).decode(),
        "operationName": span.name,
        "references": references,
        "startTime": f"{started}.{nanos:09d}Z",
        "duration": f"{'-' * (duration < 0)}{whole}.{part:09d}s",
        "tags": [_json_tag(*tag) for tag in tags_of(span, scope)],
        "process": {
            "serviceName": resource.get("service.name", ""),
            "tags": [_json_tag(*tag) for tag in _process_tags(resource)],
        },
    }
    return {name: value for name, value in made.items() if value}


def _json_tag(name: str, value: str | float | bool) -> dict[str, Any]:
    _, kind, field = _TYPES[type(value)]
    made: dict[str, Any] = {"key": name} if name else {}
    if kind != "STRING":
        made["vType"] = kind
    if value:
        made[field] = str(value) if kind == "INT64" else value
    return made


def _page_span(span: OutgoingSpan, scope: str) -> dict[str, Any]:
    trace_id = span.trace_id.hex().lstrip("0")
    parent = {"refType": "CHILD_OF", "traceID": trace_id, "spanID": span.parent_id.hex()}
    links = [{"refType": "FOLLOWS_FROM", "traceID": link.hex(), "spanID": "1"} for link in span.links]
    return {
        "traceID": trace_id,
        "spanID": span.span_id.hex().lstrip("0"),
        "operationName": span.name,
        "references": [parent, *links] if span.parent_id else links,
        "startTime": span.start // 1_000,
        "duration": (span.end - span.start) // 1_000,
        "tags": [_page_tag(*tag) for tag in tags_of(span, scope)],
        "logs": [],
        "processID": "p1",
        "warnings": None,
    }


def _page_tag(name: str, value: str | float | bool) -> dict[str, Any]:
    return {"key": name, "type": _TYPES[type(value)][1].lower(), "value": value}
