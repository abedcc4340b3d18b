"""The checklist of how real traces are broken: each through the whole way, none stops it, all are counted.

Shared span ids have a file of their own, captures of real systems too (`test_shared_span_ids`, `test_wild`).
"""

from random import Random

import pytest

from monitor.flows.flow import Flaw
from monitor.flows.operation import MAX_NAME
from monitor.wire.span import Kind
from tests.acceptance.wire_path import SECOND, WirePath, call
from tests.factories import EPOCH, span_id
from tests.unit.traces.log import little_stack
from tests.unit.wire.requests import sent

MINUTE = 60 * SECOND
YEAR_2100 = 4_102_444_800_000_000_000


def test_orphans() -> None:
    """Spans whose parent never comes are a part of something unfinished: counted, no flow and no traffic."""
    path = WirePath().send(0, call(2, parent=1, name="a"), call(3, parent=2, name="b")).send(2 * MINUTE).end()
    assert path.shapes == [["a", "b"]] and path.rows[0].flaws == Flaw.ORPHANED
    assert path.anomalies == {"missing_parent": 1, "unfinished": 1} and path.counted_flows == (0, 0)
    assert path.observer.tallies["unfinished"] == 1


def test_orphans_without_a_kind() -> None:
    """Of these nobody knows whether they are an entry: a flow, incomplete, and no evidence."""
    spans = [call(2, parent=1, name="a", kind=Kind.UNSPECIFIED), call(3, parent=2, name="b")]
    path = WirePath().send(0, *spans).send(2 * MINUTE).end()
    assert path.shapes == [["a", "b"]] and path.rows[0].flaws == Flaw.ORPHANED
    assert path.anomalies == {"missing_parent": 1, "orphaned": 1} and path.counted_flows == (1, 1)


def test_missing_root() -> None:
    """A server whose caller sends no spans, as under a load generator, is a complete flow."""
    path = WirePath().send(0, sent(2, parent=1, name="GET /a"), call(3, parent=2)).send(MINUTE).end()
    assert path.shapes == [["GET /a", "call"]] and not path.rows[0].flaws
    assert path.anomalies == {"missing_parent": 1} and path.counted_flows == (1, 0)


def test_several_roots() -> None:
    """Each root of a trace is a flow of its own."""
    path = WirePath().send(0, sent(1, name="GET /a"), sent(2, name="GET /b"), call(3, parent=2)).end()
    assert sorted(path.shapes) == [["GET /a"], ["GET /b", "call"]]
    assert path.anomalies == {"several_roots": 1} and path.counted_flows == (2, 0)


def test_self_parent() -> None:
    """A span that names itself as its parent is a root."""
    path = WirePath().send(0, sent(1, parent=1, name="GET /a"), call(2, parent=1)).end()
    assert path.shapes == [["GET /a", "call"]] and not path.rows[0].flaws
    assert path.decoder.tally.self_parents == 1


@pytest.mark.fault(9)
def test_cycles() -> None:
    """Spans that are each other's parents are one incomplete flow, whose earliest span is the top."""
    spans = [call(number, parent=number % 5 + 1, name=" abcde"[number]) for number in range(1, 6)]
    path = WirePath().send(0, *spans, call(9, parent=3, name="beside")).end()
    assert path.shapes == [["a", "e", "d", "c", "b", "beside"]] and path.rows[0].flaws == Flaw.CYCLIC
    assert path.anomalies == {"cyclic": 1} and path.counted_flows == (1, 1)


@pytest.mark.fault(9)
@pytest.mark.parametrize("order", ["parents first", "children first", "shuffled"])
def test_depth_of_10_000(order: str) -> None:
    """A chain of 10,000 spans needs no recursion, and its row survives the way to the auditor."""
    spans = [
        sent(number, parent=number - 1, name=("PUT /a", "GET /a")[number % 2]) for number in range(1, 10_001)
    ]
    if order != "parents first":
        spans.reverse() if order == "children first" else Random(1).shuffle(spans)
    with little_stack():
        path = WirePath(max_spans=20_000).send(0, *spans).end()
    assert path.parents == [list(range(-1, 9_999))]
    assert path.anomalies == {} and path.counted_flows == (1, 0)


@pytest.mark.fault(9)
def test_depth_of_10_000_inner_entries() -> None:
    """Where every span of a deep chain is an inner entry, rows stop before they fill the memory."""
    chain = [
        sent(number, parent=number - 1, name=("PUT /a", "GET /a")[number % 2]) for number in range(1, 10_001)
    ]
    path = WirePath(max_spans=20_000, inner=("*",)).send(0, *chain).end()
    assert sum(len(row.shape) for row in path.rows) < 40_000
    assert path.anomalies == {"inner_left_out": 10_000 - len(path.rows)}


@pytest.mark.fault(8)
def test_duplicate_span_ids_with_different_content() -> None:
    """The first one read stays; the others are counted as copies, and as conflicting ones."""
    path = (
        WirePath()
        .send(0, sent(1, name="GET /a"))
        .send(0, sent(1, name="GET /a"), sent(1, name="GET /b"))
        .end()
    )
    assert path.shapes == [["GET /a"]]
    assert path.observer.tallies["duplicates"] == 2 and path.anomalies == {"conflicting_copy": 1}


@pytest.mark.fault(8)
@pytest.mark.parametrize("length", [0, -1, -(10**9)])
def test_zero_or_negative_duration(length: int) -> None:
    """A span that ends when or before it starts has no duration and keeps its place."""
    path = WirePath().send(0, sent(1, end=EPOCH + length), call(2, parent=1)).end()
    assert path.parents == [[-1, 0]] and (path.rows[0].duration, path.rows[0].self_times[0]) == (0, 0)
    assert path.decoder.tally.negative_durations == (length < 0)


@pytest.mark.fault(8)
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (1_700_000_000_000, 1_700_000_000_005),
        (1_700_000_000, 1_700_000_001),
        (YEAR_2100, YEAR_2100 + 5),
        (2**64 - 2, 2**64 - 1),
        (0, 0),
        (0, EPOCH),
        (EPOCH, YEAR_2100),
        (EPOCH, 2**64 - 1),
    ],
    ids=[
        "milliseconds",
        "seconds",
        "year 2100",
        "the last",
        "none",
        "no start",
        "ends in 2100",
        "never ends",
    ],
)
def test_timestamps_in_milliseconds_or_in_year_2100(start: int, end: int) -> None:
    """Structure comes from ids; a duration that cannot be is none; the record's own time dates the flow."""
    path = (
        WirePath()
        .send(0, call(2, parent=1, start=start, end=end), sent(1), call(3, parent=2, name="b"))
        .end()
    )
    assert path.shapes == [["GET /cart", "call", "b"]] and path.parents == [[-1, 0, 1]]
    assert path.rows[0].began == path.observer.log_time
    assert path.decoder.tally.implausible_times == 1 and path.counted_flows == (1, 0)


def test_an_implausible_duration_of_an_entry_is_none() -> None:
    """It would be 54 years where the start is missing."""
    (row,) = WirePath().send(0, sent(1, start=0, end=EPOCH)).end().rows
    assert row.duration == 0 and row.self_times == (0,)


@pytest.mark.parametrize("kind", [Kind.UNSPECIFIED, 99])
def test_no_kind(kind: int) -> None:
    """Without kinds the root is the entry; a kind that nobody knows is none."""
    spans = [sent(1, name="GET /a", kind=kind), sent(2, parent=1, name="b", kind=kind)]
    path = WirePath().send(0, *spans).end()
    assert path.shapes == [["GET /a", "b"]] and path.decoder.tally.kindless == 2


def test_client_kind_without_peer() -> None:
    """A call of nobody in particular is an edge named by what the caller does alone."""
    path = WirePath().send(0, sent(1), call(2, parent=1, attributes={"http.method": "GET"}, name="GET")).end()
    assert path.shapes == [["GET /cart", "GET"]] and path.counted_flows == (1, 0)


@pytest.mark.parametrize("consumer_ms", [1_000, 200_000], ids=["at once", "minutes later"])
def test_messaging_without_broker_span(consumer_ms: int) -> None:
    """The consumer hangs below the producer itself: a flow of its own, complete, as the sender's is."""
    producer = call(
        2, parent=1, name="send", kind=Kind.PRODUCER, attributes={"messaging.destination.name": "orders"}
    )
    consumer = call(3, parent=2, name="process orders", kind=Kind.CONSUMER)
    path = WirePath().send(0, sent(1, name="POST /order"), producer)
    path.send(consumer_ms, consumer, service="mail").end()
    assert sorted(path.shapes) == [["POST /order", "send orders"], ["process orders"]]
    assert path.counted_flows == (2, 0)


def test_links_instead_of_parents() -> None:
    """A batch consumer that links to its producers begins a flow of its own, complete."""
    path = WirePath().send(0, sent(1), call(2, parent=1, kind=Kind.PRODUCER, name="send orders"))
    batch = call(7, name="process orders", kind=Kind.CONSUMER, trace_id=b"another trace id")
    path.send(
        SECOND, batch, call(8, parent=7, name="save", trace_id=b"another trace id"), service="mail"
    ).end()
    assert sorted(path.shapes) == [["GET /cart", "send orders"], ["process orders", "save"]]
    assert path.anomalies == {} and path.counted_flows == (2, 0)


@pytest.mark.fault(9)
def test_a_trace_that_never_ends() -> None:
    """It is cut off at its greatest age; what comes then is late, and once it is forgotten, unfinished."""
    path = WirePath().send(0, sent(1))
    for tick in range(1, 40):
        path.send(tick * 5 * SECOND, call(tick + 1, parent=1))
    path.end()
    assert [len(row.shape) for row in path.rows] == [24, 1, 1, 1, 1]
    assert path.rows[0].flaws == Flaw.TRUNCATED and path.counted_flows == (1, 1)
    assert path.anomalies == {"truncated": 1, "missing_parent": 4, "unfinished": 4}
    assert path.observer.tallies["late"] == 12


@pytest.mark.fault(9)
def test_one_trace_id_for_everything() -> None:
    """Every request of a service under one trace id: each root is a flow, memory stays bounded."""
    path = WirePath()
    for second in range(300):
        first = 3 * second + 1
        path.send(second * SECOND, sent(first), call(first + 1, parent=first), call(first + 2, parent=first))
        assert path.observer.open_fragments <= 11
    path.end()
    assert path.counted_flows == (300, 0) and path.anomalies == {"several_roots": 299}


def test_empty_service_name() -> None:
    """It has the name that the SDKs give."""
    path = WirePath().send(0, sent(1), service="").end()
    assert path.rows[0].id.service == "unknown_service" and path.decoder.tally.nameless == 1


@pytest.mark.fault(13)
def test_lone_surrogates_and_control_characters_in_names() -> None:
    """They become U+FFFD on every way out, in both encodings of what is no text."""
    request = _raw_name(b"page \xed\xa0\x80\x00\x1b[31m\xe2\x80\xae" + b"x" * 500)
    path = WirePath().send_bytes(0, request)
    path.sent = 1
    (row,) = path.end().rows
    assert row.id.operation == ("page " + "\ufffd" * 5 + "[31m\ufffd" + "x" * 500)[:MAX_NAME]
    assert path.decoder.tally.unsafe_names == 1


def _raw_name(name: bytes) -> bytes:
    """A request of one root span with this name, which no proper encoder writes."""

    def field(tag: int, content: bytes) -> bytes:
        return bytes((tag, len(content) & 0x7F | 0x80, len(content) >> 7)) + content

    span = field(0x0A, b"t" * 16) + field(0x12, span_id(1)) + field(0x2A, name) + b"\x30\x02"
    return field(0x0A, field(0x12, field(0x12, span)))


@pytest.mark.fault(8)
def test_spans_of_one_trace_out_of_order_over_many_messages() -> None:
    """Whatever the order of its messages, a trace is the same flow (real ones come in nine on average)."""
    spans = [
        sent(1, name="GET /a"),
        *(call(n, parent=n // 2, start=EPOCH + n, name=f"f{'abcd'[n % 4]}") for n in range(2, 28)),
    ]
    expected = WirePath().send(0, *spans).end()
    assert expected.counted_flows == (1, 0)
    for seed in range(20):
        shuffled = spans.copy()
        Random(seed).shuffle(shuffled)
        path = WirePath()
        for message in range(9):
            path.send(message * SECOND, *shuffled[message::9])
        path.end()
        assert [row.shape for row in path.rows] == [row.shape for row in expected.rows]
        assert path.rows[0].self_times == expected.rows[0].self_times
        assert path.anomalies == {} and path.counted_flows == (1, 0)


def test_a_job_that_calls_several_services() -> None:
    """Each of them is a flow; the job is their caller."""
    spans = [
        call(1, name="job", kind=Kind.INTERNAL),
        sent(2, parent=1, name="GET /a"),
        sent(3, parent=1, name="GET /b", start=EPOCH + 1),
        call(4, parent=3, name="SELECT"),
    ]
    path = WirePath().send(0, *spans).end(callers=1)
    assert path.shapes == [["GET /a"], ["GET /b", "SELECT"]]
    assert path.anomalies == {} and path.counted_flows == (2, 0)
