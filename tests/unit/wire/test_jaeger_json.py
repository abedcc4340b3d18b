"""Jaeger's JSON in all its layouts."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.errors import UndecodableError
from monitor.base.steps import result_of
from monitor.base.units import UnixNanos
from monitor.wire import jaeger_json
from monitor.wire.attribution import Attribution, AttributionSettings
from monitor.wire.decode import CODES, Decoder
from monitor.wire.encode import OutgoingSpan
from monitor.wire.facts import FactsTable
from monitor.wire.span import Kind, Span
from monitor.wire.tally import DecodedCounts
from tests.factories import span_id, trace_id
from tests.unit.wire.encoders import decode_all, records
from tests.unit.wire.jaeger_records import jaeger_page
from tests.unit.wire.requests import plain, sent
from tests.unit.wire.test_round_trip import valid_spans

EPOCH_SECOND = 10**9
IDS = {"traceId": "AAAAAAAAAAAAAAAAAAAAAQ==", "spanId": "AAAAAAAAAAE=", "operationName": "GET /"}
PAGE_IDS = {"traceID": "1", "spanID": "1", "operationName": "GET /"}


def read(document: Any, max_spans: int = 1_000) -> list[Span]:
    """The spans of a document."""
    payload = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Decoder(AttributionSettings(), max_spans).decode(payload, "jaeger_json")


def code_of(document: Any, max_spans: int = 1_000) -> str:
    """The code with which a document is refused."""
    with pytest.raises(UndecodableError) as refused:
        read(document, max_spans)
    return refused.value.code


def verdict(payload: bytes) -> str:
    """The code with which a payload is refused, '' for one that is read."""
    try:
        read(payload)
    except UndecodableError as refused:
        return refused.code
    return ""


@pytest.mark.parametrize(
    ("text", "unix_ns"),
    [
        ("1970-01-01T00:00:01Z", 1 * EPOCH_SECOND),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T00:00:01.000000001Z", 1_000_000_001),
        ("1970-01-01T01:00:01.25+01:00", 1_250_000_000),
        ("0001-01-01T00:00:00Z", 0),
        ("9999-12-31T23:59:59Z", None),
    ],
)
def test_start(text: str, unix_ns: int | None) -> None:
    """Times are RFC 3339 with up to nine decimals; before 1970 is 0, beyond 64 bits is malformed."""
    document = IDS | {"startTime": text}
    if unix_ns is None:
        assert code_of(document) == "malformed"
    else:
        assert read(document)[0].start == unix_ns


@pytest.mark.parametrize(
    ("text", "ns"), [("0s", 0), ("1.5s", 1_500_000_000), ("-0.5s", 0), ("0.000000001s", 1)]
)
def test_duration(text: str, ns: int) -> None:
    """Durations are seconds with up to nine decimals; below zero is 0."""
    assert read(IDS | {"duration": text})[0].duration == ns


def test_zero_values_are_left_out() -> None:
    """A tag without a value has the zero value of its type, and a span without times begins at 0."""
    tags = [
        {"key": "rpc.grpc.status_code", "vType": "INT64"},
        {"key": "error", "vType": "BOOL"},
        {"key": "http.route"},
        {"key": "db.name", "vType": "FLOAT64"},
        {"key": "url.template", "vType": "BINARY", "vBinary": "AAAA"},
    ]
    (span,) = read(IDS | {"tags": tags})
    assert span.facts.attributes == {"db.namespace": "0", "rpc.status_code": "OK"}
    assert (span.start, span.duration, span.facts.error, span.facts.kind) == (0, 0, False, Kind.UNSPECIFIED)


@pytest.mark.parametrize(
    "document",
    [
        b"{",
        b"7",
        [],
        [1],
        "spanId",
        {},
        {"resourceSpans": []},
        {"data": 5},
        {"data": [5]},
        {"data": [{"spans": {"a": 1}}]},
        {"spans": [{"operationName": "no ids"}]},
        {"spans": [PAGE_IDS], "processes": [1]},
        {"spans": [PAGE_IDS | {"processID": ["p1"]}]},
        PAGE_IDS | {"startTime": "yesterday"},
        PAGE_IDS | {"startTime": 2**70},
        PAGE_IDS | {"tags": [1]},
        IDS | {"startTime": 5},
        IDS | {"startTime": "yesterday"},
        IDS | {"startTime": "2024-13-01T00:00:00Z"},
        IDS | {"duration": "1m"},
        IDS | {"operationName": 7},
        IDS | {"references": {"a": 1}},
        IDS | {"tags": [{"key": ["a"]}]},
        IDS | {"tags": [{"key": "http.route", "vType": ["STRING"]}]},
        IDS | {"tags": [{"key": "rpc.grpc.status_code", "vType": "INT64", "vInt64": "one"}]},
        IDS | {"process": 5},
        IDS | {"process": {"tags": 5}},
    ],
)
def test_malformed(document: Any) -> None:
    """JSON of any other shape is refused as malformed, whatever is wrong with it."""
    assert code_of(document) == "malformed"


def test_bounds() -> None:
    """Depth, objects and spans are bounded before they cost anything."""
    assert code_of(b'{"spans":' + b"[" * 30_000) == "too_deep"
    assert code_of(b'{"spans": [' + b"[]," * 1_000 + b"1]}", 6) == "too_many_spans"
    assert code_of({"spans": [PAGE_IDS] * 7}, 6) == "too_many_spans"
    assert code_of({"data": [{"spans": [PAGE_IDS] * 4}] * 2}, 6) == "too_many_spans"


@given(st.lists(valid_spans, min_size=1, max_size=4), st.sampled_from(("", "http")))
def test_page(spans: list[OutgoingSpan], scope: str) -> None:
    """Jaeger's page exports what `jaeger_json` carries, in whole microseconds."""
    resource = {"service.name": "shop", "k8s.namespace.name": "a"}
    decoder = Decoder(AttributionSettings())
    expected = [
        span._replace(start=UnixNanos(span.start // 1000 * 1000), duration=span.duration // 1000 * 1000)
        for span in decode_all(decoder, "jaeger_json", records("jaeger_json", spans, resource, scope))
    ]
    page = decode_all(decoder, "jaeger_json", jaeger_page(spans, resource, scope))
    assert plain(page) == plain(expected)


def test_one_trace_and_one_stored_span() -> None:
    """A trace without an answer around it is read, and a span as it is stored, with its own process."""
    process = {"serviceName": "shop", "tags": [{"key": "service.version", "type": "string", "value": "2"}]}
    stored = PAGE_IDS | {"process": process, "operationName": "a"}
    trace = {"traceID": "1", "spans": [PAGE_IDS | {"processID": "p1"}], "processes": {"p1": process}}
    for document in (stored, trace, {"data": [trace]}):
        (span,) = read(document)
        assert (span.trace_id, span.span_id, span.facts.service) == (trace_id(1), span_id(1), "shop")
        assert span.facts.resource == {"service.name": "shop", "service.version": "2"}
    assert code_of({"data": []}) == "no_span"


def test_page_without_processes() -> None:
    """A span whose process is nowhere belongs to an unknown service."""
    (span,) = read({"spans": [PAGE_IDS | {"processID": "p7"}], "processes": None})
    assert span.facts.service == "unknown_service"


def test_page_tags() -> None:
    """Values may stand in quotes; binary and nested ones say nothing."""
    tags = [
        {"key": "http.status_code", "type": "string", "value": "200"},
        {"key": "error", "type": "string", "value": "true"},
        {"key": "db.name", "type": "float64", "value": 2.0},
        {"key": "http.route", "type": "binary", "value": "AAAA"},
        {"key": "url.template", "value": ["a"]},
    ]
    (span,) = read({"spans": [PAGE_IDS | {"tags": tags}]})
    assert span.facts.attributes == {"db.namespace": "2", "http.response.status_code": "200"}
    assert span.facts.error


@given(st.data(), st.lists(valid_spans, min_size=1, max_size=3))
def test_damaged_pages(data: st.DataObject, spans: list[OutgoingSpan]) -> None:
    """Damage anywhere in an exported page gives spans or UndecodableError with a known code, nothing else."""
    payload = bytearray(jaeger_page(spans, {"service.name": "shop"}, "")[0])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(payload) - 1))
        payload[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert verdict(bytes(payload)) in ("", *CODES)


def test_ids_that_are_none() -> None:
    """Ids that are no base64 or no hexadecimal digits, or too long, are none."""
    for document in (
        IDS | {"traceId": "?"},
        IDS | {"spanId": 5},
        {"spans": [PAGE_IDS | {"traceID": "xyz"}]},
        {"spans": [PAGE_IDS | {"traceID": "1" * 33}]},
        {"spans": [PAGE_IDS | {"spanID": ""}]},
        {"spans": [PAGE_IDS | {"spanID": None}]},
    ):
        assert code_of(document) == "no_span"


def test_huge_texts_are_not_remembered() -> None:
    """Of a megabyte in a name, a service or a tag only the part that is read is remembered."""
    decoder = jaeger_json.JaegerJson(FactsTable(Attribution(AttributionSettings())), DecodedCounts(), 100)
    huge = "x" * 1_000_000
    tags = [{"key": "http.route", "vStr": huge}]
    document = IDS | {"operationName": huge, "tags": tags, "process": {"serviceName": huge}}
    result_of(decoder.steps(json.dumps(document).encode(), None))
    assert all(len(repr(key)) < 5_000 for key in decoder._facts)


def test_references_in_numbers() -> None:
    """An enum may stand as its number, as protobuf's JSON mapping allows."""
    references = [
        {"traceId": IDS["traceId"], "spanId": "AAAAAAAAAAI=", "refType": 1},
        {"traceId": IDS["traceId"], "spanId": "AAAAAAAAAAM="},
    ]
    (span,) = read(IDS | {"references": references})
    assert span.parent_id == span_id(3)
    assert sent(1, parent=3).parent_id == span.parent_id
