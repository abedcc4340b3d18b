"""The cheap decode of OTLP protobuf: shared facts, bounded memory, results that no table can change."""

from collections.abc import Iterator

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.steps import result_of
from monitor.base.units import UNIT_WEIGHT
from monitor.wire import attributes as attributes_module
from monitor.wire import facts as facts_module
from monitor.wire import otlp, otlp_json, otlp_schema
from monitor.wire.attribution import Attribution, AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.encode import OutgoingSpan, export_request
from monitor.wire.facts import FactsTable
from monitor.wire.span import Kind
from monitor.wire.tally import DecodedCounts
from tests.otlp_json import line
from tests.strategies import outgoing
from tests.unit.wire.requests import as_json, plain, request, sent


@pytest.fixture
def tiny_tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tables so small that they are emptied all the time."""
    with monkeypatch.context() as patch:
        patch.setattr(otlp, "TABLE_LIMIT", 3)
        patch.setattr(attributes_module, "TABLE_LIMIT", 3)
        patch.setattr(facts_module, "TABLE_LIMIT", 3)
        patch.setattr(otlp_json, "TABLE_LIMIT", 3)
        yield


def attributes() -> attributes_module.Attributes:
    return attributes_module.Attributes(Attribution(AttributionSettings()).vocabulary, otlp.parse_pair)


def pair(name: str, value: str) -> bytes:
    """The bytes of a KeyValue."""
    (raw,) = request([sent(attributes={name: value})]).resource_spans[0].scope_spans[0].spans[0].attributes
    return raw.SerializeToString()


def test_equal_facts_are_one_object() -> None:
    """Equal spans share their facts, over records and whatever order their attributes come in."""
    decoder = Decoder(AttributionSettings())
    values = {"http.request.method": "GET", "http.route": "/a", "url.full": "https://a/1"}
    other = dict(reversed((values | {"url.full": "https://a/2"}).items()))
    first, second = (
        decoder.decode(request([sent(attributes=each)]).SerializeToString(), "otlp_proto")[0]
        for each in (values, other)
    )
    assert first.facts is second.facts


def test_facts_of_past_runs_do_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run has facts of its own: a few runs later they are gone, however few facts production has."""
    monkeypatch.setattr(facts_module, "TESTED_LIMIT", 10)
    table = FactsTable(Attribution(AttributionSettings()))
    subject = otlp.OtlpProto(table, DecodedCounts(), 1_000)
    for run in range(100):
        spans = [sent(attributes={"cicd.pipeline.run.id": f"ci-{run}"}), sent(2, name="GET /")]
        result_of(subject.steps(request(spans).SerializeToString(), None))
    assert max(len(subject._facts), len(table._facts)) <= 13


def test_different_facts_differ() -> None:
    """Kind, error, name, weight and scope each make other facts."""
    spans = [
        sent(),
        sent(kind=Kind.CLIENT),
        sent(error=True),
        sent(name="b"),
        sent(trace_state="ot=th:c"),
        sent(attributes={"http.route": "/a"}),
    ]
    decoded = Decoder(AttributionSettings()).decode(request(spans).SerializeToString(), "otlp_proto")
    assert len({id(span.facts) for span in decoded}) == len(spans)


def test_trace_states_of_synthetic_monitors() -> None:
    """A monitor's mark in the trace state counts as the attribute, which it overrides."""
    states = {"checkly=true": "test", "a=1,checkly=true": "test", "checkly=trueish": "bot", "": "bot"}
    own = {"user_agent.synthetic.type": "bot"}
    sending = request(
        [sent(number, attributes=own, trace_state=state) for number, state in enumerate(states, 1)]
    )
    for payload, encoding in ((sending.SerializeToString(), "otlp_proto"), (as_json(sending), "otlp_json")):
        spans = Decoder(AttributionSettings()).decode(payload, encoding)
        assert [span.facts.attributes["user_agent.synthetic.type"] for span in spans] == [*states.values()]


def test_weight() -> None:
    """A stated weight is distinguished from an assumed one."""
    spans = [sent(), sent(trace_state="ot=th:0"), sent(trace_state="ot=th:c")]
    decoded = Decoder(AttributionSettings()).decode(request(spans).SerializeToString(), "otlp_proto")
    assert [(span.facts.weight, span.facts.weighted) for span in decoded] == [
        (UNIT_WEIGHT, False),
        (UNIT_WEIGHT, True),
        (4 * UNIT_WEIGHT, True),
    ]


@pytest.mark.usefixtures("tiny_tables")
@given(st.lists(st.lists(outgoing(), min_size=1, max_size=3), max_size=4))
def test_results_do_not_depend_on_tables(records: list[list[OutgoingSpan]]) -> None:
    """A decoder whose tables overflow returns what a fresh one returns."""
    used = Decoder(AttributionSettings())
    for _ in range(2):
        for spans in records:
            payload = export_request({"service.name": "shop"}, "", spans)
            fresh = Decoder(AttributionSettings())
            assert plain(used.decode(payload, "otlp_proto")) == plain(fresh.decode(payload, "otlp_proto"))
            again = as_json(request(spans))
            assert plain(used.decode(again, "otlp_json")) == plain(fresh.decode(again, "otlp_json"))


@given(outgoing(), st.sampled_from(("", "opentelemetry.shop")))
def test_lines_of_other_tests_are_otlp(span: OutgoingSpan, scope: str) -> None:
    """What writes the captures of scenarios says what the encoder by OTLP's schema says."""
    resource = {"service.name": "shop", "service.instance.id": "1"}
    span = span._replace(attributes={name: value for name, value in span.attributes.items() if name})
    by_schema = as_json(request([span], resource, scope))
    assert orjson.loads(line(span, resource, scope)) == orjson.loads(by_schema)


def test_unknown_keys_leave_nothing() -> None:
    """An unknown key with ever new values is neither parsed nor remembered, beyond a handful."""
    table = attributes()
    for number in range(1_000):
        assert table.number(pair("session.id", f"user-{number}")) == 0
    assert len(table.numbers) < 20
    assert len(table.pairs) == 1
    assert [head[2:] for head in table.strangers] == [b"session.id"]


def test_urls_and_statements_leave_their_forms() -> None:
    """Attributes with a new value in every span are numbered by what is kept of it."""
    table = attributes()
    paths = {table.number(pair("url.full", f"https://shop/orders/{number}")) for number in range(1_000)}
    verbs = {table.number(pair("db.statement", f"SELECT * FROM t WHERE a = {n}")) for n in range(1_000)}
    assert (paths, verbs) == ({1}, {2})
    assert table.pairs[1:] == [("url.full", "/orders/{}"), ("db.statement", "SELECT t")]
    assert len(table.numbers) == 1


def test_marks_of_testing_leave_one_mark() -> None:
    """Unknown attributes `test.*` with ever new values are one and the same mark."""
    table = attributes()
    marks = {table.number(pair("test.moment", str(number))) for number in range(1_000)}
    assert marks == {1}
    assert len(table.pairs) == 2
    assert len(table.numbers) < 20


def test_unknown_keys_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ever new keys stop being remembered when the table is full."""
    monkeypatch.setattr(attributes_module, "TABLE_LIMIT", 10)
    table = attributes()
    for number in range(100):
        assert table.number(pair(f"key.{number}", "a")) == 0
    assert len(table.numbers) <= 11
    assert len(table.strangers) <= 10
    assert table.trim()
    assert (len(table.numbers), len(table.pairs), len(table.strangers)) == (1, 1, 0)


def test_huge_attributes_are_not_remembered() -> None:
    """A megabyte in an attribute that is kept becomes a short name, and its bytes are let go."""
    table = attributes()
    number = table.number(pair("http.route", "x" * 1_000_000))
    assert table.pairs[number] == ("http.route", "x" * 200)
    assert max(map(len, table.numbers)) < 1_000


def test_huge_names_and_resources_are_not_remembered() -> None:
    """A megabyte in a name or a resource is let go with its record."""
    table, tally = FactsTable(Attribution(AttributionSettings())), DecodedCounts()
    decoder = otlp.OtlpProto(table, tally, max_spans=100)
    payload = request([sent(name="x" * 1_000_000)], {"service.name": "x" * 1_000_000}).SerializeToString()
    (span,) = result_of(decoder.steps(payload, None))
    assert (span.facts.name, span.facts.service) == ("x" * 200, "x" * 200)
    assert not decoder._facts
    assert not decoder._origins


def test_value_before_key() -> None:
    """A KeyValue whose value stands before its key, as protobuf allows, is read all the same."""
    table = attributes()
    straight = pair("http.route", "/a")
    key = 2 + len("http.route")
    assert table.number(straight[key:] + straight[:key]) == table.number(straight) == 1


def test_long_key() -> None:
    """A key of more than 127 bytes is none of ours."""
    assert attributes().number(pair("k" * 300, "/a")) == 0


def test_schema_is_wire_compatible() -> None:
    """What the slim schema writes, the full one reads, and the other way round."""
    span = sent(parent=2, attributes={"a": 1, "b": "c"}, error=True, trace_state="a=b", flags=0x300)
    encoded = export_request({"service.name": "shop"}, "scope", [span])
    full = type(request([])).FromString(encoded)
    expected = request([span], scope="scope")
    expected.resource_spans[0].scope_spans[0].spans[0].status.message = ""
    assert full == expected
    assert otlp_schema.Request.FromString(encoded).SerializeToString(deterministic=True) == encoded


def test_requests_concatenate() -> None:
    """Two encoded requests one after the other are one request with both resources."""
    payload = b"".join(export_request({"service.name": name}, "", [sent()]) for name in ("a", "b"))
    decoded = Decoder(AttributionSettings()).decode(payload, "otlp_proto")
    assert [span.facts.service for span in decoded] == ["a", "b"]
