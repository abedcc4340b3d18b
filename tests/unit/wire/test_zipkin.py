"""Zipkin's three encodings: one meaning, which is that of OTLP as far as the encodings carry it."""

from functools import cache
from typing import Any

import pytest

from monitor.wire import zipkin
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.span import Kind, Span
from tests.factories import EPOCH, span_id, trace_id
from tests.unit.wire.zipkin_records import RECORDS, zipkin_span

every_encoding = pytest.mark.parametrize("encoding", RECORDS)


def decoder(max_spans: int = 1_000) -> Decoder:
    return Decoder(AttributionSettings(), max_spans)


shared_decoder = cache(decoder)
"""For what does not depend on the decoder's past; making one costs more than a record."""


def read(encoding: str, *spans: dict[str, Any]) -> list[Span]:
    return shared_decoder(1_000).decode(RECORDS[encoding](spans), encoding)


@every_encoding
def test_facts(encoding: str) -> None:
    """A Zipkin span has service, name, kind, attributes by their newest name, and nanoseconds."""
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
def test_blank_marks_of_testing_are_none(encoding: str) -> None:
    """A tag `test.*` of nothing but white space does not make a span one of a test."""
    (blank, smoke) = read(
        encoding, zipkin_span(3, tags={"test.flavour": " "}), zipkin_span(4, tags={"test.flavour": "smoke"})
    )
    assert (blank.facts.environment, smoke.facts.environment) == ("unknown", "test")


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
