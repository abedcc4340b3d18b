"""Jaeger's tags and references in protobuf, and the tables that make it fast."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.errors import UndecodableError
from monitor.base.steps import result_of
from monitor.base.units import UNIT_WEIGHT
from monitor.wire import attributes as attributes_module
from monitor.wire import facts as facts_module
from monitor.wire import jaeger, jaeger_json
from monitor.wire.attribution import Attribution, AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.encode import OutgoingSpan
from monitor.wire.facts import FactsTable
from monitor.wire.span import Kind, Span
from monitor.wire.tally import DecodedCounts
from tests.factories import span_id, trace_id
from tests.strategies import outgoing
from tests.unit.wire.encoders import decode_all, records
from tests.unit.wire.jaeger_records import MODEL
from tests.unit.wire.requests import plain, request, sent

_FOLLOWS = 1


def decode(message: Any, decoder: Decoder | None = None) -> list[Span]:
    """The spans of a message."""
    return (decoder or Decoder(AttributionSettings())).decode(message.SerializeToString(), "jaeger_proto")


def message(**more: Any) -> Any:
    """A span of Jaeger's model with ids, a start and a process."""
    made = MODEL["Span"](**{"trace_id": trace_id(1), "span_id": span_id(1)} | more)
    made.start_time.seconds = 1
    made.process.service_name = b"shop"
    return made


def tagged(tags: Mapping[str, str | bool]) -> Span:
    """The span with these tags."""
    made = message()
    for name, value in tags.items():
        tag = made.tags.add(key=name.encode())
        if isinstance(value, bool):
            tag.v_type, tag.v_bool = 1, value
        else:
            tag.v_str = value.encode()
    (span,) = decode(made)
    return span


def with_references(*references: tuple[int, int, int]) -> Span:
    """The span with these references: (trace, span, type)."""
    made = message()
    for trace, span, kind in references:
        made.references.add(trace_id=trace_id(trace), span_id=span_id(span), ref_type=kind)
    (read,) = decode(made)
    return read


@pytest.mark.parametrize(
    ("references", "parent"),
    [
        ((), 0),
        (((1, 2, 0),), 2),
        (((2, 2, 0),), 0),
        (((1, 2, _FOLLOWS), (1, 3, 0)), 3),
        (((1, 2, _FOLLOWS), (1, 3, _FOLLOWS)), 2),
        (((2, 2, _FOLLOWS), (2, 3, 0), (1, 4, _FOLLOWS)), 4),
    ],
)
def test_parent(references: tuple[tuple[int, int, int], ...], parent: int) -> None:
    """The first CHILD_OF of the same trace is the parent, else the first FOLLOWS_FROM of it."""
    assert with_references(*references).parent_id == span_id(parent)


def test_parents_beyond_the_limit_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first references count, whatever comes after them."""
    monkeypatch.setattr(jaeger, "MAX_REFERENCES", 2)
    assert with_references((2, 2, 0), (2, 3, 0), (1, 4, 0)).parent_id == b""


@pytest.mark.parametrize(
    ("tags", "error"),
    [
        ({}, False),
        ({"error": True}, True),
        ({"error": "true"}, True),
        ({"error": False}, False),
        ({"error": "a message"}, False),
        ({"otel.status_code": "ERROR"}, True),
        ({"otel.status_code": "Error"}, True),
        ({"otel.status_code": "OK"}, False),
        ({"error": False, "otel.status_code": "ERROR"}, True),
        ({"error": True, "otel.status_code": "OK"}, True),
        ({"http.status_code": "500"}, False),
    ],
)
def test_error(tags: dict[str, str | bool], error: bool) -> None:
    """`error` and `otel.status_code` say error; an HTTP status is judged later, for every encoding alike."""
    assert tagged(tags).facts.error is error


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("server", Kind.SERVER),
        ("client", Kind.CLIENT),
        ("producer", Kind.PRODUCER),
        ("consumer", Kind.CONSUMER),
        ("internal", Kind.INTERNAL),
        ("", Kind.UNSPECIFIED),
        ("SERVER", Kind.UNSPECIFIED),
    ],
)
def test_kind(said: str, kind: Kind) -> None:
    """`span.kind` says the kind, in lower case as OpenTracing has it."""
    assert tagged({"span.kind": said}).facts.kind is kind


def test_scope() -> None:
    """`otel.scope.name` names the scope, and its older name where it is not there."""
    assert tagged({"otel.library.name": "old"}).facts.scope == "old"
    assert tagged({"otel.library.name": "old", "otel.scope.name": "new"}).facts.scope == "new"
    assert tagged({"otel.scope.name": "pytest-opentelemetry"}).facts.runner


def test_tags_with_a_meaning_are_no_attributes() -> None:
    """What became kind, error, scope or weight is no attribute as well, even where settings ask for it."""
    made = message()
    made.tags.add(key=b"span.kind", v_str=b"server")
    decoder = Decoder(AttributionSettings(runner_attributes=("span.kind",)))
    assert not decode(made, decoder)[0].facts.runner


def test_blank_marks_of_testing_are_none() -> None:
    """An attribute `test.*` of nothing but white space does not make a span one of a test."""
    assert tagged({"test.flavour": "\r"}).facts.environment == "unknown"
    assert tagged({"test.flavour": "smoke"}).facts.environment == "test"


def test_long_trace_state() -> None:
    """A weight at the end of the longest trace state that W3C allows is found."""
    state = f"vendor={'x' * 490},ot=th:c"
    facts = tagged({"w3c.tracestate": state}).facts
    assert (facts.weight, facts.weighted) == (4 * UNIT_WEIGHT, True)


def test_no_service_name() -> None:
    """What the Collector writes for a missing service name is none."""
    made = message()
    made.process.service_name = b"OTLPResourceNoServiceName"
    assert decode(made)[0].facts.service == "unknown_service"


def test_short_trace_ids() -> None:
    """A trace id of 8 bytes is the lower half of one, in references too."""
    made = message(trace_id=span_id(1))
    made.references.add(trace_id=trace_id(1), span_id=span_id(2))
    (span,) = decode(made)
    assert (span.trace_id, span.parent_id) == (trace_id(1), span_id(2))


def test_binary_and_unknown_types_have_no_value() -> None:
    """A binary tag, or one of a type that nobody knows, says nothing."""
    made = message()
    made.tags.add(key=b"http.route", v_type=4, v_binary=b"/a")
    made.tags.add(key=b"url.template", v_type=9, v_str=b"/a")
    assert decode(made)[0].facts.attributes == {}


def test_times() -> None:
    """Go's zero time becomes 0, and a time that 64 bits cannot hold refuses the record."""
    made = message()
    made.start_time.seconds = -62135596800
    assert decode(made)[0].start == 0
    made.start_time.seconds = 2**62
    with pytest.raises(UndecodableError, match="64 bits"):
        decode(made)


def test_other_encodings_are_malformed() -> None:
    """An OTLP request, which protobuf would read as a span of only a trace id, is refused."""
    with pytest.raises(UndecodableError) as refused:
        decode(request([sent()]))
    assert refused.value.code == "malformed"


@pytest.mark.parametrize("raw", [b"\xff", b"\x0a\x05abc", message().SerializeToString() + b"\x42\x01\x0a"])
def test_malformed(raw: bytes) -> None:
    """What is no protobuf, even inside a tag, is refused as malformed."""
    with pytest.raises(UndecodableError) as refused:
        Decoder(AttributionSettings()).decode(raw, "jaeger_proto")
    assert refused.value.code == "malformed"


@pytest.mark.parametrize("encoding", ["jaeger_proto", "jaeger_json"])
def test_equal_facts_are_one_object(encoding: str) -> None:
    """Equal spans share their facts over records, whatever the unknown tags and trace states say."""
    payloads = [
        *records(encoding, [sent(trace_state="ot=th:c;rv:0123456789abcd", attributes={"url.full": "a"})]),
        *records(encoding, [sent(trace_state="ot=rv:00000000000000;th:c", attributes={"url.full": "b"})]),
    ]
    first, second = decode_all(Decoder(AttributionSettings()), encoding, payloads)
    assert first.facts is second.facts


@pytest.fixture
def tiny_tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tables so small that they are emptied all the time."""
    with monkeypatch.context() as patch:
        for module in (jaeger, jaeger_json, attributes_module, facts_module):
            patch.setattr(module, "TABLE_LIMIT", 3)
        patch.setattr(jaeger, "_ORIGINS", 2)
        yield


@pytest.mark.usefixtures("tiny_tables")
@pytest.mark.parametrize("encoding", ["jaeger_proto", "jaeger_json"])
@given(spans=st.lists(outgoing(), max_size=8))
def test_results_do_not_depend_on_tables(encoding: str, spans: list[OutgoingSpan]) -> None:
    """A decoder whose tables overflow returns what a fresh one returns."""
    used = Decoder(AttributionSettings())
    payloads = records(encoding, spans)
    for payload in payloads * 2:
        fresh = Decoder(AttributionSettings())
        assert plain(used.decode(payload, encoding)) == plain(fresh.decode(payload, encoding))


def test_huge_names_and_processes_are_not_remembered() -> None:
    """A megabyte in a name or a process is let go with its record."""
    table, tally = FactsTable(Attribution(AttributionSettings())), DecodedCounts()
    decoder = jaeger.JaegerProto(table, tally, 100)
    made = message(operation_name=b"x" * 1_000_000)
    made.process.service_name = b"x" * 1_000_000
    (span,) = result_of(decoder.steps(made.SerializeToString(), None))
    assert (span.facts.name, span.facts.service) == ("x" * 200, "x" * 200)
    assert not decoder._facts
    assert not decoder._origins
