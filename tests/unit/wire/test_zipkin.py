"""Zipkin's three encodings: one meaning, which is that of OTLP as far as the encodings carry it."""

from collections.abc import Iterator
from functools import cache
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.errors import UndecodableError
from monitor.wire import attributes as attributes_module
from monitor.wire import facts as facts_module
from monitor.wire import zipkin, zipkin_proto
from monitor.wire.attribution import Attribution, AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.encode import OutgoingSpan, export_request
from monitor.wire.facts import FactsTable
from monitor.wire.span import Kind, Span
from monitor.wire.tally import Tally
from monitor.wire.zipkin_proto import ZipkinProto
from tests.factories import EPOCH, span_id, trace_id
from tests.strategies import outgoing
from tests.unit.wire.requests import plain, sent
from tests.unit.wire.zipkin_records import RECORDS, described, zipkin_span

every_encoding = pytest.mark.parametrize("encoding", RECORDS)


def decoder(max_spans: int = 1_000) -> Decoder:
    return Decoder(AttributionSettings(), max_spans)


shared_decoder = cache(decoder)
"""For what does not depend on the decoder's past; making one costs more than a record."""


def read(encoding: str, *spans: dict[str, Any]) -> list[Span]:
    return shared_decoder(1_000).decode(RECORDS[encoding](spans), encoding)


def code_of(payload: bytes, encoding: str, max_spans: int = 1_000) -> str:
    """The code with which a payload is refused, '' for one that is read."""
    try:
        shared_decoder(max_spans).decode(payload, encoding)
    except UndecodableError as refused:
        return refused.code
    return ""


@every_encoding
def test_facts(encoding: str) -> None:
    """Service, name, kind, attributes by their newest name, and times in nanoseconds."""
    tags = {"http.method": "GET", "http.route": "/cart", "http.status_code": "200", "http.url": "https://a/1"}
    (span,) = read(encoding, zipkin_span(3, parent=2, tags=tags))
    assert (span.trace_id, span.span_id, span.parent_id) == (trace_id(1), span_id(3), span_id(2))
    assert (span.start, span.duration, span.remote) == (EPOCH, 1_000_000, False)
    assert (span.facts.service, span.facts.name, span.facts.kind) == ("shop", "get /cart", Kind.SERVER)
    assert span.facts.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": "200",
        "http.route": "/cart",
    }
    assert span.facts.resource == {"service.name": "shop"}


@every_encoding
@pytest.mark.parametrize(
    ("tags", "failed"),
    [
        ({"error": "true"}, True),
        ({"error": "connection refused"}, True),
        ({"error": ""}, True),
        ({"error": "false"}, False),
        ({"otel.status_code": "ERROR"}, True),
        ({"otel.status_code": "Error"}, True),
        ({"otel.status_code": "OK"}, False),
        ({"http.status_code": "500"}, False),
    ],
)
def test_errors(encoding: str, tags: dict[str, str], failed: bool) -> None:
    """A tag `error` says failed whatever its text, and so does the status; a status code is an attribute."""
    (span,) = read(encoding, zipkin_span(tags=tags))
    assert span.facts.error is failed


@every_encoding
def test_peer(encoding: str) -> None:
    """The remote endpoint's service is the peer, in every kind; a tag that names one comes first."""
    remote: dict[str, Any] = {"remoteEndpoint": {"serviceName": "cart"}}
    spans = read(
        encoding,
        *(zipkin_span(2 + place, kind=kind, **remote) for place, kind in enumerate(zipkin.KINDS)),
        zipkin_span(7, tags={"peer.service": "basket"}, **remote),
    )
    assert [each.facts.attributes["service.peer.name"] for each in spans] == ["cart"] * 4 + ["basket"]


@every_encoding
def test_tags_of_opentelemetry(encoding: str) -> None:
    """Scope, trace state, internal kind and resource attributes are found among the tags."""
    tags = {"otel.scope.name": "io.tomcat", "w3c.tracestate": "ot=th:c", "span.kind": "internal"}
    tags |= {"deployment.environment": "ci", "service.version": "2"}
    old = {"otel.library.name": "pytest-opentelemetry"}
    new, runner = read(encoding, zipkin_span(1, kind="", tags=tags), zipkin_span(2, tags=old))
    assert (new.facts.scope, new.facts.kind, new.facts.weight) == ("io.tomcat", Kind.INTERNAL, 4 * 1024)
    assert new.facts.environment == "ci"
    assert new.facts.resource["service.version"] == "2"
    assert (runner.facts.scope, runner.facts.runner) == ("pytest-opentelemetry", True)


@every_encoding
@pytest.mark.parametrize("name", ["", "OTLPResourceNoServiceName", "otlpresourcenoservicename"])
def test_no_service(encoding: str, name: str) -> None:
    """A service without a name is unknown, also where the Collector writes a name for none."""
    (span,) = read(encoding, zipkin_span(service=name))
    assert (span.facts.service, span.facts.resource) == ("unknown_service", {})


@every_encoding
def test_service_tag(encoding: str) -> None:
    """Where the local endpoint has no name, the tag `service.name` counts."""
    (span,) = read(encoding, zipkin_span(service="", tags={"service.name": "cart"}))
    assert span.facts.service == "cart"


@every_encoding
def test_ids(encoding: str) -> None:
    """Trace ids have 64 or 128 bits; spans without ids are left out, and odd parents are none."""
    long = "5b8efff798038103d269b633813fc601"
    subject = decoder()
    spans = subject.decode(
        RECORDS[encoding](
            [
                zipkin_span(1, traceId=long),
                zipkin_span(2, traceId=f"{0:016x}"),
                zipkin_span(0),
                zipkin_span(3, parent=3),
                zipkin_span(4, parentId=f"{0:016x}"),
            ]
        ),
        encoding,
    )
    assert [each.span_id for each in spans] == [span_id(1), span_id(3), span_id(4)]
    assert spans[0].trace_id == bytes.fromhex(long)
    assert all(each.parent_id == b"" for each in spans)
    assert (subject.tally.invalid_ids, subject.tally.self_parents, subject.tally.spans) == (2, 1, 3)


def test_short_ids() -> None:
    """In JSON the leading zeros of an id may be missing; what is no hexadecimal number is no id."""
    spans = read("zipkin_json", zipkin_span() | {"traceId": "abc", "id": "1f"}, zipkin_span(2, traceId="xyz"))
    assert [(each.trace_id, each.span_id) for each in spans] == [(trace_id(0xABC), span_id(0x1F))]


@every_encoding
def test_missing_times(encoding: str) -> None:
    """Without a timestamp the start is 0; a duration may be missing too."""
    first, second = read(encoding, zipkin_span(1, kind="", timestamp=0), zipkin_span(2, duration=0))
    assert first.start == 0
    assert (second.start, second.duration) == (EPOCH, 0)


@pytest.mark.parametrize("encoding", ["zipkin_proto", "zipkin_thrift"])
def test_negative_duration(encoding: str) -> None:
    """A negative duration, written as an unsigned number, is none and counted."""
    subject = decoder()
    payload = RECORDS[encoding]([zipkin_span(duration=2**64 - 5, kind="")])
    (span,) = subject.decode(payload, encoding)
    assert (span.duration, subject.tally.negative_durations) == (0, 1)


@pytest.mark.parametrize("encoding", ["zipkin_proto", "zipkin_json"])
def test_far_future(encoding: str) -> None:
    """Microseconds beyond 64 bits of nanoseconds end there, and a duration that cannot be is none."""
    (span,) = read(encoding, zipkin_span(timestamp=2**63, duration=2**63 - 1))
    assert (span.start, span.duration) == (2**64 - 1, 0)


@every_encoding
def test_shared(encoding: str) -> None:
    """The callee's half of a shared id keeps its ids, and its parent is remote; others are as any span."""
    client, server, other = read(
        encoding,
        zipkin_span(2, parent=1, kind="CLIENT"),
        zipkin_span(2, parent=1, kind="SERVER", shared=True, service="cart"),
        zipkin_span(3, parent=1, kind="SERVER"),
    )
    assert (client.span_id, client.parent_id) == (server.span_id, server.parent_id)
    assert [each.remote for each in (client, server, other)] == [False, True, False]


def test_equal_facts_are_one_object() -> None:
    """Equal spans share their facts whatever order their tags come in, over records and encodings."""
    tags = {"http.method": "GET", "http.route": "/a", "http.url": "https://a/1"}
    other = dict(reversed((tags | {"http.url": "https://a/2"}).items()))
    subject = decoder()
    found = [
        subject.decode(encode([zipkin_span(tags=each)]), encoding)[0].facts
        for encoding, encode in RECORDS.items()
        for each in (tags, other)
    ]
    assert all(each is found[0] for each in found)


def test_order_of_tags_costs_nothing() -> None:
    """However a map's entries are ordered, the facts are looked up under one key."""
    tags = [("http.method", "GET"), ("http.route", "/a"), ("error", "no"), ("http.status_code", "500")]
    table = FactsTable(Attribution(AttributionSettings()))
    subject = ZipkinProto(table, Tally(), 1_000)
    for order in permutations(tags):
        subject.decode(RECORDS["zipkin_proto"]([zipkin_span(tags=dict(order))]), None)
    assert len(subject._facts) == 1


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ever new names of spans leave no more than the tables hold."""
    for module in (zipkin, zipkin_proto):
        monkeypatch.setattr(module, "TABLE_LIMIT", 10)
    subject = ZipkinProto(FactsTable(Attribution(AttributionSettings())), Tally(), 1_000)
    for number in range(100):
        subject.decode(RECORDS["zipkin_proto"]([zipkin_span(name=f"get {number}")]), None)
    assert max(len(subject._facts), len(subject._zipkin._facts)) <= 11


@pytest.fixture
def tiny_tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tables so small that they are emptied all the time."""
    with monkeypatch.context() as patch:
        for module in (attributes_module, facts_module, zipkin, zipkin_proto):
            patch.setattr(module, "TABLE_LIMIT", 3)
        yield


@pytest.mark.usefixtures("tiny_tables")
@given(st.lists(st.lists(outgoing(), min_size=1, max_size=3), max_size=4), st.sampled_from(sorted(RECORDS)))
def test_results_do_not_depend_on_tables(records: list[list[OutgoingSpan]], encoding: str) -> None:
    """A decoder whose tables overflow returns what a fresh one returns."""
    used = decoder()
    for spans in [*records, *records]:
        payload = RECORDS[encoding](described(each, {"service.name": "shop"}, "") for each in spans)
        assert plain(used.decode(payload, encoding)) == plain(decoder().decode(payload, encoding))


def test_repeated_tag() -> None:
    """Of two tags with one name, which no map has, the smaller value counts, whatever came before."""
    route = b"\x5a\x0f\x0a\x0ahttp.route\x12\x01"
    ids = b"\x0a\x08" + b"t" * 8 + b"\x1a\x08" + b"s" * 8
    for order in (b"ab", b"ba"):
        content = ids + b"".join(route + bytes((each,)) for each in order)
        (span,) = decoder().decode(b"\x0a" + bytes((len(content),)) + content, "zipkin_proto")
        assert span.facts.attributes == {"http.route": "a"}


@every_encoding
@pytest.mark.parametrize(
    "payload", [b"\xff", b"{", b'"text"', b"7", b"not a message", b"\x0c\x00", b"\x0a\x05abc"]
)
def test_malformed(encoding: str, payload: bytes) -> None:
    """Bytes of another format are refused as malformed."""
    assert code_of(payload, encoding) == "malformed"


@every_encoding
def test_span_limit(encoding: str) -> None:
    """More spans than the limit refuse the record."""
    spans = [zipkin_span(number) for number in range(1, 8)]
    assert code_of(RECORDS[encoding](spans), encoding, 7) == ""
    assert code_of(RECORDS[encoding](spans), encoding, 6) == "too_many_spans"


def test_span_bomb() -> None:
    """A megabyte of empty spans is refused by its bytes."""
    assert code_of(b"\x0a\x00" * 500_000, "zipkin_proto") == "too_many_spans"


def test_wrong_signal() -> None:
    """An OTLP request, read as a list of Zipkin spans, has neither ids nor times."""
    request = export_request({"service.name": "shop"}, "", [sent()])
    assert code_of(request, "zipkin_proto") == "wrong_signal"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timestamp", "yesterday"),
        ("timestamp", -1),
        ("duration", [1]),
        ("kind", ["SERVER"]),
        ("name", 7),
        ("tags", [1]),
        ("localEndpoint", "shop"),
        ("remoteEndpoint", {"serviceName": 5}),
        ("binaryAnnotations", []),
    ],
)
def test_malformed_json_span(field: str, value: object) -> None:
    """A span whose fields have other types, or of the first version, refuses its record."""
    assert code_of(RECORDS["zipkin_json"]([zipkin_span() | {field: value}]), "zipkin_json") == "malformed"


def test_deep_json() -> None:
    """JSON nested thousands of levels deep is refused, not recursed into."""
    assert code_of(b"[" * 30_000 + b"]" * 30_000, "zipkin_json") == "too_deep"
