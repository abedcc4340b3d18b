"""`Decoder`: the table of encodings, the errors and what is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.errors import UndecodableError
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import CODES, FORMATS, Decoder
from monitor.wire.encode import OutgoingSpan
from monitor.wire.span import MAX_LINKS, Kind
from tests.examples import examples
from tests.factories import EPOCH, span_id, trace_id
from tests.strategies import outgoing
from tests.unit.wire.encoders import decode_all, records
from tests.unit.wire.requests import as_json, request, sent

ANY_SIZE = [each for each in FORMATS if each not in ("zipkin_json", "zipkin_thrift")]
"""Encodings in which an id can be too short: the others read short ones as numbers with leading zeros."""


def decoder() -> Decoder:
    return Decoder(AttributionSettings())


def code_of(payload: bytes, encoding: str = "otlp_proto", max_spans: int = 1_000) -> str:
    """The code with which a payload is refused."""
    with pytest.raises(UndecodableError) as refused:
        Decoder(AttributionSettings(), max_spans).decode(payload, encoding)
    return refused.value.code


def verdict(payload: bytes, encoding: str) -> str:
    """The code with which a payload is refused, '' for one that is read."""
    try:
        Decoder(AttributionSettings(), max_spans=20).decode(payload, encoding)
    except UndecodableError as refused:
        return refused.code
    return ""


@pytest.mark.fault(11)
@pytest.mark.parametrize("encoding", FORMATS)
def test_empty(encoding: str) -> None:
    """A record without content is refused as empty."""
    assert code_of(b"", encoding) == "empty"


def test_unknown_encoding() -> None:
    """An encoding that nobody reads is refused by that name."""
    assert code_of(b"x", "carrier_pigeon") == "unknown_encoding"


@pytest.mark.parametrize("payload", [b"\xff", b"\x0a\x05abc", b"\x0a", b"not a message", b"\x10\x01"])
def test_malformed_protobuf(payload: bytes) -> None:
    """Bytes that are no protobuf are refused as malformed."""
    assert code_of(payload) == "malformed"


@pytest.mark.parametrize(
    "payload",
    [
        b"{",
        b"[]",
        b"7",
        b'"text"',
        b"\xff\xfe",
        b'{"data": [{"traceID": "1"}]}',
        b'{"resourceSpans": 5}',
        b'{"resourceSpans": [5]}',
        b'{"resourceSpans": [{"scopeSpans": {"a": 1}}]}',
        b'{"resourceSpans": [{"scopeSpans": [{"scope": [1]}]}]}',
        b'{"resourceSpans": [{"resource": {"attributes": 3}}]}',
        b'{"resourceSpans": [{"scopeSpans": [{"scope": {"name": 5}, "spans": []}]}]}',
    ],
)
def test_malformed_json(payload: bytes) -> None:
    """JSON of any other shape is refused as malformed, whatever is wrong with it."""
    assert code_of(payload, "otlp_json") == "malformed"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("startTimeUnixNano", '"yesterday"'),
        ("startTimeUnixNano", "-1"),
        ("endTimeUnixNano", "1e300"),
        ("flags", "[1]"),
        ("kind", '{"a": 1}'),
        ("name", "7"),
        ("status", "[1]"),
        ("attributes", '{"a": 1}'),
        ("attributes", '[{"key": ["a"], "value": {"stringValue": "b"}}]'),
        ("attributes", '[{"key": "a", "value": {"intValue": "b"}}]'),
        ("traceState", "4"),
    ],
)
def test_malformed_json_span(field: str, value: str) -> None:
    """A span whose fields have other types refuses its record."""
    ids = f'"traceId": "{trace_id(1).hex()}", "spanId": "{span_id(1).hex()}"'
    text = f'{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{{{ids}, "{field}": {value}}}]}}]}}]}}'
    assert code_of(text.encode(), "otlp_json") == "malformed"


@pytest.mark.parametrize(
    "payload", [b"{}", b'{"resourceSpans": []}', b'{"resourceSpans": [{"scopeSpans": [{}]}]}']
)
def test_json_without_spans(payload: bytes) -> None:
    """A request without a span is refused as that, with or without empty resources and scopes."""
    assert code_of(payload, "otlp_json") == "no_span"


@pytest.mark.fault(13)
def test_deep_json() -> None:
    """JSON nested a hundred thousand levels deep is refused, not recursed into."""
    assert code_of(b"[" * 30_000 + b"]" * 30_000, "otlp_json") == "too_deep"


@pytest.mark.fault(13)
def test_deep_protobuf_value() -> None:
    """An attribute value nested a thousand levels deep costs nothing and is not kept."""
    value = b""
    for _ in range(1_000):  # AnyValue.array_value (5) of ArrayValue.values (1)
        value = _message(0x2A, _message(0x0A, value))
    pair = _message(0x0A, b"http.route") + _message(0x12, value)
    ids = _message(0x0A, b"t" * 16) + _message(0x12, b"s" * 8)
    payload = _message(0x0A, _message(0x12, _message(0x12, ids + _message(0x4A, pair))))
    (span,) = decoder().decode(payload, "otlp_proto")
    assert span.facts.attributes == {}


def _message(tag: int, content: bytes) -> bytes:
    """A length-delimited field."""
    size, length = len(content), b""
    while size > 0x7F:
        length += bytes((size & 0x7F | 0x80,))
        size >>= 7
    return bytes((tag,)) + length + bytes((size,)) + content


@pytest.mark.fault(12)
def test_span_bomb() -> None:
    """A megabyte of 500,000 empty spans is refused by its bytes (fault 12)."""
    spans = _message(0x12, b"\x12\x00" * 500_000)
    assert code_of(_message(0x0A, spans), max_spans=100_000) == "too_many_spans"


@pytest.mark.fault(12)
@pytest.mark.parametrize("unit", [b"\x0a\x00", _message(0x0A, b"\x12\x00" * 50)])
def test_container_bomb(unit: bytes) -> None:
    """Empty resources and empty scopes count towards the limit of spans."""
    assert code_of(unit * 5_000) == "too_many_spans"


def test_long_tag_bomb() -> None:
    """Spelling the tag of a span with more bytes than needed does not hide it from the count."""
    spans = _message(0x12, b"\x92\x80\x00\x00" * 5_000)
    assert code_of(_message(0x0A, spans)) == "too_many_spans"


@pytest.mark.parametrize(
    "junk",
    [b"\x0b" * 3_000, b"\x80" * 3_000, b"\x0a\xff\xff\xff\x7f" + b"a" * 3_000, b"\x12\x7f" * 1_000 + b"a"],
)
def test_walk_refuses_what_is_no_message(junk: bytes) -> None:
    """Groups, endless numbers and lengths beyond the end are malformed already for the count."""
    assert code_of(junk) == "malformed"


def test_large_record_within_the_limit() -> None:
    """A record far larger than the limit times two bytes is read, whatever its fields and contents."""
    noise = {"note": "\x12" * 180, "db.query.text": "x" * 300}
    spans = [sent(number, attributes=noise, trace_state="a=b", flags=1) for number in range(1, 101)]
    made = request(spans[:50])
    made.MergeFrom(request(spans[50:]))
    made.resource_spans[0].resource.dropped_attributes_count = 7
    payload = made.SerializeToString() + b"\x79" + bytes(8) + b"\x7d" + bytes(4)  # unknown fixed64, fixed32
    assert len(Decoder(AttributionSettings(), max_spans=104).decode(payload, "otlp_proto")) == 100
    assert code_of(payload, max_spans=103) == "too_many_spans"  # with 2 resources and 2 scopes


@pytest.mark.parametrize("encoding", FORMATS)
def test_attribute_limit(encoding: str) -> None:
    """Of a span with thousands of attributes the first thousand are looked at, in every encoding."""
    many = {f"key.{number}": number for number in range(999)} | {"http.route": "/a", "url.template": "/a"}
    (span,) = decode_all(decoder(), encoding, records(encoding, [sent(attributes=many)]))
    assert span.facts.attributes == {"http.route": "/a"}


def test_json_span_limit() -> None:
    """The limit of spans holds for JSON too, before and after parsing."""
    assert code_of(as_json(request(sent(n) for n in range(1, 8))), "otlp_json", 6) == "too_many_spans"
    assert code_of(b'{"resourceSpans": [' + b"[]," * 1_000 + b"1]}", "otlp_json", 6) == "too_many_spans"


def test_wrong_signal_protobuf() -> None:
    """Logs and metrics, read as traces, are reported as the wrong signal and counted as no spans."""
    log = b"\x09" + bytes(8) + _message(0x2A, _message(0x0A, b"a line")) + _message(0x4A, b"t" * 16)
    metric = _message(0x0A, b"requests") + _message(0x12, b"how many") + _message(0x3A, b"\x10\x02")
    for record in (log, metric):
        subject = decoder()
        with pytest.raises(UndecodableError) as refused:
            subject.decode(_message(0x0A, _message(0x12, _message(0x12, record))), "otlp_proto")
        assert refused.value.code == "wrong_signal"
        assert (subject.tally.undecodable, subject.tally.invalid_ids) == (1, 0)


@pytest.mark.parametrize("signal", ["resourceLogs", "resourceMetrics"])
def test_wrong_signal_json(signal: str) -> None:
    """JSON of another signal is reported as such."""
    assert code_of(b'{"%s": []}' % signal.encode(), "otlp_json") == "wrong_signal"


ODD = [
    sent(1),
    sent(2, trace_id=bytes(16)),
    sent(3, trace_id=b"short"),
    sent(4, span_id=b""),
    sent(5, span_id=bytes(8)),
    sent(6, parent=6),
    sent(7, parent_id=b"odd"),
    sent(8, parent_id=bytes(8)),
    sent(9, end=EPOCH - 5),
]
"""Spans with ids and times that no tracer should send; 2 to 5 cannot be used."""


@pytest.mark.parametrize("encoding", ["otlp_proto", "otlp_json", "zipkin_proto"])
def test_tally(encoding: str) -> None:
    """Invalid ids, self-parents, odd parents and negative durations are counted, and the rest survives."""
    subject = decoder()
    spans = decode_all(subject, encoding, records(encoding, ODD))
    tally = subject.tally
    assert [int.from_bytes(span.span_id, "big") for span in spans] == [1, 6, 7, 8, 9]
    assert all(span.parent_id == b"" for span in spans)
    assert spans[-1].duration == 0
    assert (tally.records, tally.spans, tally.undecodable) == (1, 5, 0)
    assert (tally.invalid_ids, tally.self_parents, tally.invalid_parents) == (4, 1, 1)
    assert tally.negative_durations == 1


@pytest.mark.parametrize("encoding", ANY_SIZE)
def test_only_invalid_spans(encoding: str) -> None:
    """A record whose spans all lack valid ids is refused, and counted as a record, not by its spans."""
    subject = decoder()
    for number, span in enumerate(ODD[1:5], 1):
        (payload,) = records(encoding, [span])
        with pytest.raises(UndecodableError, match="no span with a valid trace id") as refused:
            subject.decode(payload, encoding)
        assert refused.value.code == "no_span"
        assert (subject.tally.undecodable, subject.tally.invalid_ids) == (number, 0)


def test_a_parent_that_is_no_id_is_counted() -> None:
    """In JSON a parent's text may be anything: what is no id is an odd parent, never none in silence."""
    text = as_json(request([sent(2, parent=77)])).replace(span_id(77).hex().encode(), b"!" * 16)
    subject = decoder()
    assert subject.decode(text, "otlp_json")[0].parent_id == b""
    assert subject.tally.invalid_parents == 1


@examples(300)
@given(st.data(), st.lists(outgoing(), min_size=1, max_size=3), st.sampled_from(sorted(FORMATS)))
def test_damaged_records(data: st.DataObject, spans: list[OutgoingSpan], encoding: str) -> None:
    """Damage anywhere in a record gives spans or UndecodableError with a known code, nothing else."""
    payload = bytearray(records(encoding, spans)[0])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(payload) - 1))
        payload[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not payload:
            break
    assert verdict(bytes(payload), encoding) in ("", *CODES)


@examples(300)
@given(st.binary(max_size=200), st.sampled_from(sorted(FORMATS)))
def test_random_bytes(payload: bytes, encoding: str) -> None:
    """Random bytes give spans or UndecodableError, nothing else."""
    assert verdict(payload, encoding) in ("", *CODES)


@pytest.mark.parametrize("encoding", ["otlp_proto", "otlp_json", "jaeger_proto", "jaeger_json"])
def test_links_of_consumers(encoding: str) -> None:
    """The traces that a consumer links to are read, the first ones, and those of no other span."""
    links = tuple(map(trace_id, range(2, 5)))
    spans = [sent(kind=kind, links=links) for kind in (Kind.CONSUMER, Kind.SERVER)]
    read = decode_all(decoder(), encoding, records(encoding, spans))
    assert [each.links for each in read] == [links, ()]
    (many,) = decode_all(
        decoder(), encoding, records(encoding, [sent(kind=Kind.CONSUMER, links=links * MAX_LINKS)])
    )
    assert len(many.links) <= MAX_LINKS


def test_a_link_without_an_id_is_none() -> None:
    """Of links with ids of another length nothing is kept, and the span is read all the same."""
    (span,) = decode_all(
        decoder(), "otlp_proto", records("otlp_proto", [sent(kind=Kind.CONSUMER, links=(b"short",))])
    )
    assert span.links == ()
