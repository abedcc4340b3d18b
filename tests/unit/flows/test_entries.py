"""Which flows a group of spans holds: every topmost server below a caller, and what the caller does."""

from typing import Any

import pytest

from monitor.flows.flow import Flaw, Flow
from monitor.flows.identity import FlowSettings
from monitor.flows.read import Reader
from monitor.traces.fragment import Fragment
from monitor.wire.span import Kind, Span
from tests.factories import MILLISECOND, span
from tests.unit.flows.test_read import fragment_of, read

S, C, K, PRODUCER = Kind.SERVER, Kind.CLIENT, Kind.CONSUMER, Kind.PRODUCER
INSIDE = Kind.INTERNAL


def job(id: int = 1, parent: int = 0, kind: Kind = INSIDE, **more: Any) -> Span:
    return span(id, parent=parent, service="batch", kind=kind, name="nightly", duration=100, **more)


def call(id: int, parent: int, start: int = 0, name: str = "call") -> Span:
    return span(id, parent=parent, service="batch", kind=C, name=name, start=start)


def server(id: int, parent: int, name: str, service: str = "shop", start: int = 0) -> Span:
    return span(id, parent=parent, service=service, name=name, start=start)


def drawn(rows: list[Flow]) -> dict[str, list[str]]:
    """The names of the spans of each row, by its flow."""
    return {str(row.id): [node.operation.name for node in row.shape] for row in rows}


@pytest.mark.parametrize("kind", [INSIDE, C, Kind.UNSPECIFIED])
def test_each_request_below_a_caller_is_a_flow(kind: Kind) -> None:
    """A page load, a script, a job: it calls three servers, and is no flow beside them."""
    calls = [call(10 + n, 1, start=n) for n in range(3)]
    servers = [server(20 + n, 10 + n, f"GET /{'abc'[n]}", start=n) for n in range(3)]
    query = span(30, parent=21, kind=C, name="SELECT")
    rows = read(job(kind=kind), *calls, *servers, query)
    assert drawn(rows) == {
        "shop GET /a": ["GET /a"],
        "shop GET /b": ["GET /b", "SELECT"],
        "shop GET /c": ["GET /c"],
    }
    direct = read(servers[1]._replace(parent_id=b""), query)
    assert (rows[1].shape, rows[1].self_times) == (direct[0].shape, direct[0].self_times)


def test_repeated_requests_are_rows_in_order() -> None:
    """Rows of one flow differ by their ordinal."""
    rows = read(job(), *(server(10 + n, 1, "GET /a", start=n) for n in range(3)))
    assert [row.ordinal for row in rows] == [0, 1, 2]
    assert len({row.name for row in rows}) == 3


def test_what_a_job_asks_itself_stays_its_flow() -> None:
    """With its calls to servers, and their answers as far as they show who answers."""
    rows = read(
        job(),
        call(2, 1, 1, "SELECT jobs"),
        call(3, 1, 2),
        server(4, 3, "GET /a", start=3),
        call(5, 4, 4, "SELECT a"),
    )
    assert drawn(rows) == {
        "batch nightly": ["nightly", "SELECT jobs", "call", "GET /a"],
        "shop GET /a": ["GET /a", "SELECT a"],
    }
    assert [node.parent for node in rows[0].shape] == [-1, 0, 0, 2]


def test_a_job_without_servers_is_a_flow() -> None:
    """Also one that does nothing that is known, and one that sends."""
    assert drawn(read(job(), call(2, 1))) == {"batch nightly": ["nightly", "call"]}
    assert drawn(read(job())) == {"batch nightly": ["nightly"]}
    assert drawn(read(job(), span(2, parent=1, service="batch", kind=PRODUCER, name="send a"))) == {
        "batch nightly": ["nightly", "send a"]
    }


@pytest.mark.parametrize(
    "send",
    [
        span(1, kind=PRODUCER, name="send orders"),
        span(
            1,
            kind=C,
            name="SQS.SendMessage",
            attributes={"messaging.operation.type": "send", "messaging.destination.name": "orders"},
        ),
    ],
)
def test_a_lone_message_is_no_flow(send: Span) -> None:
    """What it makes happen is: a test that drives a consumer is its caller, as one that calls a server is."""
    assert read(send, span(2, parent=1, kind=C, name="HTTP POST")) == []


def test_consumers_that_their_own_service_hands_on_to_are_flows_below_a_caller() -> None:
    """As the messages of a poll: each is what it is where the poll has no span."""
    polled = [span(10 + n, parent=1, service="batch", kind=K, name="process a", start=n) for n in range(2)]
    assert [str(row.id) for row in read(job(), *polled)] == ["batch process a"] * 2


def test_servers_below_servers_are_no_flows() -> None:
    """Only the topmost are, unless they are named as inner ones."""
    spans = (
        job(),
        server(2, 1, "GET /a"),
        span(3, parent=2, kind=C, name="call"),
        server(4, 3, "GET /b", "cart"),
    )
    assert list(drawn(read(*spans))) == ["shop GET /a"]
    assert list(drawn(read(*spans, inner=("cart *",)))) == ["shop GET /a", "cart GET /b"]


def test_inner_consumers() -> None:
    """A message that another service of production hands on by itself, and that tests send directly."""
    receive = span(1, service="mail", kind=K, name="receive orders")
    process = span(2, parent=1, service="mail", kind=K, name="process orders", start=1)
    assert list(drawn(read(receive, process, inner=("mail process *",)))) == [
        "mail receive orders",
        "mail process orders",
    ]


def waiting(*spans: Span) -> Fragment:
    """A fragment whose parent never came."""
    fragment = fragment_of(*spans)
    fragment.missing = span(9).span_id
    return fragment


@pytest.mark.parametrize("kind", [INSIDE, C, PRODUCER])
def test_a_part_of_something_unknown_is_no_flow(kind: Kind) -> None:
    """One row, which shows all of it, for the sake of loss; the servers below are no entries."""
    fragment = waiting(job(parent=9, kind=kind), call(3, 1), server(4, 3, "GET /a"))
    (row,) = Reader(FlowSettings()).read(fragment)
    assert row.is_unfinished and row.flaws == Flaw.ORPHANED
    assert [node.operation.name for node in row.shape] == ["nightly", "call", "GET /a"]


@pytest.mark.parametrize(
    ("top", "flaw"),
    [
        (job(parent=9, kind=S), Flaw.NONE),
        (job(parent=9, kind=K), Flaw.NONE),
        (job(parent=9, kind=INSIDE, remote=True), Flaw.NONE),
        (job(parent=9, kind=C, remote=True), Flaw.NONE),
        (job(parent=9, kind=Kind.UNSPECIFIED), Flaw.ORPHANED),
    ],
)
def test_an_entry_may_be_without_its_caller(top: Span, flaw: Flaw) -> None:
    """A server, a consumer, whatever another process called; of a span without a kind nobody knows."""
    (row,) = Reader(FlowSettings()).read(waiting(top, call(2, 1)))
    assert not row.is_unfinished and row.flaws == flaw


def test_an_inner_entry_of_something_unknown_is_a_flow() -> None:
    """All that it caused is there."""
    fragment = waiting(call(2, 9), server(3, 2, "GET /a"), span(4, parent=3, kind=C, name="SELECT", start=1))
    unknown, inner = Reader(FlowSettings(inner=("shop GET /a",))).read(fragment)
    assert unknown.is_unfinished
    assert not inner.is_unfinished and inner.flaws == Flaw.NONE
    assert [node.operation.name for node in inner.shape] == ["GET /a", "SELECT"]


def test_what_lasts_longer_than_its_parts_wait_is_incomplete() -> None:
    """A stream, a socket, a slow job: what it did first is unfinished elsewhere, and so no evidence."""
    patient = Reader(FlowSettings(), patience_ms=60_000)
    for duration, flaw in ((60_000 * MILLISECOND, Flaw.NONE), (60_001 * MILLISECOND, Flaw.TRUNCATED)):
        (row,) = patient.read(fragment_of(span(1, duration=duration)))
        assert row.flaws == flaw
    page = span(1, kind=INSIDE, name="page", duration=3_600_000 * MILLISECOND)
    assert [row.flaws for row in patient.read(fragment_of(page, server(2, 1, "GET /a")))] == [Flaw.NONE]


def test_a_message_under_one_shared_id_is_a_border_too() -> None:
    """Two rows of one fragment: the sender's flow with its call, and the consumer's."""
    send = span(3, parent=1, kind=PRODUCER, name="send", start=1)
    get = span(2, parent=3, service="mail", kind=K, name="process", start=2)
    fragment = fragment_of(
        span(1, name="POST /a"), send, get, span(5, parent=2, service="mail", kind=C, name="INSERT")
    )
    fragment.shared = {b"some id"}
    assert drawn(Reader(FlowSettings()).read(fragment)) == {
        "shop POST /a": ["POST /a", "send"],
        "mail process": ["process", "INSERT"],
    }


def test_callers_are_counted() -> None:
    """Spans that are in no row, and entries that are in two."""
    reader = Reader(FlowSettings())
    reader.read(fragment_of(job(), call(2, 1), server(3, 2, "GET /a")))
    assert (reader.tally.callers, reader.tally.repeated) == (2, 0)
    reader.read(fragment_of(job(), call(2, 1), server(3, 1, "GET /a")))
    assert (reader.tally.callers, reader.tally.repeated) == (2, 1)


def test_many_entries_cost_no_square() -> None:
    """A session of 5,000 requests is as many rows, each read for itself."""
    servers = [server(10 + n, 1, "GET /a", start=n) for n in range(5_000)]
    assert len(read(job(), *servers)) == 5_000


def page(id: int, name: str = "documentLoad") -> Span:
    return span(id, service="web", kind=INSIDE, name=name, duration=100)


def test_a_page_is_no_flow_beside_its_requests() -> None:
    """Neither alone, from a cache, nor where one of its requests has no answer; a job with such a call is."""
    asked = [call(10, 1), server(20, 10, "GET /a"), call(11, 1, start=9)]
    assert drawn(read(page(1), *asked)) == {"shop GET /a": ["GET /a"]}
    assert drawn(read(page(1))) == {}
    assert set(drawn(read(page(1, name="nightly"), *asked))) == {"shop GET /a", "web nightly"}


def test_a_page_whose_requests_nobody_answers_is_a_flow() -> None:
    """It is all that is seen of what it asks for."""
    assert drawn(read(page(1), call(10, 1))) == {"web documentLoad": ["documentLoad", "call"]}
