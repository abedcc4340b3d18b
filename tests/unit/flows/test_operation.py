"""Names of operations: what a span is about decides, and its route, its path or its own name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.flows.flow import Operation
from monitor.flows.operation import MAX_NAME, as_called, is_unrouted, operation, peer, with_carried
from monitor.flows.routes import routes
from monitor.wire.span import Kind
from tests.factories import facts

HTTP = {"http.request.method": "GET"}
KAFKA = {"messaging.system": "kafka", "messaging.operation.type": "send"}
SQL = {"db.system.name": "postgresql"}
RPC = {"rpc.system.name": "grpc", "rpc.method": "shop.Cart/Get"}
NOT_FOUND = {"http.response.status_code": "404"}


def named(attributes: dict[str, str], kind: Kind = Kind.SERVER, name: str = "span name") -> str:
    """The name of the operation of a span."""
    return operation(facts("cart", name, kind, attributes=attributes)).name


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({**HTTP, "http.route": "/cart/{id}", "url.template": "/x"}, "GET /cart/{id}"),
        ({**HTTP, "url.template": "/cart/{id}"}, "GET /cart/{id}"),
        ({**HTTP, "url.template": "https://shop/cart/{id}"}, "GET /cart/{id}"),
        ({**HTTP, "http.route": "cart/<int:id>"}, "GET /cart/<int:id>"),
        ({**HTTP, "http.route": "api/^cart/(?P<id>[0-9]+)/$"}, "GET /api/cart/(?P<id>[0-9]+)/"),
        ({**HTTP, "url.path": "/cart/{}"}, "GET /cart/{}"),
        ({**HTTP, "http.route": "/**", "url.path": "/cart/{}"}, "GET /cart/{}"),
        ({**HTTP, "http.route": "/**"}, "GET /**"),
        ({"http.request.method": "get", "url.path": "/cart"}, "GET /cart"),
        (RPC, "grpc shop.Cart/Get"),
        ({"rpc.method": "shop.Cart/Get"}, "shop.Cart/Get"),
        ({**HTTP, "http.route": "/shop.Cart/Get", **RPC}, "grpc shop.Cart/Get"),
        ({**HTTP, "http.route": "/rpc", "rpc.method": "getCart"}, "GET /rpc getCart"),
        ({**KAFKA, "messaging.destination.name": "orders-17"}, "send orders-{}"),
        ({**SQL, "db.operation.name": "SELECT", "db.collection.name": "orders"}, "postgresql SELECT orders"),
        ({**HTTP, "http.route": "/push", **KAFKA, "messaging.destination.name": "orders"}, "GET /push"),
        (SQL, "span name"),
        (HTTP, "span name"),
        ({}, "span name"),
    ],
)
def test_what_a_server_answers_names_it(attributes: dict[str, str], name: str) -> None:
    """The request comes first, then messages and databases, then the name of the span."""
    assert named(attributes) == name


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        (
            {
                "rpc.system.name": "aws-api",
                "rpc.method": "SQS/SendMessage",
                "messaging.destination.name": "orders",
            },
            "send orders",
        ),
        (
            {
                "http.request.method": "POST",
                "url.path": "/orders/_search",
                **SQL,
                "db.operation.name": "search",
            },
            "postgresql search",
        ),
        ({**HTTP, "url.path": "/charges"}, "GET /charges"),
        ({**HTTP, "url.template": "/charges/{id}/items/:item"}, "GET /charges/{}/items/{}"),
    ],
)
def test_whom_a_client_asks_names_it(attributes: dict[str, str], name: str) -> None:
    """A broker or a database counts before the HTTP or RPC that leads there; places have no names."""
    assert named(attributes, Kind.CLIENT) == name


@pytest.mark.parametrize(
    ("name", "attributes", "kind", "operation_name"),
    [
        ("HTTP GET", HTTP, Kind.CLIENT, "GET"),
        ("GET", {}, Kind.CLIENT, "GET"),
        ("HTTP POST", {}, Kind.SERVER, "POST"),
        ("GET /orders/17", {}, Kind.SERVER, "GET /orders/{}"),
        ("HTTP GET: /orders/17?x=1", {}, Kind.UNSPECIFIED, "GET /orders/{}"),
        ("GET http://payments/charges/17", {}, Kind.CLIENT, "GET /charges/{}"),
        ("/orders/17", HTTP, Kind.SERVER, "GET /orders/{}"),
        ("GET /orders/{id}", {**HTTP, "url.path": "/orders/ada"}, Kind.SERVER, "GET /orders/{id}"),
        ("GET /orders/:id.json", {**HTTP, "url.path": "/orders/ada"}, Kind.SERVER, "GET /orders/:id.json"),
        ("OrdersController#show", {**HTTP, "url.path": "/orders/ada"}, Kind.SERVER, "GET /orders/ada"),
        ("GET /orders/17", {}, Kind.INTERNAL, "GET /orders/{}"),
        ("/orders/ada@example.org", {}, Kind.SERVER, "/orders/{}"),
        ("/shop.Cart/Get", {}, Kind.CLIENT, "/shop.Cart/Get"),
        ("get-orders", {}, Kind.SERVER, "get-orders"),
        ("GETTER", {}, Kind.SERVER, "GETTER"),
    ],
)
def test_a_name_that_says_method_and_path(
    name: str, attributes: dict[str, str], kind: Kind, operation_name: str
) -> None:
    """Names of every instrumentation of HTTP say the same, and a name with places in it is a route."""
    assert named(attributes, kind, name) == operation_name


def test_what_no_route_takes_is_one_operation() -> None:
    """A 404 of a server without a route names no path; a redirect does, and a call never has its answer."""
    path = {**HTTP, "url.path": "/wp-login.php"}
    assert named(path | NOT_FOUND) == "GET {unmatched}"
    assert named(path | NOT_FOUND | {"http.route": "/*"}) == "GET {unmatched}"
    assert named(path | NOT_FOUND | {"http.route": "/pages/{name}"}) == "GET /pages/{name}"
    assert named(path | {"http.response.status_code": "302"}) == "GET /wp-login.php"
    assert named(path | {"http.response.status_code": "405"}) == "GET /wp-login.php"
    assert named(path | NOT_FOUND, Kind.CLIENT) == "GET /wp-login.php"


def test_a_person_s_pattern_is_a_route() -> None:
    """It names the request, whatever the answer was; a route that the span has comes first."""
    route = routes(("/u/{name}/profile",))
    path = {**HTTP, "url.path": "/u/ada/profile"}
    assert operation(facts(attributes=path), route).name == "GET /u/{name}/profile"
    assert operation(facts(attributes=path | NOT_FOUND), route).name == "GET /u/{name}/profile"
    assert (
        operation(facts(attributes=path | {"http.route": "/u/{id}/profile"}), route).name
        == "GET /u/{id}/profile"
    )
    assert is_unrouted(facts(attributes=path)) and not is_unrouted(facts(attributes=path), route)


@pytest.mark.parametrize(
    ("attributes", "unrouted"),
    [
        ({**HTTP, "url.path": "/orders/ada"}, True),
        ({**HTTP, "url.path": "/orders/ada", **NOT_FOUND}, True),
        ({**HTTP, "http.route": "/orders/{id}"}, False),
        ({**HTTP, "url.path": "/rpc", **RPC}, False),
        (HTTP, False),
        ({**SQL, "db.operation.name": "SELECT"}, False),
        ({}, False),
    ],
)
def test_unrouted_operations_are_told(attributes: dict[str, str], unrouted: bool) -> None:
    """Those that a path names, of which there may be any number."""
    assert is_unrouted(facts(name="span name", attributes=attributes)) is unrouted


def test_a_declared_peer_names_no_call() -> None:
    """A call has one name whether or not its caller says which service it asks."""
    stated = {**HTTP, "http.route": "/charge", "service.peer.name": "payments"}
    assert named(stated, Kind.CLIENT) == named(stated) == "GET /charge"
    assert peer(facts(kind=Kind.CLIENT, attributes=stated)) == "payments"
    assert peer(facts(kind=Kind.SERVER, attributes=stated)) == ""
    assert peer(facts(kind=Kind.CLIENT, attributes={"service.peer.name": "10.0.0.7"})) == "{}"


@pytest.mark.parametrize(
    ("server", "called"),
    [
        ("GET /orders/{id}", "GET /orders/{}"),
        ("GET /orders/{id}/lines/:line", "GET /orders/{}/lines/{}"),
        ("grpc shop.Cart/Get", "grpc shop.Cart/Get"),
        ("POST /graphql query Cart", "POST /graphql"),
    ],
)
def test_a_server_says_what_its_caller_called_it(server: str, called: str) -> None:
    """The request that a server answers has the name that the caller's own span would have."""
    operation = as_called(Operation("cart", Kind.SERVER, server), "shop")
    assert operation == ("shop", Kind.CLIENT, called)


def test_what_is_carried_is_said_once() -> None:
    """A name that ends with it already says it."""
    assert with_carried("POST /graphql", "query Cart") == "POST /graphql query Cart"
    assert with_carried("run/mails.send", "mails.send") == "run/mails.send"
    assert with_carried("send orders", "") == "send orders"


@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=400))
def test_names_are_bounded(name: str, peer: str, job: str) -> None:
    """Whatever comes in, at most 200 characters come out."""
    attributes = {"service.peer.name": peer, "job.name": job}
    for kind in (Kind.CLIENT, Kind.CONSUMER):
        assert len(named(attributes, kind, name)) <= MAX_NAME
