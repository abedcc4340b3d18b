"""Tempo's records from an independent encoder: opentelemetry-proto, and PushBytesRequest by hand."""

from collections.abc import Iterator

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_TRACES, _IDS, _SKIP_METRICS_GENERATION = 0x12, 0x1A, 0x28
"""Tags of fields 2 and 3, which have a length, and of field 5 (grafana/tempo, pkg/tempopb/tempo.proto)."""


def tempo_record(request: ExportTraceServiceRequest) -> bytes:
    """The record that Tempo's distributor makes of a request, each trace apart (its requestsByTraceID)."""
    traces = list(_by_trace(request))
    parts = [field(_TRACES, trace.SerializeToString()) for _, trace in traces]
    parts += [field(_IDS, trace_id) for trace_id, _ in traces]
    return b"".join(parts) + bytes((_SKIP_METRICS_GENERATION, 1))


def field(tag: int, content: bytes) -> bytes:
    """A field with its length."""
    size, length = len(content), b""
    while size > 0x7F:
        length += bytes((size & 0x7F | 0x80,))
        size >>= 7
    return bytes((tag,)) + length + bytes((size,)) + content


def _by_trace(request: ExportTraceServiceRequest) -> Iterator[tuple[bytes, ExportTraceServiceRequest]]:
    spans = [span for each in request.resource_spans for scope in each.scope_spans for span in scope.spans]
    for trace_id in dict.fromkeys(span.trace_id for span in spans):
        trace = ExportTraceServiceRequest()
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                if own := [span for span in scope.spans if span.trace_id == trace_id]:
                    made = trace.resource_spans.add(resource=resource.resource)
                    made.scope_spans.add(scope=scope.scope, spans=own)
        yield trace_id, trace
