"""JSON of others: refused by its name, with what to do instead."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.errors import UndecodableError
from monitor.wire import foreign
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.recognise import encoding_of

TRACE, SPAN = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"
SEARCH = {"traceID": TRACE, "rootServiceName": "shop", "rootTraceName": "GET /a", "durationMs": 7}
FRAME = {"name": "Trace", "fields": [{"name": "traceID", "type": "string"}]}
DATADOG = {"trace_id": 7, "span_id": 8, "name": "web.request", "resource": "GET /a", "meta": {"a": "b"}}
SEGMENT = {
    "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
    "id": SPAN,
    "start_time": 1.5,
    "subsegments": [],
}
GOOGLE = {"spanId": "7", "kind": "RPC_SERVER", "name": "/a", "startTime": "2024-05-01T00:00:00Z"}
ELASTIC = {"@timestamp": "2024-05-01T00:00:00Z", "trace": {"id": TRACE}, "transaction": {"id": SPAN}}
CONSOLE = {"name": "GET", "context": {"trace_id": f"0x{TRACE}"}, "kind": "SpanKind.SERVER", "parent_id": None}

KNOWN: list[tuple[Any, str, str]] = [
    ({"traces": [SEARCH], "metrics": {}}, "search answer of Tempo", "GET /api/v2/traces/TRACE-ID"),
    ({"traces": [SEARCH | {"spanSets": [{"spans": [{"spanID": SPAN}]}]}]}, "search answer of Tempo", "GET"),
    ({"traces": [], "metrics": {"inspectedBytes": "0"}}, "Tempo without a trace", "GET /api/v2/traces"),
    ({"results": {"A": {"frames": [{"schema": FRAME}]}}}, "data frame of Grafana", "trace view"),
    ({"state": "Done", "series": [FRAME]}, "data frame of Grafana", "trace view"),
    ({"Traces": [{"Id": "1-2-3", "Segments": [{"Document": "{}"}]}]}, "AWS X-Ray", "awsxray receiver"),
    ({"TraceSummaries": []}, "AWS X-Ray", "file exporter"),
    (SEGMENT, "AWS X-Ray", "file exporter"),
    ([[DATADOG]], "Datadog", "datadog receiver"),
    ({"data": [{"type": "spans", "attributes": {**DATADOG, "resource_name": "a"}}]}, "Datadog", "receiver"),
    ({"trace": {"root_id": "7", "spans": {"7": DATADOG}}}, "Datadog", "file exporter"),
    ({"traces": [{"projectId": "p", "traceId": TRACE, "spans": [GOOGLE]}]}, "Google Cloud Trace", "OTLP"),
    ({"spans": [GOOGLE | {"displayName": {"value": "/a"}}]}, "Google Cloud Trace", "OTLP"),
    (ELASTIC, "Elastic APM", "OTLP"),
    ({"hits": {"hits": [{"_source": ELASTIC}]}}, "Elastic APM", "OTLP"),
    ({"transaction": {"id": SPAN, "trace_id": TRACE, "span_count": {"started": 1}}}, "Elastic APM", "OTLP"),
    ({"metadata": {"service": {"name": "shop", "agent": {"name": "go"}}}}, "Elastic APM", "OTLP"),
    ([{"traceId": TRACE, "id": SPAN, "binaryAnnotations": []}], "Zipkin's first version", "/api/v2/traces"),
    (CONSOLE, "Python SDK", "OTLP"),
    ({"traceId": TRACE, "id": SPAN, "kind": 1, "attributes": {}}, "JavaScript SDK", "OTLP"),
    ({"Name": "GET", "SpanContext": {"TraceID": TRACE}, "SpanKind": 2}, "Go SDK", "OTLP"),
    ({"data": ["shop", "cart"], "total": 2}, "Jaeger without traces", "GET /api/traces?service=NAME"),
    ({"traceId": TRACE, "spanId": SPAN, "traceGroup": "GET /a"}, "Data Prepper", "OTLP"),
    ([{"traceId": TRACE, "spanId": SPAN, "startTimeUnixNano": "7"}], "without their resourceSpans", "OTLP"),
    ({"topic": "t", "partition": 0, "offset": 7, "payload": "{}"}, "kcat -J", "jq -r .payload"),
    ({"log": "{}", "stream": "stdout", "time": "2024-05-01"}, "a container's log", "jq -r .log"),
    ({"foo": 1, "bar": 2}, "unknown layout, with the names foo, bar", "OTLP"),
    ([], "no span in it", "zipkin_json"),
    ([1, 2], "without any object", "no traces"),
]


def refused(document: Any) -> UndecodableError:
    """The error for a document as `replay` reads it."""
    payload = json.dumps(document).encode()
    with pytest.raises(UndecodableError) as error:
        Decoder(AttributionSettings()).decode(payload, encoding_of(payload))
    return error.value


@pytest.mark.parametrize(("document", "what", "instead"), KNOWN)
def test_a_known_layout_is_refused_by_its_name(document: Any, what: str, instead: str) -> None:
    """The error says what the document is and what to do instead."""
    message = str(refused(document))
    assert what in message
    assert instead in message


@pytest.mark.parametrize("signal", ["Logs", "Metrics", "_logs"])
def test_another_signal(signal: str) -> None:
    """Logs and metrics are the wrong signal, in any list of them."""
    error = refused([{f"resource{signal}": []}])
    assert (error.code, "only traces are read" in str(error)) == ("wrong_signal", True)


def test_names_are_repeated_within_bounds() -> None:
    """Of an unknown layout five names are reported, as they may be printed, and never a value."""
    names = ["a\nb", "x" * 500, *"cdefgh"]
    message = str(refused(dict.fromkeys(names, "secret")))
    assert len(message) < 250
    assert "\n" not in message and "secret" not in message
    assert ", e:" in message


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


@given(_json)
def test_anything_is_refused_with_words(document: Any) -> None:
    """Whatever a document is, there is an error for it."""
    assert foreign.refusal(document).code in ("malformed", "wrong_signal")
