"""What a caller's span says and shows of whom it asks, as notes of its place in a shape."""

import pytest

from monitor.flows.identity import FlowSettings
from monitor.flows.known import Names
from monitor.wire.span import Kind
from tests.unit.wire.requests import Values, decode, sent

HTTP: Values = {"http.request.method": "GET"}


@pytest.mark.parametrize(
    ("attributes", "notes"),
    [
        (HTTP, ()),
        ({**HTTP, "server.address": "payments"}, ("at payments", "in private")),
        ({**HTTP, "server.address": "api.stripe.com"}, ("in public",)),
        ({**HTTP, "net.peer.name": "localhost"}, ("in loopback",)),
        ({**HTTP, "server.address": "wiremock"}, ("at wiremock", "in stub WireMock")),
        ({**HTTP, "peer.service": "payments", "server.address": "10.0.0.7"}, ("asks payments", "in private")),
        ({"db.system.name": "postgresql", "server.address": "localhost"}, ("of PostgreSQL",)),
        ({"db.system": "postgres", "net.peer.name": "db.example.com"}, ("of PostgreSQL",)),
        ({"db.system": "h2"}, ("of H2",)),
        ({"db.system.name": "clickhouse", "server.address": "localhost"}, ()),
        ({"db.system.name": "aws.dynamodb", "server.address": "localhost"}, ("in loopback",)),
        ({"db.system.name": "postgresql", "server.address": "mock-db"}, ("of PostgreSQL",)),
    ],
)
def test_what_a_caller_shows(attributes: Values, notes: tuple[str, ...]) -> None:
    """A place, a stub or a system, never a host; where a database is that anybody may run says nothing."""
    spans = decode([sent(kind=Kind.CLIENT, name="call", attributes=attributes)])
    [known] = Names(FlowSettings(), lambda: None).of(spans)
    assert known.notes == notes


def test_a_server_shows_nothing_of_that() -> None:
    """Its address is what its callers write."""
    spans = decode([sent(attributes={"http.route": "/cart", "server.address": "wiremock"})])
    [known] = Names(FlowSettings(), lambda: None).of(spans)
    assert known.notes == ()
