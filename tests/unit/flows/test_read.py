"""Fragments -> rows: identity, shape, context, flaws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.units import MAX_WEIGHT, LogTime
from monitor.flows.flow import Flaw, Flow, FlowId, Node, Operation, Outcome
from monitor.flows.identity import FlowSettings, is_bare
from monitor.flows.read import Reader
from monitor.stats.histogram import bin_of
from monitor.traces.fragment import Context, Fragment
from monitor.wire.span import Kind, Span
from tests.factories import facts, span


def fragment_of(*spans: Span) -> Fragment:
    """A closed fragment that began with the first span, at record 7, place 2, log time 1000."""
    fragment = Fragment(spans[0], 7, 2, 0, LogTime(1000))
    fragment.spans += spans[1:]
    return fragment


def read(*spans: Span, **globs: tuple[str, ...]) -> list[Flow]:
    """The rows of these spans."""
    return Reader(FlowSettings.model_validate(globs)).read(fragment_of(*spans))


def client(id: int, parent: int, start: int = 0, service: str = "shop") -> Span:
    """A client span."""
    return span(id, parent=parent, start=start, service=service, kind=Kind.CLIENT, name="call")


def test_a_row_tells_all_of_its_fragment() -> None:
    """A row has every field of its fragment."""
    (flow,) = read(
        span(1, duration=100, environment="ci", weight=2048, attributes={"http.response.status_code": "500"}),
        span(2, parent=1, start=10, duration=30, kind=Kind.CLIENT, name="call"),
    )
    server, call = Operation("shop", Kind.SERVER, "GET /cart"), Operation("shop", Kind.CLIENT, "call")
    assert flow.name == (7, 2, FlowId("shop", "GET /cart"), 0)
    assert (flow.environment, flow.weight, flow.began, flow.duration) == ("ci", 2048, 1000, 100)
    assert (flow.outcome, flow.status) == (Outcome.FAILED, "500")
    assert flow.shape == (Node(server, -1, notes=("unrouted",)), Node(call, 0))
    assert flow.self_times == (bin_of(70), bin_of(30))
    assert flow.trace_id == span(1).trace_id and flow.flaws is Flaw.NONE


def test_spans_above_the_entry_are_no_part_of_the_shape() -> None:
    """A test's own client span is there in tests only; the flow is what the entry caused."""
    bare = read(span(2), client(3, 2, 1))
    called = read(client(1, 0), span(2, parent=1), client(3, 2, 1))
    assert called[0].shape == bare[0].shape
    assert called[0].id == bare[0].id
    beside = [client(1, 0), span(5, parent=1, duration=50, kind=Kind.INTERNAL), span(2, parent=1, start=10)]
    assert read(*beside, client(3, 2, 11))[0].shape == bare[0].shape


def test_an_unknown_entry_is_where_its_flow_is() -> None:
    """The topmost span that knows its environment tells it, else the runner above; a known one stays."""
    marked = span(2, parent=1, start=5, environment="test", kind=Kind.INTERNAL)
    below = span(3, parent=2, start=6, environment="production", kind=Kind.CLIENT)
    environments = [
        read(span(1, environment=own), marked, below)[0].environment for own in ("unknown", "production")
    ]
    assert environments == ["test", "production"]
    lonely = fragment_of(span(1, environment="unknown"))
    assert Reader(FlowSettings()).read(lonely)[0].environment == "unknown"
    lonely.context = Context(environment="ci")
    assert Reader(FlowSettings()).read(lonely)[0].environment == "ci"


def test_an_unknown_inner_entry_is_where_the_flow_around_it_is() -> None:
    """An inner flow of unknown environment takes the one that the flow around it has."""
    inner = span(2, parent=1, start=5, environment="unknown", service="cart")
    rows = read(span(1, environment="test"), inner, inner=("cart *",))
    assert [(str(row.id), row.environment) for row in rows] == [
        ("shop GET /cart", "test"),
        ("cart GET /cart", "test"),
    ]


def test_a_job_is_named_by_its_root() -> None:
    """Where no span is a server or a consumer, the root names the flow."""
    (flow,) = read(span(1, kind=Kind.INTERNAL, name="nightly 7"), client(2, 1, 1))
    assert flow.id == FlowId("shop", "nightly {}")


@pytest.mark.parametrize("name", ["GET", "HTTP GET", "/*", "*", "", "GET /*", "POST *", "GET /**"])
def test_an_entry_that_says_nothing_is_passed_through(name: str) -> None:
    """A gateway's flow is named by the last server it calls, in the order of its calls."""
    assert is_bare(name)
    spans = (
        span(1, service="gateway", name=name),
        client(2, 1, 20, "gateway"),
        client(3, 1, 10, "gateway"),
        span(4, parent=2, start=0, service="cart"),
        span(5, parent=3, start=99, service="pay"),
    )
    (flow,) = read(*spans)
    assert flow.id == FlowId("cart", "GET /cart")
    assert len(flow.shape) == 5


@pytest.mark.parametrize("name", ["GET /", "/", "GET /a", "get-all", "GETTER"])
def test_other_entries_name_themselves(name: str) -> None:
    """An entry that is named by a method and a path, or by a word, is no gateway."""
    assert not is_bare(name)


def test_a_gateway_without_a_server_below_names_itself() -> None:
    """A fault that cuts traces short shows as the gateway's own flow."""
    (flow,) = read(span(1, service="gateway", name="GET"), client(2, 1))
    assert flow.id == FlowId("gateway", "GET")


def test_declared_gateways_are_passed_through() -> None:
    """An entry that matches `flows.pass_through` gives its flow the name of the server below."""
    spans = (span(1, service="front", name="Recv."), span(2, parent=1, service="cart"))
    assert read(*spans, pass_through=("front *",))[0].id.service == "cart"
    assert read(*spans)[0].id.service == "front"


def test_inner_entries_are_rows_of_their_own() -> None:
    """Each matching server span gives the row that a direct call of it would give, counted in order."""
    inner = [
        span(2, parent=1, start=1, service="cart"),
        client(3, 2, 2, "cart"),
        span(4, parent=1, start=5, service="cart"),
    ]
    rows = read(span(1, duration=99), *inner, inner=("cart *",))
    direct = read(inner[0]._replace(parent_id=b""), inner[1])
    assert [(row.id.service, row.ordinal) for row in rows] == [("shop", 0), ("cart", 0), ("cart", 1)]
    assert rows[1].shape == direct[0].shape and rows[1].self_times == direct[0].self_times


def test_the_span_that_names_a_gateway_flow_gives_no_second_row() -> None:
    """The server that names a gateway's flow is no inner flow as well."""
    spans = (span(1, service="gateway", name="GET"), span(2, parent=1, service="cart"))
    assert len(read(*spans, inner=("cart *",))) == 1


def test_the_test_identity_comes_from_the_nearest_that_states_it() -> None:
    """The entry's, else any span's, else the runner's; each of run, case and suite for itself."""
    fragment = fragment_of(
        client(1, 0), span(2, parent=1, case="pay"), span(3, parent=2, start=1, run="r1", case="x")
    )
    fragment.context = Context("checkout", "r9", "y")
    (flow,) = Reader(FlowSettings()).read(fragment)
    assert (flow.suite, flow.run, flow.case) == ("checkout", "r1", "pay")


@pytest.mark.parametrize(
    ("kind", "flaw"),
    [(Kind.SERVER, Flaw.NONE), (Kind.CONSUMER, Flaw.NONE), (Kind.CLIENT, Flaw.ORPHANED)],
)
def test_a_missing_parent_is_a_flaw_below_an_instrumented_caller(kind: Kind, flaw: Flaw) -> None:
    """A caller that only injects the header sends no span: a server without its parent is an entry."""
    fragment = fragment_of(span(2, parent=1, kind=kind))
    fragment.missing = span(1).span_id
    assert Reader(FlowSettings()).read(fragment)[0].flaws is flaw


def test_marks_of_the_fragment_are_flaws_of_its_rows() -> None:
    """A fragment that is truncated, split or cyclic gives rows with that flaw."""
    fragment = fragment_of(span(1))
    fragment.truncated = fragment.split = fragment.cyclic = True
    assert Reader(FlowSettings()).read(fragment)[0].flaws == Flaw.TRUNCATED | Flaw.SPLIT | Flaw.CYCLIC


def test_equal_flows_share_their_shape() -> None:
    """Later layers compare by identity before they compare by value."""
    reader = Reader(FlowSettings())
    first = reader.read(fragment_of(span(1), client(2, 1, 1)))[0]
    second = reader.read(fragment_of(span(3), client(4, 3, 1)))[0]
    assert first.shape is second.shape


def test_an_unset_kind_and_no_name_are_survived() -> None:
    """A span of which nothing is known is still a flow, of an unnamed operation."""
    (flow,) = read(span(1, kind=Kind.UNSPECIFIED, name="", service="", duration=0))
    assert flow.id == FlowId("", "") and flow.self_times == (0,)


def test_a_weight_beyond_reason_is_bounded() -> None:
    """A weight that a record could not carry is bounded."""
    assert read(span(1, weight=1 << 66))[0].weight == MAX_WEIGHT


@given(st.permutations(range(6)))
def test_order_of_arrival_shows_in_nothing(order: list[int]) -> None:
    """Rows of a fragment do not depend on how its spans came."""
    spans = [
        client(1, 0),
        span(2, parent=1, start=1, run="a"),
        client(3, 2, 2),
        client(4, 2, 2),
        span(5, parent=3, start=5, run="b", service="cart"),
        span(6, parent=4, start=1, case="c", service="pay"),
    ]
    expected = read(*spans, inner=("*",))
    assert read(*(spans[place] for place in order), inner=("*",)) == expected


GRAPHQL = {"http.request.method": "POST", "http.route": "/graphql"}


def graphql(id: int, parent: int, name: str, service: str = "shop", kind: Kind = Kind.INTERNAL) -> Span:
    """The span of a GraphQL library."""
    kind_of, _, said = name.rpartition(" ")
    attributes = {"graphql.operation.type": kind_of or "query", "graphql.operation.name": said}
    return span(id, parent=parent, start=id, service=service, kind=kind, name=name, attributes=attributes)


def test_a_request_is_named_by_what_spans_below_it_say_that_it_carries() -> None:
    """Over INTERNAL spans of its own service; the operations of a batch together, whatever their order."""
    entry = span(1, attributes=GRAPHQL)
    middleware = span(2, parent=1, start=1, kind=Kind.INTERNAL, name="middleware")
    (row,) = read(entry, middleware, graphql(3, 2, "Cart"))
    assert row.id == FlowId("shop", "POST /graphql query Cart")
    assert row.shape[0].operation.name == "POST /graphql query Cart"
    batch = read(entry, graphql(2, 1, "Cart"), graphql(3, 1, "Orders"))[0]
    assert batch.id == read(entry, graphql(2, 1, "Orders"), graphql(3, 1, "Cart"))[0].id
    assert batch.id.operation == "POST /graphql query Cart + query Orders"


def test_what_is_asked_names_a_request_and_not_what_answers_it() -> None:
    """Of spans below each other the topmost counts: of SOAP the operation, not its implementation."""
    names = ("ShopService/refund", "ShopServiceImpl.refund")
    said = [facts(name=name, kind=Kind.INTERNAL, scope="io.opentelemetry.jaxws-cxf-3.0") for name in names]
    below = [span(number, parent=number - 1, start=number, of=of) for number, of in enumerate(said, 2)]
    (row,) = read(span(1, attributes=GRAPHQL), *below)
    assert row.id.operation == "POST /graphql ShopService/refund"


def test_a_job_s_span_names_the_consumer_that_runs_it() -> None:
    """A request that runs a job on the way is still that request."""
    job = span(
        2, parent=1, start=1, kind=Kind.INTERNAL, name="perform", attributes={"job.class": "RefundJob"}
    )
    (row,) = read(span(1, kind=Kind.CONSUMER, name="process default"), job)
    assert row.id.operation == "process default RefundJob"
    assert read(span(1, attributes=GRAPHQL), job)[0].id.operation == "POST /graphql"


def test_an_open_route_is_named_by_the_server_that_answers_its_path() -> None:
    """A gateway's route leaves the rest of the path open; what it asks besides names no flow."""
    open_route = {"http.request.method": "GET", "http.route": "/api/**", "url.path": "/api/orders/{}"}
    entry = span(1, service="edge", attributes=open_route)
    orders = {"http.request.method": "GET", "http.route": "/orders/{id}"}
    asked = span(2, parent=1, start=1, service="orders", attributes=orders)
    other = span(3, parent=1, start=9, service="audit", name="POST /audit")
    assert read(entry, asked, other)[0].id == FlowId("orders", "GET /orders/{id}")
    assert read(entry, other)[0].id == FlowId("edge", "GET /api/orders/{}")


def test_what_another_span_carries_does_not_name_a_request() -> None:
    """Not that of another service, not below a call, and not where no request is above."""
    entry = span(1, attributes=GRAPHQL)
    other = graphql(3, 2, "Cart", service="stock")
    for spans in (
        (entry, client(2, 1, 1), graphql(3, 2, "Cart")),
        (entry, client(2, 1, 1), other),
        (entry, graphql(2, 1, "Cart", service="stock")),
    ):
        assert read(*spans)[0].id.operation == "POST /graphql"
    assert read(graphql(1, 0, "query Cart"))[0].id.operation == "query Cart"


def test_an_inner_request_is_named_by_what_it_carries_too() -> None:
    """Each request of a tree by the spans of its own service."""
    front = span(1, name="GET /page")
    inner = span(3, parent=2, start=2, service="graph", attributes=GRAPHQL)
    rows = read(front, client(2, 1, 1), inner, graphql(4, 3, "Cart", service="graph"), inner=("graph *",))
    assert [row.id.operation for row in rows] == ["GET /page", "POST /graphql query Cart"]


def test_an_ignored_entry_gives_no_rows_and_is_counted() -> None:
    """Neither its own row nor those of inner entries; the tally says which operation, where, how often."""
    reader = Reader(FlowSettings(inner=("cart *",)))
    probe = span(1, attributes={"http.request.method": "GET", "http.route": "/healthz"}, environment="ci")
    assert reader.read(fragment_of(probe, span(2, parent=1, start=1, service="cart"))) == []
    assert reader.read(fragment_of(span(3, parent=0))) != []
    assert reader.tally.ignored.total == 1
    assert reader.tally.ignored.tallies() == {"ignored of ci\thealth\tshop GET /healthz": 1}


def test_a_probe_through_a_gateway_is_ignored_by_what_it_asks() -> None:
    """The server that names a flow decides, and who sent the request; a gateway's own 404 does not."""
    gateway = {"http.request.method": "GET", "http.route": "/**", "http.response.status_code": "404"}
    asked = {"http.request.method": "GET", "http.route": "/healthz"}
    entry = span(1, service="edge", attributes=gateway)
    assert read(entry, span(2, parent=1, start=1, attributes=asked)) == []
    assert read(entry, span(2, parent=1, start=1))[0].id == FlowId("shop", "GET /cart")
    crawled = span(1, service="edge", attributes={**gateway, "user_agent.synthetic.type": "bot"})
    assert read(crawled, span(2, parent=1, start=1)) == []
