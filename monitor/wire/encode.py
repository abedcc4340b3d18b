"""Spans -> OTLP protobuf, for the demo and for tests: what a small SDK would send.

Protobuf joins what stands one after the other, so the concatenation of several requests is one request
with all their resources, as the Collector batches them.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from monitor.wire import otlp_schema
from monitor.wire.span import Kind

_ERROR_STATUS = b"\x18\x02"
"""Status with code (field 3) STATUS_CODE_ERROR (2)."""


class OutgoingSpan(NamedTuple):
    """A span to be sent: ids of 16, 8 and 8 (or 0) bytes, times in ns since the epoch; links: trace ids."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    name: str
    kind: Kind
    start: int
    end: int
    attributes: Mapping[str, str | int] = {}
    error: bool = False
    trace_state: str = ""
    flags: int = 0
    links: tuple[bytes, ...] = ()


def export_request(resource: Mapping[str, str], scope: str, spans: Iterable[OutgoingSpan]) -> bytes:
    """Return an ExportTraceServiceRequest with these spans of one resource and scope."""
    request = otlp_schema.Request()
    resource_spans = request.resource_spans.add(resource=_resource(tuple(resource.items())))
    scope_spans = resource_spans.scope_spans.add(
        scope=otlp_schema.Scope(name=scope.encode()).SerializeToString()
    )
    for span in spans:
        _fill(scope_spans.spans.add(), span)
    encoded: bytes = request.SerializeToString()
    return encoded


def _fill(message: Any, span: OutgoingSpan) -> None:
    """Write `span` into an empty Span message."""
    message.trace_id, message.span_id, message.parent_span_id = span[:3]
    message.name, message.kind = span.name.encode(), span.kind
    message.start_time_unix_nano, message.end_time_unix_nano = span.start, span.end
    message.attributes.extend([_attribute(name, value) for name, value in span.attributes.items()])
    if span.error:
        message.status = _ERROR_STATUS
    if span.trace_state:
        message.trace_state = span.trace_state.encode()
    if span.flags:
        message.flags = span.flags
    message.links.extend([otlp_schema.Link(trace_id=link).SerializeToString() for link in span.links])


@lru_cache(maxsize=1024)
def _resource(attributes: tuple[tuple[str, str], ...]) -> bytes:
    """A Resource message with these attributes."""
    encoded: bytes = otlp_schema.Resource(
        attributes=[_attribute(name, value) for name, value in attributes]
    ).SerializeToString()
    return encoded


@lru_cache(maxsize=16_384)
def _attribute(name: str, value: str | int) -> bytes:
    """A KeyValue message."""
    pair = otlp_schema.KeyValue(key=name.encode())
    if isinstance(value, int):
        pair.value.int_value = value
    else:
        pair.value.string_value = value.encode()
    encoded: bytes = pair.SerializeToString()
    return encoded
