"""Hypothesis strategies for spans: as the monitor knows them (`spans`, `traces`) and as sent (`outgoing`)."""

from hypothesis import strategies as st

from monitor.wire.encode import OutgoingSpan
from monitor.wire.span import Kind, Span
from tests.factories import EPOCH, facts, span

SERVICES = ("shop", "cart", "payment", "stock")
NAMES = ("GET /cart", "POST /order", "SELECT orders", "charge")

_text = st.text(st.characters(codec="utf-8"), max_size=20)
_kinds = st.sampled_from(Kind)

all_facts = st.builds(
    facts,
    service=st.sampled_from(SERVICES),
    name=st.sampled_from(NAMES),
    kind=_kinds,
    error=st.booleans(),
    environment=st.sampled_from(("production", "integration")),
    run=st.sampled_from(("", "run-1")),
    case=st.sampled_from(("", "test_order")),
)
"""Facts from a small vocabulary, so that equal ones come up often."""


def spans(trace: int = 1) -> st.SearchStrategy[Span]:
    """Any span of one trace: its parent may be itself, another one, or nobody that ever comes."""
    return st.builds(
        span,
        id=st.integers(1, 12),
        trace=st.just(trace),
        parent=st.integers(0, 15),
        start=st.integers(0, 10**9),
        duration=st.integers(0, 10**9),
        remote=st.booleans(),
        links=st.lists(st.integers(1, 3), max_size=2).map(tuple),
        of=all_facts,
    )


@st.composite
def traces(draw: st.DrawFn, trace: int = 1, max_size: int = 12) -> list[Span]:
    """A whole trace: span 1 is the root, every other span has an earlier one as its parent."""
    size = draw(st.integers(1, max_size))
    return [
        span(
            number,
            trace=trace,
            parent=draw(st.integers(1, number - 1)) if number > 1 else 0,
            start=draw(st.integers(0, 10**9)),
            duration=draw(st.integers(0, 10**9)),
            of=draw(all_facts),
        )
        for number in range(1, size + 1)
    ]


def _ids(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size).filter(any)


_attributes = st.dictionaries(
    st.one_of(
        st.sampled_from(
            (
                "http.request.method",
                "http.method",
                "http.route",
                "http.response.status_code",
                "rpc.service",
                "rpc.method",
                "db.system",
                "error.type",
                "test.case.name",
                "test.flavour",
                "url.full",
                "http.target",
                "db.statement",
                "db.query.text",
                "user_agent.original",
                "messaging.destination",
            )
        ),
        _text,
    ),
    st.one_of(
        _text,
        st.sampled_from(
            ("/a/17", "http://b/c?d=e", "SELECT * FROM t", "GET key", "amq.gen-x", "Prometheus/2")
        ),
        st.integers(-(2**63), 2**63 - 1),
    ),
    max_size=6,
)


@st.composite
def outgoing(draw: st.DrawFn) -> OutgoingSpan:
    """A valid span as an SDK sends it, with attributes of every sort and names in every script."""
    trace_id, span_id = draw(_ids(16)), draw(_ids(8))
    start = EPOCH + draw(st.integers(0, 10**12))
    return OutgoingSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=draw(st.one_of(st.just(b""), _ids(8).filter(lambda parent: parent != span_id))),
        name=draw(_text),
        kind=draw(_kinds),
        start=start,
        end=start + draw(st.integers(0, 10**12)),
        attributes=draw(_attributes),
        error=draw(st.booleans()),
        trace_state=draw(st.sampled_from(("", "ot=th:c", "vendor=1,ot=rv:1;th:8", "vendor=th:c"))),
        flags=draw(st.sampled_from((0, 1, 0x100, 0x300, 0x301))),
        links=tuple(draw(st.lists(_ids(16).filter(lambda link: link != trace_id), max_size=3))),
    )


addresses = st.from_regex(r"[a-z][a-z0-9.+_-]{1,15}@[a-z]{2,10}\.(com|org|de)", fullmatch=True)
"""E-mail addresses as people have them."""
