"""Records of Tempo's distributor, and answers of its API in protobuf."""

import pytest

from monitor.base.errors import UndecodableError
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.recognise import encoding_of
from tests.factories import trace_id
from tests.unit.wire.requests import plain, request, sent
from tests.unit.wire.tempo_records import field, tempo_record

SPANS = [sent(1), sent(2, trace_id=trace_id(2)), sent(3, parent=1)]


def refused(payload: bytes, max_spans: int = 1_000) -> UndecodableError:
    with pytest.raises(UndecodableError) as error:
        Decoder(AttributionSettings(), max_spans).decode(payload, "tempo")
    return error.value


def test_traces_of_a_record() -> None:
    """A record gives the spans of its traces, one trace after the other, as OTLP gives them."""
    decoder = Decoder(AttributionSettings())
    sent_by = request([SPANS[0], SPANS[2], SPANS[1]], scope="http")
    record = tempo_record(request(SPANS, scope="http"))
    assert encoding_of(record) == "tempo"
    assert plain(decoder.decode(record, "tempo")) == plain(
        decoder.decode(sent_by.SerializeToString(), "otlp_proto")
    )


def test_search_data_and_fields_to_come_are_passed_over() -> None:
    """Older distributors added data for search (field 4), and later ones may add more."""
    record = tempo_record(request(SPANS)) + field(0x22, b"x" * 300) + field(0x52, b"y")
    assert len(Decoder(AttributionSettings()).decode(record, "tempo")) == 3


@pytest.mark.parametrize("payload", [b"\x12", b"\x12\x05ab", b"\x12\xff", request(SPANS).SerializeToString()])
def test_what_is_no_record_of_tempo(payload: bytes) -> None:
    """Damaged records are malformed, and so is a request of OTLP, whose fields are others."""
    assert (refused(payload).code, "Tempo's distributor" in str(refused(payload))) == ("malformed", True)


def test_a_trace_that_is_none() -> None:
    """The traces in a record are checked like requests."""
    assert refused(field(0x12, b"\xff\xff")).code == "malformed"
    assert refused(field(0x12, b"")).code == "malformed"


def test_bounds() -> None:
    """Too many traces, or too many spans in them, are refused by the bytes."""
    assert refused(b"\x12\x00" * 5_000).code == "too_many_spans"
    assert refused(field(0x12, field(0x0A, field(0x12, b"\x12\x00" * 5_000)))).code == "too_many_spans"


METRICS, PARTIAL = field(0x12, bytes((0x08, 7))), bytes((0x18, 1))
"""Fields 2 and 3 of an answer: blocks that failed, and the status."""


@pytest.mark.parametrize("after", [b"", METRICS, METRICS + PARTIAL, PARTIAL + field(0x22, b"too large")])
@pytest.mark.parametrize("resource", [{"service.name": "shop"}, {"service.name": "x" * 300}])
def test_an_answer_of_the_api(after: bytes, resource: dict[str, str]) -> None:
    """The trace of an answer gives the spans that OTLP gives; where it came in part they say so."""
    decoder = Decoder(AttributionSettings())
    trace = request(SPANS, resource).SerializeToString()
    answer = field(0x0A, trace) + after
    assert (encoding_of(answer), encoding_of(trace)) == ("tempo", "otlp_proto")
    spans = decoder.decode(answer, "tempo")
    assert [span[:5] for span in spans] == [span[:5] for span in decoder.decode(trace, "otlp_proto")]
    assert {span.facts.partial for span in spans} == {PARTIAL in after}


def test_answers_without_a_resource() -> None:
    """A resource that says nothing, or none at all, makes no request of OTLP of an answer."""
    scope = field(0x12, field(0x12, b""))
    for resource in (b"", field(0x0A, b"")):
        trace = field(0x0A, resource + scope)
        assert (encoding_of(field(0x0A, trace)), encoding_of(trace)) == ("tempo", "otlp_proto")


def test_another_kind_of_file() -> None:
    """What is known by its beginning is refused by its name."""
    assert "zstd" in str(refused(b"\x28\xb5\x2f\xfd123"))
    assert "JSON" in str(refused(b'{"batches": []}'))
