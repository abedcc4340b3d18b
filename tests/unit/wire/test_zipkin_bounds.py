"""Zipkin's decoders within bounds: shared facts, bounded tables, and the refusal of what is no Zipkin."""

from collections.abc import Iterator
from functools import cache
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.errors import UndecodableError
from monitor.base.steps import result_of
from monitor.wire import attributes as attributes_module
from monitor.wire import facts as facts_module
from monitor.wire import zipkin, zipkin_proto
from monitor.wire.attribution import Attribution, AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.encode import OutgoingSpan, export_request
from monitor.wire.facts import FactsTable
from monitor.wire.tally import DecodedCounts
from monitor.wire.zipkin_proto import ZipkinProto
from tests.strategies import outgoing
from tests.unit.wire.requests import plain, sent
from tests.unit.wire.zipkin_records import RECORDS, described, zipkin_span

every_encoding = pytest.mark.parametrize("encoding", RECORDS)


def decoder(max_spans: int = 1_000) -> Decoder:
    return Decoder(AttributionSettings(), max_spans)


shared_decoder = cache(decoder)
"""For what does not depend on the decoder's past; making one costs more than a record."""


def code_of(payload: bytes, encoding: str, max_spans: int = 1_000) -> str:
    """The code with which a payload is refused, '' for one that is read."""
    try:
        shared_decoder(max_spans).decode(payload, encoding)
    except UndecodableError as refused:
        return refused.code
    return ""


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
    subject = ZipkinProto(table, DecodedCounts(), 1_000)
    for order in permutations(tags):
        result_of(subject.steps(RECORDS["zipkin_proto"]([zipkin_span(tags=dict(order))]), None))
    assert len(subject._facts) == 1


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ever new names of spans leave no more than the tables hold."""
    for module in (zipkin, zipkin_proto):
        monkeypatch.setattr(module, "TABLE_LIMIT", 10)
    subject = ZipkinProto(FactsTable(Attribution(AttributionSettings())), DecodedCounts(), 1_000)
    for number in range(100):
        result_of(subject.steps(RECORDS["zipkin_proto"]([zipkin_span(name=f"get {number}")]), None))
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


@pytest.mark.fault(12)
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


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**64) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
_fields = ("name", "kind", "parentId", "timestamp", "duration", "localEndpoint", "remoteEndpoint", "tags")


@given(st.dictionaries(st.sampled_from((*_fields, "traceId", "id", "shared")), _json))
def test_any_json_span(fields: dict[str, Any]) -> None:
    """Whatever a span's fields hold, the record is read or refused."""
    refused = code_of(RECORDS["zipkin_json"]([zipkin_span() | fields]), "zipkin_json")
    assert refused in ("", "malformed", "no_span")


def test_deep_json() -> None:
    """JSON nested thousands of levels deep is refused, not recursed into."""
    assert code_of(b"[" * 30_000 + b"]" * 30_000, "zipkin_json") == "too_deep"
