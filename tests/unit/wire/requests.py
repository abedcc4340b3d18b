"""Requests from an independent encoder: the generated classes of opentelemetry-proto."""

import json
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.encode import OutgoingSpan
from monitor.wire.facts import content
from monitor.wire.span import Kind, Span
from tests.factories import EPOCH, span_id, trace_id

Values = Mapping[str, str | int | float | bool]


def sent(id: int = 1, *, parent: int = 0, attributes: Values | None = None, **more: Any) -> OutgoingSpan:
    """A span to send, with defaults for what a test is not about."""
    given: dict[str, Any] = {
        "name": "GET /cart",
        "kind": Kind.SERVER,
        "start": EPOCH,
        "end": EPOCH + 1_000_000,
    }
    given |= {"trace_id": trace_id(1), "span_id": span_id(id), "parent_id": span_id(parent)} | more
    return OutgoingSpan(**given, attributes=attributes or {})  # type: ignore[arg-type]


def request(
    spans: Iterable[OutgoingSpan], resource: Values | None = None, scope: str = ""
) -> ExportTraceServiceRequest:
    """A request with one resource and one scope."""
    made = ExportTraceServiceRequest()
    resource_spans = made.resource_spans.add()
    resource_spans.resource.attributes.extend(_pairs(resource or {"service.name": "shop"}))
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = scope
    scope_spans.spans.extend(_wire_span(each) for each in spans)
    return made


def _wire_span(span: OutgoingSpan) -> WireSpan:
    made = WireSpan(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_id,
        name=span.name,
        kind=int(span.kind),  # type: ignore[arg-type]
        start_time_unix_nano=span.start,
        end_time_unix_nano=span.end,
        attributes=_pairs(span.attributes),
        trace_state=span.trace_state,
        flags=span.flags,
        links=[WireSpan.Link(trace_id=link, span_id=b"linked!!") for link in span.links],
    )
    if span.error:
        made.status.code, made.status.message = 2, "it broke"  # type: ignore[assignment]
    return made


def _pairs(attributes: Values) -> list[KeyValue]:
    fields = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value"}
    made = []
    for name, value in attributes.items():
        pair = KeyValue(key=name)
        setattr(pair.value, fields[type(value)], value)
        made.append(pair)
    return made


def as_json(made: ExportTraceServiceRequest) -> bytes:
    """The request in OTLP/JSON: the JSON mapping of protobuf, but enums as numbers and ids in hex."""
    document = MessageToDict(made, use_integers_for_enums=True)
    for resource in document.get("resourceSpans", []):
        for scope in resource.get("scopeSpans", []):
            for span in scope.get("spans", []):
                for each in (span, *span.get("links", ())):
                    for name in ("traceId", "spanId", "parentSpanId"):
                        if name in each:
                            each[name] = b64decode(each[name]).hex()
    return json.dumps(document).encode()


def decode(
    spans: Iterable[OutgoingSpan], resource: Values | None = None, scope: str = "", **settings: Any
) -> list[Span]:
    """Encode with opentelemetry-proto and decode with ours."""
    payload = request(spans, resource, scope).SerializeToString()
    return Decoder(AttributionSettings(**settings)).decode(payload, "otlp_proto")


def plain(spans: Iterable[Span]) -> list[tuple[object, ...]]:
    """Spans as values that compare by content."""
    return [(*span[:5], span.remote, span.links, content(span.facts)) for span in spans]
