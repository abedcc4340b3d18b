"""The record format of the flows topic: what goes in comes out, and today's bytes stay readable."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.errors import NewerFormatError, UndecodableError
from monitor.base.run import RunKey
from monitor.base.units import LogTime, Weight
from monitor.flows.codec import decode, encode
from monitor.flows.flow import Body, Failure, Flaw, Flow, FlowId, Node, Operation, Outcome
from monitor.flows.record import VERSION, FlowRecord, Header, RunSpan, Source
from monitor.wire.span import Kind

GOLDEN = Path(__file__).parents[2] / "golden" / "flows"

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
COUNT = st.integers(0, 2**53)
LOG_TIME = COUNT.map(LogTime)
OPERATION = st.builds(Operation, TEXT, st.sampled_from(Kind), TEXT)
NODE = st.builds(Node, OPERATION, st.integers(-1, 20), st.lists(TEXT, max_size=2).map(tuple))
FLOW = st.builds(
    Flow,
    offset=COUNT,
    place=COUNT,
    ordinal=COUNT,
    id=st.builds(FlowId, TEXT, TEXT),
    environment=TEXT,
    outcome=st.sampled_from(Outcome),
    status=TEXT,
    error=TEXT,
    suite=TEXT,
    run=TEXT,
    case=TEXT,
    weight=COUNT.map(Weight),
    began=LOG_TIME,
    trace_id=st.binary(min_size=16, max_size=16),
    shape=st.lists(NODE, max_size=4).map(tuple),
    self_times=st.lists(COUNT, max_size=4).map(tuple),
    duration=COUNT,
    flaws=st.integers(0, 31).map(Flaw),
    versions=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    order=st.lists(st.lists(COUNT, max_size=5).map(tuple), max_size=2).map(tuple),
    lead=st.none() | st.integers(-(2**40), 2**40),
    grades=st.lists(st.integers(0, 15), max_size=4).map(tuple),
    failure=st.none() | st.builds(Failure, COUNT, TEXT),
    result=TEXT,
    bodies=st.lists(st.builds(Body, COUNT, st.booleans(), TEXT), max_size=2).map(tuple),
)
RUN = st.builds(RunSpan, LOG_TIME, LOG_TIME, TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple))
HEADER = st.builds(
    Header,
    source=st.builds(Source, TEXT, TEXT, TEXT, COUNT),
    partitions=COUNT,
    low=COUNT,
    log_time=LOG_TIME,
    at_end=st.booleans(),
    low_times=st.dictionaries(TEXT, LOG_TIME, max_size=3),
    runs=st.dictionaries(st.tuples(TEXT, TEXT), RUN, max_size=3),
    tallies=st.dictionaries(TEXT, COUNT, max_size=3),
)
RECORD = st.builds(
    FlowRecord,
    st.none() | HEADER,
    st.lists(FLOW, max_size=4).map(tuple),
    st.none() | st.dictionaries(TEXT, TEXT | COUNT, max_size=3),
    COUNT,
)

_CART = Operation("shop", Kind.SERVER, "GET /cart")
_SHAPE = (Node(_CART, -1), Node(Operation("shop", Kind.CLIENT, "postgresql SELECT carts"), 0))
_FLOW = Flow(
    offset=41,
    place=3,
    ordinal=0,
    id=FlowId("shop", "GET /cart"),
    environment="integration",
    outcome=Outcome.FAILED,
    status="500",
    error="timeout",
    suite="checkout",
    run="run-7",
    case="test_pay",
    weight=Weight(1024),
    began=LogTime(1_700_000_000_000),
    trace_id=bytes(range(16)),
    shape=_SHAPE,
    self_times=(200, 180),
    duration=30_000_000,
    flaws=Flaw.ORPHANED | Flaw.SPLIT,
    versions=(("payment", "2.3.1"), ("shop", "1.0")),
)
_HEADER = Header(
    source=Source("main", "otlp_spans", "1", 5),
    partitions=12,
    low=40,
    log_time=LogTime(1_700_000_010_000),
    at_end=True,
    low_times={"integration": LogTime(1_700_000_000_000)},
    runs={
        RunKey("integration", "run-7"): RunSpan(
            LogTime(1_700_000_000_000), LogTime(1_700_000_005_000), "checkout"
        )
    },
    tallies={"spans": 2, "flows": 1},
)
SAMPLE = FlowRecord(_HEADER, (_FLOW, _FLOW._replace(place=4, ordinal=1)))
_NOTED_SHAPE = (_SHAPE[0], _SHAPE[1]._replace(notes=("auth:bearer", "peer:private")))
NOTED = FlowRecord(_HEADER, (_FLOW, _FLOW._replace(place=4, shape=_NOTED_SHAPE)), names=2)
ORDERED = NOTED._replace(flows=(NOTED.flows[0], NOTED.flows[1]._replace(order=((0, 1, 0, 3, 2),))))
FAILING = ORDERED._replace(flows=(*ORDERED.flows, _FLOW._replace(place=5, failure=Failure(1, "timeout"))))


@given(RECORD)
def test_what_goes_in_comes_out(record: FlowRecord) -> None:
    """Rows, header and command survive the way through the topic."""
    assert decode(encode(record)) == record


@given(RECORD)
def test_equal_records_give_equal_bytes(record: FlowRecord) -> None:
    """Also where one shares its shapes and operations and the other does not."""
    assert encode(decode(encode(record))) == encode(record)


def test_todays_bytes_are_the_golden_ones() -> None:
    """The format changes only with its version: stored records cannot be asked again."""
    golden = (GOLDEN / "record_v2.json").read_bytes().strip()
    assert encode(ORDERED) == golden
    assert decode(golden) == ORDERED


def test_rows_that_say_why_they_failed_have_a_section() -> None:
    """Which span explains the end of a flow, and what it says, stands in a section of its own."""
    golden = (GOLDEN / "record_v2_failure.json").read_bytes().strip()
    assert encode(FAILING) == golden
    assert decode(golden) == FAILING


def test_records_of_release_0_1_are_read() -> None:
    """Version 1 has no names of rules, no notes and no sections: the rows are the same."""
    assert decode((GOLDEN / "record_v1.json").read_bytes()) == SAMPLE


def test_rows_without_order_are_read() -> None:
    """Records of version 2 that mark spans which overlap, and say no order, have the same rows."""
    assert decode((GOLDEN / "record_v2_overlaps.json").read_bytes()) == NOTED


def test_sections_that_are_not_known_are_skipped() -> None:
    """A row and a record may carry more than this release reads."""
    document = orjson.loads(encode(SAMPLE))
    document["rows"] = [[*row, {"payload": [1, 2]}] for row in document["rows"]]
    document["later"] = {"shop": 1}
    assert decode(orjson.dumps(document)) == SAMPLE


def test_runs_without_marks_are_written_as_before() -> None:
    """Marks follow the suite where there are any: records of releases that knew none are read alike."""
    key = RunKey("integration", "run-7")
    marked = _HEADER.runs[key]._replace(marks=(("branch", "main"),))
    written = orjson.loads(encode(FlowRecord(_HEADER._replace(runs={key: marked}))))["header"]["runs"]
    assert written == [[*key, marked.first, marked.last, "checkout", ["branch", "main"]]]
    assert orjson.loads(encode(FlowRecord(_HEADER)))["header"]["runs"] == [written[0][:5]]


def test_flows_that_share_a_shape_write_it_once() -> None:
    """Tables make a row small."""
    document = orjson.loads(encode(SAMPLE))
    assert len(document["shapes"]) == 1 and len(document["operations"]) == 2 and len(document["rows"]) == 2


def test_decoded_flows_share_what_they_shared() -> None:
    """One shape in the record is one object when read."""
    first, second = decode(encode(SAMPLE)).flows
    assert first.shape is second.shape and first.id is second.id


def test_equal_shapes_of_several_records_are_one_object() -> None:
    """What is known of a shape is found by its identity, whichever record names it."""
    first, second = decode(encode(NOTED)), decode(encode(NOTED))
    assert [one.shape is other.shape for one, other in zip(first.flows, second.flows, strict=True)] == [
        True
    ] * 2


def test_what_equals_an_integer_is_no_parent() -> None:
    """A record is refused for its own parts, whatever was read before it."""
    decode(encode(SAMPLE))
    document = orjson.loads(encode(SAMPLE))
    document["shapes"][0][1][1] = False
    with pytest.raises(UndecodableError):
        decode(orjson.dumps(document))


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "malformed"),
        (b"[]", "malformed"),
        (b"{}", "malformed"),
        (b'{"v":"2","rows":[]}', "malformed"),
        (b'{"v":0,"rows":[]}', "malformed"),
        (b'{"v":1}', "malformed"),
        (b'{"v":1,"strings":[],"operations":[],"shapes":[],"rows":[[1]]}', "malformed"),
        (encode(SAMPLE).replace(b'"failed"', b'"broken"'), "malformed"),
        (encode(SAMPLE).replace(b'"low":40,', b""), "malformed"),
    ],
)
def test_other_bytes_are_refused_with_a_reason(payload: bytes, code: str) -> None:
    """Bytes that no release has written are undecodable."""
    with pytest.raises(UndecodableError) as caught:
        decode(payload)
    assert caught.value.code == code


def test_a_newer_version_is_no_damage() -> None:
    """A record of a version to come says which it is and what this release reads: it must not be skipped."""
    with pytest.raises(NewerFormatError, match=rf"record format {VERSION + 1}, this release reads .*upgrade"):
        decode(b'{"v":%d,"rows":[]}' % (VERSION + 1))
