"""Names of operations: the first convention that applies, free-form parts templated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.flows.operation import MAX_NAME, operation, template
from monitor.wire.span import Kind
from tests.factories import facts

HTTP = {"http.request.method": "GET"}
KAFKA = {"messaging.system": "kafka", "messaging.operation.type": "send"}
SQL = {"db.system.name": "postgresql"}


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({**HTTP, "http.route": "/cart/{id}", "url.template": "/x"}, "GET /cart/{id}"),
        ({**HTTP, "url.template": "/cart/{id}", "rpc.method": "x"}, "GET /cart/{id}"),
        ({"rpc.system.name": "grpc", "rpc.method": "shop.Cart/Get"}, "grpc shop.Cart/Get"),
        ({"rpc.method": "shop.Cart/Get"}, "shop.Cart/Get"),
        ({**KAFKA, "messaging.destination.name": "orders-17"}, "send orders-{}"),
        (
            {
                **KAFKA,
                "messaging.destination.template": "orders-{region}",
                "messaging.destination.name": "orders-eu",
            },
            "send orders-{region}",
        ),
        (
            {**SQL, "db.operation.name": "SELECT", "db.collection.name": "orders_2024"},
            "postgresql SELECT orders_{}",
        ),
        ({**SQL, "db.query.summary": "SELECT orders"}, "postgresql SELECT orders"),
        ({**SQL, "db.operation.name": "COMMIT"}, "postgresql COMMIT"),
        (SQL, "span name"),
        (HTTP, "span name"),
        ({}, "span name"),
    ],
)
def test_the_first_convention_names(attributes: dict[str, str], name: str) -> None:
    """Telemetry rule 8, row by row."""
    named = operation(facts("cart", "span name", Kind.SERVER, attributes=attributes))
    assert named == ("cart", Kind.SERVER, name)


@pytest.mark.parametrize(
    ("text", "templated"),
    [
        ("GET /cart/17/items", "GET /cart/{}/items"),
        ("job 3f2504e0-4f89-11d3-9a0c-0305e82c3301 done", "job {} done"),
        ("lock 0xdeadbeef1", "lock {}"),
        ("commit 9fceb02d0ae598e95dc970b74767f19372d61af8", "commit {}"),
        ("mail ada.l@example.org now", "mail {} now"),
        ("token eyJhbGciOiJIUzI1NiIsInR5cCI6", "token {}"),
        ("release 1.14.2", "release {}"),
        ("shop.v1.Cart/Get", "shop.v1.Cart/Get"),
        ("Recv.deadbeef", "Recv.deadbeef"),
        ("AbstractTransactionalDataSourceFactory.create", "AbstractTransactionalDataSourceFactory.create"),
        ("s3 PutObject", "s3 PutObject"),
    ],
)
def test_free_form_parts_are_templated(text: str, templated: str) -> None:
    """Numbers, UUIDs, hex, long tokens and e-mail addresses become `{}`; words stay."""
    assert template(text) == templated


def test_a_declared_peer_belongs_to_what_a_client_does() -> None:
    """An edge is named from the caller's side, with the partner where one is declared."""
    peer = {**HTTP, "http.route": "/charge", "service.peer.name": "payments"}
    assert operation(facts(kind=Kind.CLIENT, attributes=peer)).name == "GET /charge @payments"
    assert operation(facts(kind=Kind.SERVER, attributes=peer)).name == "GET /charge"


@given(st.text(max_size=400), st.text(max_size=400))
def test_names_are_bounded(name: str, peer: str) -> None:
    """Whatever comes in, at most 200 characters come out."""
    named = operation(facts(name=name, kind=Kind.CLIENT, attributes={"service.peer.name": peer}))
    assert len(named.name) <= MAX_NAME
