"""JSON in which there are no spans that can be read: what it is, and what to do instead.

A layout is known by names that stand together in the first objects of a document.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from monitor.base.errors import UndecodableError
from monitor.wire.free_text import template
from monitor.wire.names import normalise

_LEVELS, _ELEMENTS, _NAMES = 6, 3, 400
"""How deep a document is looked into, at how many elements of a list, at how many names."""
_SHOWN, _LONGEST = 5, 40
"""Names of an unknown layout that are repeated, and their characters."""


class Foreign(NamedTuple):
    """A layout that is not read: the names that all stand in it, what it is, and what to do instead."""

    names: str
    what: str
    instead: str


_FILE = "let the OpenTelemetry Collector write the spans with its file exporter"
_OTLP = "send OTLP to the OpenTelemetry Collector, and let it write the spans with its file exporter"
_TEMPO = "for each of its traces ask GET /api/v2/traces/TRACE-ID, which has the spans"
_JAEGER = "ask GET /api/traces?service=NAME&limit=N, which has the spans"
_GRAFANA = (
    "export the trace from the trace view, or ask the data source itself (Tempo: GET /api/v2/traces/TRACE-ID)"
)
_XRAY, _DATADOG = f"{_FILE} (awsxray receiver)", f"{_FILE} (datadog receiver)"

_SIGNALS = ("logs", "metrics", "profiles")

_KNOWN = (
    Foreign("rootTraceName", "a search answer of Tempo", _TEMPO),
    Foreign("rootServiceName", "a search answer of Tempo", _TEMPO),
    Foreign("spanSets", "a search answer of Tempo", _TEMPO),
    Foreign("traces metrics", "a search answer of Tempo without a trace", _TEMPO),
    Foreign("schema fields", "a data frame of Grafana", _GRAFANA),
    Foreign("series fields", "a data frame of Grafana", _GRAFANA),
    Foreign("fields values", "a data frame of Grafana", _GRAFANA),
    Foreign("Segments", "traces of AWS X-Ray", _XRAY),
    Foreign("TraceSummaries", "a list of traces of AWS X-Ray", _XRAY),
    Foreign("UnprocessedTraceIds", "an answer of AWS X-Ray", _XRAY),
    Foreign("trace_id start_time subsegments", "a segment of AWS X-Ray", _XRAY),
    Foreign("trace_id start_time aws", "a segment of AWS X-Ray", _XRAY),
    Foreign("trace_id span_id resource meta", "spans of Datadog", _DATADOG),
    Foreign("trace_id span_id resource_name", "spans of Datadog", _DATADOG),
    Foreign("trace root_id spans", "a trace of Datadog", _DATADOG),
    Foreign("projectId traceId", "traces of Google Cloud Trace", _OTLP),
    Foreign("displayName spanId startTime", "spans of Google Cloud Trace", _OTLP),
    Foreign("processor transaction trace", "documents of Elastic APM", _OTLP),
    Foreign("processor span trace", "documents of Elastic APM", _OTLP),
    Foreign("@timestamp transaction trace", "documents of Elastic APM", _OTLP),
    Foreign("@timestamp span trace", "documents of Elastic APM", _OTLP),
    Foreign("transaction.id trace.id", "documents of Elastic APM", _OTLP),
    Foreign("transaction span_count", "events of an Elastic APM agent", _OTLP),
    Foreign("span transaction_id trace_id", "events of an Elastic APM agent", _OTLP),
    Foreign("metadata service agent", "events of an Elastic APM agent", _OTLP),
    Foreign("binaryAnnotations", "spans of Zipkin's first version", "ask GET /api/v2/traces"),
    Foreign("context parent_id kind", "spans that OpenTelemetry's Python SDK prints on the console", _OTLP),
    Foreign("traceId id attributes kind", "spans that OpenTelemetry's JavaScript SDK prints", _OTLP),
    Foreign("SpanContext SpanKind", "spans that OpenTelemetry's Go SDK prints (stdouttrace)", _OTLP),
    Foreign("traceSegmentId", "segments of SkyWalking", f"{_FILE} (skywalking receiver)"),
    Foreign("segmentId spanId refs", "spans of SkyWalking", f"{_FILE} (skywalking receiver)"),
    Foreign("operation_Id", "telemetry of Azure Application Insights", _OTLP),
    Foreign("trace.trace_id", "events of Honeycomb", _OTLP),
    Foreign("trace.id id", "spans of New Relic", _OTLP),
    Foreign("event_id contexts", "events of Sentry", _OTLP),
    Foreign("traceGroup", "spans that OpenSearch's Data Prepper stored", _OTLP),
    Foreign("traceId spanId startTimeUnixNano", "spans of OTLP without their resourceSpans", _OTLP),
    Foreign(
        "topic offset payload", "records in the envelope of `kcat -J`", "take them out with `jq -r .payload`"
    ),
    Foreign("log stream time", "lines of a container's log", "take them out with `jq -r .log`"),
    Foreign("data total", "an answer of Jaeger without traces", _JAEGER),
    Foreign("data limit", "an answer of Jaeger without traces", _JAEGER),
)


def refusal(document: Any) -> UndecodableError:
    """The error for a document in none of the layouts that its decoder reads (malformed, wrong_signal)."""
    names = list(islice(_names(document), _NAMES))
    for signal in _SIGNALS:
        if f"resource{signal.capitalize()}" in names or f"resource_{signal}" in names:
            said = f"OpenTelemetry's {signal}: only traces are read"
            return UndecodableError(said, code="wrong_signal")
    present = set(names)
    for each in _KNOWN:
        if present.issuperset(each.names.split()):
            return UndecodableError(f"{each.what}, which cannot be read: {each.instead}", code="malformed")
    return UndecodableError(_unknown(names), code="malformed")


def _unknown(names: list[str]) -> str:
    if not names:
        return "JSON without any object in it: no traces"
    shown = ", ".join(dict.fromkeys(template(normalise(name))[:_LONGEST] or "''" for name in names[:_SHOWN]))
    return f"JSON of an unknown layout, with the names {shown}: OTLP, Jaeger's and Zipkin's JSON are read"


def _names(document: Any) -> Iterator[str]:
    """The names in the first objects of a document, level by level."""
    level = [document]
    for _ in range(_LEVELS):
        objects = [each for each in level if isinstance(each, dict)]
        yield from (name for each in objects for name in each)
        inner = [value for each in objects for value in each.values()]
        inner += [value for each in level if isinstance(each, list) for value in each[:_ELEMENTS]]
        level = inner[:_NAMES]
