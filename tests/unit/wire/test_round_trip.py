"""Every valid span survives every encoding, as far as the encoding can carry it."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.kafka.settings import Encoding
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import FORMATS, Decoder
from monitor.wire.encode import OutgoingSpan, export_request
from tests.strategies import outgoing
from tests.unit.wire.encoders import ENCODERS, RESERVED, decode_all, records
from tests.unit.wire.requests import plain

valid_spans = outgoing().map(
    lambda span: span._replace(
        attributes={name: value for name, value in span.attributes.items() if name not in RESERVED}
    )
)
_resources = st.dictionaries(
    st.text(max_size=5).filter(lambda name: name not in RESERVED), st.text(max_size=5), max_size=3
)


def test_every_encoding_can_be_configured_and_is_tested() -> None:
    """The settings, the decoders and these tests have the same encodings."""
    assert get_args(Encoding) == tuple(FORMATS) == tuple(ENCODERS)


@pytest.mark.parametrize("encoding", FORMATS)
@given(
    spans=st.lists(valid_spans, max_size=4), resource=_resources, scope=st.sampled_from(("", "http", "größe"))
)
def test_round_trip(encoding: str, spans: list[OutgoingSpan], resource: dict[str, str], scope: str) -> None:
    """What an independent encoder writes is read as the spans that our own OTLP encoder stands for."""
    resource = {"service.name": "shop", "k8s.namespace.name": "a"} | resource
    decoder = Decoder(AttributionSettings())
    expected = decoder.decode(export_request(resource, scope, spans), "otlp_proto") if spans else []
    read = decode_all(decoder, encoding, records(encoding, spans, resource, scope) if spans else [])
    assert plain(read) == plain(map(ENCODERS[encoding].carried, expected))


@given(st.lists(outgoing(), min_size=1, max_size=4))
def test_spans_are_what_was_sent(spans: list[OutgoingSpan]) -> None:
    """Ids, times, kinds, errors and flags of OTLP are those of the span that was sent."""
    read = Decoder(AttributionSettings()).decode(export_request({}, "scope", spans), "otlp_proto")
    assert [(s.trace_id, s.span_id, s.parent_id, s.start, s.duration) for s in read] == [
        (s.trace_id, s.span_id, s.parent_id, s.start, s.end - s.start) for s in spans
    ]
    assert [(s.facts.kind, s.facts.error, s.remote) for s in read] == [
        (s.kind, s.error, s.flags & 0x300 == 0x300) for s in spans
    ]
