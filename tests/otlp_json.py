"""Spans as lines of OTLP/JSON, at a tenth of the cost of an encoder by the schema, which checks them once."""

from typing import Any

import orjson

from monitor.wire.encode import OutgoingSpan
from tests.unit.wire.requests import Values


def line(span: OutgoingSpan, resource: Values, scope: str = "") -> str:
    """A request with one span."""
    spans = {"scope": {"name": scope} if scope else {}, "spans": [_plain(span)]}
    document = {"resourceSpans": [{"resource": {"attributes": _pairs(resource)}, "scopeSpans": [spans]}]}
    return orjson.dumps(document).decode()


def _plain(span: OutgoingSpan) -> dict[str, Any]:
    """The fields that have a value."""
    fields = {
        "traceId": span.trace_id.hex(),
        "spanId": span.span_id.hex(),
        "parentSpanId": span.parent_id.hex(),
        "traceState": span.trace_state,
        "flags": span.flags,
        "name": span.name,
        "kind": int(span.kind),
        "startTimeUnixNano": str(span.start),
        "endTimeUnixNano": str(span.end),
        "attributes": _pairs(span.attributes),
        "links": [{"traceId": link.hex(), "spanId": b"linked!!".hex()} for link in span.links],
        "status": {"code": 2, "message": "it broke"} if span.error else {},
    }
    return {name: value for name, value in fields.items() if value}


def _pairs(attributes: Values) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in attributes.items()]


def _value(value: str | float | bool) -> dict[str, Any]:
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"doubleValue": value}
