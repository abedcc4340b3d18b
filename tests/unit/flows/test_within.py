"""Servers' spans within a request, of libraries that answer what it carries."""

from dataclasses import replace

import pytest

from monitor.wire.span import Facts, Kind, Span
from tests.factories import facts, span
from tests.unit.flows.test_hops import C, S, step
from tests.unit.flows.test_read import read

POST = {"http.request.method": "POST", "http.route": "/graphql"}
GRAPHQL = {"graphql.operation.type": "mutation", "graphql.operation.name": "Pay"}
WITHIN = {
    "attributes": facts("web", "graphql", S, attributes=GRAPHQL),
    "strawberry": facts("web", "GraphQL Query: Pay", S, scope="strawberry"),
    "document": facts("web", "Pay", S, attributes={"graphql.document": "mutation Pay"}),
    "JSON-RPC": facts("web", "Pay", S, attributes={"rpc.system.name": "jsonrpc", "rpc.method": "Pay"}),
}


def asked_over_http(inner: Facts) -> list[Span]:
    """A request whose inner server's span says what it carries, and what that does."""
    outer = step(1, 0, "web", S, "POST /graphql", POST, start=0, duration=100)
    write = step(3, 2, "web", C, "INSERT", start=20, duration=10)
    return [outer, span(2, parent=1, of=inner, start=10, duration=80), write]


@pytest.mark.parametrize("said", WITHIN)
def test_a_server_within_a_request_names_what_it_carries(said: str) -> None:
    """Libraries of GraphQL and RPC make a server's span of their own: it is one with the request."""
    (flow,) = read(*asked_over_http(WITHIN[said]))
    assert flow.id.operation.startswith("POST /graphql ") and flow.id.operation.endswith("Pay")
    assert [node.operation.name for node in flow.shape] == [flow.id.operation, "INSERT"]


def test_a_server_or_an_internal_span_within_a_request_are_one_flow() -> None:
    """Whichever kind the library gives its span."""
    flows = [
        read(*asked_over_http(replace(WITHIN["attributes"], kind=kind)))[0] for kind in (S, Kind.INTERNAL)
    ]
    assert flows[0].id == flows[1].id


def test_several_operations_of_a_request_name_it_together() -> None:
    """A batch is the same whatever the order of its parts."""
    spans = asked_over_http(WITHIN["attributes"])
    other = facts("web", "graphql", S, attributes={**GRAPHQL, "graphql.operation.name": "Book"})
    (flow,) = read(*spans, span(4, parent=1, of=other, start=95))
    assert flow.id.operation == "POST /graphql mutation Book + mutation Pay"


def test_a_request_below_a_request_carries_nothing() -> None:
    """A server that answers over HTTP itself is asked by somebody; a service below speaks for itself."""
    inner = facts("web", "POST /other", S, attributes={**GRAPHQL, **POST, "http.route": "/other"})
    assert read(*asked_over_http(inner))[0].id.operation == "POST /graphql"
    assert (
        read(*asked_over_http(replace(WITHIN["JSON-RPC"], service="bank")))[0].id.operation == "POST /graphql"
    )
