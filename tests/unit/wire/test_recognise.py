"""Encodings told by their bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.wire.decode import FORMATS
from monitor.wire.encode import OutgoingSpan
from monitor.wire.recognise import encoding_of
from tests.strategies import outgoing
from tests.unit.wire.encoders import records
from tests.unit.wire.jaeger_records import jaeger_page
from tests.unit.wire.requests import sent
from tests.unit.wire.zipkin_records import as_zipkin_proto, zipkin_span


@pytest.mark.parametrize("encoding", FORMATS)
@given(spans=st.lists(outgoing(), min_size=1, max_size=3), service=st.text(max_size=40))
def test_recognised(encoding: str, spans: list[OutgoingSpan], service: str) -> None:
    """Every record of every encoding is reported for what it is."""
    payloads = records(encoding, spans, {"service.name": service})
    assert {encoding_of(payload) for payload in payloads} == {encoding}


def test_protobuf_that_begins_like_json() -> None:
    """A length of 123 bytes after the first tag reads as a line feed and a brace, and is neither."""
    (payload,) = records("otlp_proto", [sent(name="x" * 41)])
    assert payload.startswith(b"\n{")
    assert encoding_of(payload) == "otlp_proto"


@given(st.lists(outgoing(), min_size=1, max_size=3))
def test_page(spans: list[OutgoingSpan]) -> None:
    """What Jaeger's page exports is Jaeger JSON."""
    assert encoding_of(jaeger_page(spans, {}, "")[0]) == "jaeger_json"


@pytest.mark.parametrize("begin", [b"\n[", b"\n{"])
def test_zipkin_that_begins_like_json(begin: bytes) -> None:
    """A first span of 91 or 123 bytes reads as a line feed and a bracket, and is no JSON."""
    found = [
        encoding_of(payload)
        for length in range(120)
        if (payload := as_zipkin_proto([zipkin_span(name="x" * length)])).startswith(begin)
    ]
    assert found == ["zipkin_proto"]


@given(st.binary(max_size=60))
def test_anything(payload: bytes) -> None:
    """Whatever the bytes are, the answer is an encoding that there is."""
    assert encoding_of(payload) in FORMATS
