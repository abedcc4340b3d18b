"""Hops of proxies vanish, and what is instrumented twice is one span."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from monitor.flows.flow import Flow, Outcome
from monitor.flows.identity import FlowSettings
from monitor.flows.read import Reader
from monitor.stats.histogram import bin_of
from monitor.wire.credentials import AUTHORIZATION, USER
from monitor.wire.span import Kind, Span
from monitor.wire.values import PEER
from tests.factories import facts, span
from tests.unit.flows.test_read import fragment_of, read

S, C, K = Kind.SERVER, Kind.CLIENT, Kind.CONSUMER


def step(
    id: int,
    parent: int,
    service: str,
    kind: Kind,
    name: str,
    attributes: Mapping[str, str] | None = None,
    **more: Any,
) -> Span:
    """A span; `more` as in `span`."""
    return span(id, parent=parent, service=service, kind=kind, name=name, attributes=attributes, **more)


def hop(id: int, parent: int, kind: Kind, service: str = "mesh", **more: Any) -> Span:
    """A span of a proxy."""
    of = replace(facts(service, "cart.svc:8080/*", kind), proxy=True)
    return span(id, parent=parent, of=of, **more)


def drawn(flow: Flow) -> list[str]:
    """Each span of a flow as 'PARENT NAME'."""
    return [f"{node.parent} {node.operation}" for node in flow.shape]


GET = {"http.request.method": "GET", "http.route": "/orders/{id}"}
WEB = step(2, 1, "web", S, "GET /orders/{id}", GET, start=10, duration=100)
CALL = step(3, 2, "web", C, "GET", {"http.request.method": "GET"}, start=20, duration=60)
CART = step(6, 5, "cart", S, "GET /cart", start=40, duration=30)
QUERY = step(7, 6, "cart", C, "SELECT", start=45, duration=10)
SIDECARS = [hop(1, 0, S, start=5, duration=110), hop(4, 3, C, start=25, duration=50), hop(5, 4, S, start=30)]
PLAIN = [WEB._replace(parent_id=b""), CALL, CART._replace(parent_id=CALL.span_id), QUERY]


def same(one: Flow, other: Flow) -> bool:
    """Whether two flows are equal in all that is compared."""
    return (one.id, one.shape, one.self_times, one.duration, one.flaws) == (
        (other.id, other.shape, other.self_times, other.duration, other.flaws)
    )


def test_a_mesh_changes_nothing() -> None:
    """With a sidecar before the entry and two between the services the flow is what it is without."""
    (plain,) = read(*PLAIN)
    (meshed,) = read(WEB, CALL, CART, QUERY, *SIDECARS)
    assert same(plain, meshed)
    assert drawn(plain) == [
        "-1 web GET /orders/{id}",
        "0 web GET",
        "1 cart GET /cart",
        "2 cart SELECT",
    ]


@pytest.mark.parametrize("gone", range(3))
def test_a_mesh_that_is_only_in_part_changes_nothing(gone: int) -> None:
    """Whichever of the hops has a proxy."""
    (plain,) = read(*PLAIN)
    (only,) = [each for place, each in enumerate(SIDECARS) if place == gone]
    above = {0: (only, WEB, CALL, CART._replace(parent_id=CALL.span_id))}
    above[1] = (WEB._replace(parent_id=b""), CALL, only, CART._replace(parent_id=only.span_id))
    above[2] = (
        WEB._replace(parent_id=b""),
        CALL,
        only._replace(parent_id=CALL.span_id),
        CART._replace(parent_id=only.span_id),
    )
    (meshed,) = read(*above[gone], QUERY)
    assert same(plain, meshed)


def test_proxies_alone_are_the_only_word_of_their_services() -> None:
    """Where no service is instrumented, proxies tell of the flow."""
    (flow,) = read(*SIDECARS[:1], hop(2, 1, C, "web"), hop(3, 2, S, "cart"))
    assert [node.operation.service for node in flow.shape] == ["mesh", "web", "cart"]


def test_a_proxy_stands_for_a_server_that_has_no_span() -> None:
    """A service that only its clients are instrumented in keeps its sidecar as what it answers with."""
    (flow,) = read(hop(1, 0, S, "cart"), step(2, 1, "cart", C, "SELECT a"), step(3, 1, "cart", C, "SELECT b"))
    assert drawn(flow) == ["-1 cart cart.svc:{}/*", "0 cart SELECT a", "0 cart SELECT b"]


def test_what_a_proxy_does_inside_itself_is_the_proxy_s() -> None:
    """Its filters and plug-ins vanish with it; what a sidecar's server does, whose span is missing, stays."""
    (plain,) = read(*PLAIN)
    plugin = step(8, 1, "mesh", Kind.INTERNAL, "plugin", start=6)
    (meshed,) = read(
        SIDECARS[0], plugin, WEB._replace(parent_id=plugin.span_id), *SIDECARS[1:], CALL, CART, QUERY
    )
    assert same(plain, meshed)
    handle = step(2, 1, "cart", Kind.INTERNAL, "handle")
    (flow,) = read(hop(1, 0, S, "cart"), handle, step(3, 2, "cart", C, "SELECT a"))
    assert drawn(flow) == ["-1 cart cart.svc:{}/*", "0 cart handle", "1 cart SELECT a"]


def test_an_ingress_that_asks_two_services_is_passed_through() -> None:
    """It stays, lest the flow falls apart; the service that it asked last names it."""
    (flow,) = read(
        hop(1, 0, S, "edge"),
        hop(2, 1, C, "edge", start=1),
        step(3, 2, "authz", S, "POST /check", start=2),
        hop(4, 1, C, "edge", start=5),
        step(5, 4, "web", S, "GET /orders", start=6),
    )
    assert str(flow.id) == "web GET /orders"
    assert drawn(flow) == ["-1 edge cart.svc:{}/*", "0 authz POST /check", "0 web GET /orders"]


def test_what_a_proxy_says_of_the_test_is_not_lost() -> None:
    """Marks of spans that vanish count like those of others."""
    marked = hop(1, 0, S)
    marked = marked._replace(facts=replace(marked.facts, run="ci-7", environment="integration"))
    unmarked = WEB._replace(facts=replace(WEB.facts, environment="unknown"))
    (flow,) = read(marked, unmarked)
    assert (flow.run, flow.environment) == ("ci-7", "integration")


def test_a_lost_caller_above_a_proxy_is_no_flaw() -> None:
    """An entry behind a sidecar whose parent never came is an entry, as it is without the sidecar."""
    fragment = fragment_of(hop(1, 9, C), hop(2, 1, S), step(3, 2, "web", S, "GET /"))
    fragment.missing = span(9).span_id
    (flow,) = Reader(FlowSettings()).read(fragment)
    assert (str(flow.id), flow.flaws, len(flow.shape)) == ("web GET /", 0, 1)


OUTER = step(
    1, 0, "web", S, "GET", {"http.request.method": "GET", "http.response.status_code": "200"}, duration=120
)
INNER = step(2, 1, "web", S, "http get /orders/{id}", {"http.route": "/orders/{id}"}, start=5, duration=100)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_two_servers_of_one_request_are_one(order: tuple[int, ...]) -> None:
    """The name of the one that has a route, the time of the inner one, what both called below it."""
    below = step(3, 2, "web", C, "SELECT", start=10, duration=30)
    spans = (OUTER, INNER, below)
    (flow,) = read(*(spans[place] for place in order))
    assert drawn(flow) == ["-1 web GET /orders/{id}", "0 web SELECT"]
    assert (flow.duration, flow.status, flow.self_times[0]) == (100, "200", bin_of(70))


def test_how_a_doubled_request_ended_is_what_the_outer_one_says() -> None:
    """A filter around the handler may turn its answer into another one."""
    failed = step(1, 0, "web", S, "GET", {"http.request.method": "GET", "http.response.status_code": "503"})
    handler = step(2, 1, "web", S, "GET /a", {"http.route": "/a", "http.response.status_code": "200"})
    (flow,) = read(failed, handler)
    assert (flow.outcome, flow.status, flow.id.operation) == (Outcome.FAILED, "503", "GET /a")


def test_a_call_through_two_libraries_is_one() -> None:
    """It has the time that the caller waits; the server below hangs below it, also over an internal span."""
    attributes = {"http.request.method": "GET", "url.template": "/cart"}
    for between in ([], [step(10, 3, "web", Kind.INTERNAL, "tcp.connect", start=22, duration=1)]):
        inner = step(4, 10 if between else 3, "web", C, "GET", attributes, start=25, duration=40)
        (flow,) = read(PLAIN[0], CALL, *between, inner, CART._replace(parent_id=inner.span_id))
        assert [line for line in drawn(flow) if "tcp" not in line] == [
            "-1 web GET /orders/{id}",
            "0 web GET /cart",
            "1 cart GET /cart",
        ]
        assert flow.self_times[1] in (bin_of(60 - 30), bin_of(60 - 30 - 1))


def test_queries_of_a_mapper_and_its_driver_are_one() -> None:
    """A mapper's span around the driver's, about the same table."""
    mapper = {"db.system.name": "postgresql", "db.operation.name": "SELECT"}
    driver = mapper | {"db.collection.name": "orders"}
    (flow,) = read(
        PLAIN[0],
        step(3, 2, "web", C, "Order.find", mapper, duration=20),
        step(4, 3, "web", C, "SELECT", driver),
    )
    assert drawn(flow)[1:] == ["0 web postgresql SELECT orders"]


def test_attempts_of_one_call_are_one_with_all_their_answers() -> None:
    """A logical call around its attempts."""
    get = {"http.request.method": "GET", "url.template": "/cart"}
    attempts = [step(10 + n, 3, "web", C, "GET", get, start=21 + 20 * n, duration=10) for n in range(2)]
    answers = [step(20 + n, 10 + n, "cart", S, "GET /cart", start=22 + 20 * n) for n in range(2)]
    (flow,) = read(PLAIN[0], CALL, *attempts, *answers)
    assert drawn(flow)[1:] == ["0 web GET /cart", "1 cart GET /cart", "1 cart GET /cart"]


@pytest.mark.parametrize(
    "inner",
    [
        step(2, 1, "web", S, "POST /orders", {"http.request.method": "POST", "http.route": "/orders"}),
        step(2, 1, "web", S, "GET /carts", {"http.request.method": "GET", "http.route": "/carts"}),
        step(2, 1, "cart", S, "GET /orders/{id}", GET),
        step(2, 1, "web", C, "GET /orders/{id}", GET),
    ],
    ids=["another method", "another path", "another service", "another kind"],
)
def test_other_requests_stay(inner: Span) -> None:
    """A server below a server is another request where it says so; services that pass one on are steps."""
    (flow,) = read(step(1, 0, "web", S, "GET /orders/{id}", GET, duration=50), inner)
    assert len(flow.shape) == 2


def test_a_receiver_and_what_it_hands_on_are_one() -> None:
    """To receive a message and to process it is one thing, as to process it twice is."""
    orders = {"messaging.system": "kafka", "messaging.destination.name": "orders"}
    receive, process = ({**orders, "messaging.operation.type": done} for done in ("receive", "process"))
    top = step(1, 0, "mail", K, "orders receive", receive)
    (flow,) = read(top, step(2, 1, "mail", K, "orders process", process))
    assert [node.operation.name for node in flow.shape] == ["process orders"]
    (flow,) = read(step(1, 0, "mail", K, "a", process), step(2, 1, "mail", K, "b", process))
    assert len(flow.shape) == 1


def test_what_vanished_is_counted() -> None:
    """No span is lost unseen."""
    reader = Reader(FlowSettings())
    reader.read(fragment_of(WEB, CALL, CART, QUERY, *SIDECARS))
    reader.read(fragment_of(OUTER, INNER))
    assert reader.tally.hops == 4


def test_equal_doubled_flows_share_their_shape() -> None:
    """Facts that are made of two are made once."""
    reader = Reader(FlowSettings())
    (first,), (second,) = (reader.read(fragment_of(OUTER, INNER)) for _ in range(2))
    assert first.shape is second.shape


def test_credentials_that_only_the_inner_one_says_are_kept() -> None:
    """Of two spans that are one, whichever records headers or names who asks says it."""
    outer = step(1, 0, "shop", S, "GET /orders/{id}", GET, duration=100)
    inner = step(2, 1, "shop", S, "GET", {AUTHORIZATION: "bearer", USER: "true"}, start=10, duration=50)
    [flow] = read(outer, inner)
    assert [node.notes for node in flow.shape] == [("carries bearer", "names who asks")]


@pytest.mark.parametrize(("stated", "shown"), [({}, "in stub LocalStack"), ({PEER: "public"}, "in public")])
def test_a_call_of_an_sdk_goes_where_its_request_goes(stated: Mapping[str, str], shown: str) -> None:
    """An SDK may not say where; the request over HTTP below it, which is one with it, does."""
    asked = {"rpc.system.name": "aws-api", "rpc.method": "SQS/SendMessage", **stated}
    request = {"http.request.method": "POST", PEER: "stub LocalStack"}
    [flow] = read(
        step(1, 0, "shop", S, "POST /orders"),
        step(2, 1, "shop", C, "SQS.SendMessage", asked),
        step(3, 2, "shop", C, "POST", request),
    )
    assert [node.notes for node in flow.shape[1:]] == [(shown,)]
