"""Services in addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.wire.address import service_at
from monitor.wire.span import Kind
from monitor.wire.values import PEER
from tests.unit.wire.requests import Values, decode, sent


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("payments", "payments"),
        ("Payments-v2:8080", "payments-v2"),
        ("payments.shop.svc.cluster.local", "payments"),
        ("payments.shop.svc", "payments"),
        ("payments.service.consul", "payments"),
        ("payments.lan.", "payments"),
        ("payments.example.com", ""),
        ("localhost", ""),
        ("10.0.0.7", ""),
        ("fe80::1", ""),
        ("db01.lan", ""),
        ("web-0.web.shop.svc", ""),
        ("ip-10-0-0-7.eu-west-1.compute.internal", ""),
        ("", ""),
    ],
)
def test_the_service_at_an_address(address: str, service: str) -> None:
    """Its name where it has one inside of a network; machines and the world outside have none."""
    assert service_at(address) == service


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("localhost:8089", "loopback"),
        ("shop.localhost", "loopback"),
        ("127.0.0.1", "loopback"),
        ("[::1]:8080", "loopback"),
        ("::1", "loopback"),
        ("127.1.2.3", "loopback"),
        ("host.docker.internal", "container host"),
        ("host.testcontainers.internal:49153", "container host"),
        ("172.17.0.1", "container host"),
        ("payments", "private"),
        ("Payments-v2:8080", "private"),
        ("payments.shop", "private"),
        ("payments.shop.svc.cluster.local", "private"),
        ("ip-10-0-0-7.ec2.internal", "private"),
        ("10.0.0.7:5432", "private"),
        ("fd00::7", "private"),
        ("192.168.0.4", "private"),
        ("payments.test", "private"),
        ("api.stripe.com", "public"),
        ("api.stripe.com:443", "public"),
        ("stripe.com", "public"),
        ("orders.abc.eu-west-1.rds.amazonaws.com.", "public"),
        ("52.95.110.1", "public"),
        ("payments-wiremock-1", "stub WireMock"),
        ("wiremock", "stub WireMock"),
        ("stripe-mock.shop.svc", "stub mock"),
        ("sqs.localhost.localstack.cloud", "stub LocalStack"),
        ("", ""),
        ("/var/run/app.sock", ""),
        ("what is this", ""),
    ],
)
def test_where_a_caller_asks(address: str, place: str) -> None:
    """Its place, or the stub that it is; of nothing that is no host anything."""
    (span,) = decode([sent(kind=Kind.CLIENT, attributes={"server.address": address})])
    assert span.facts.attributes.get(PEER, "") == place


@pytest.mark.parametrize(
    ("attributes", "place"),
    [
        ({"net.peer.name": "localhost"}, "loopback"),
        ({"http.host": "api.stripe.com:443"}, "public"),
        ({"peer.service": "payments-mock", "server.address": "10.0.0.7"}, "stub mock"),
        ({"peer.service": "payments", "server.address": "wiremock"}, "stub WireMock"),
        ({PEER: "public"}, ""),
    ],
)
def test_what_shows_where_a_caller_asks(attributes: Values, place: str) -> None:
    """Old and new names of the address, and whom the caller says it asks; never a word of ours."""
    (span,) = decode([sent(kind=Kind.CLIENT, attributes=attributes)])
    assert span.facts.attributes.get(PEER, "") == place


def test_only_who_asks_shows_where() -> None:
    """What a server is called is up to whoever calls it."""
    (span,) = decode([sent(kind=Kind.SERVER, attributes={"server.address": "wiremock"})])
    assert PEER not in span.facts.attributes


def test_a_stub_that_has_the_name_of_its_service_is_that() -> None:
    """As somebody decided by an alias."""
    facts = {"server.address": "payments-mock"}
    (span,) = decode([sent(kind=Kind.CLIENT, attributes=facts)], aliases={"*-mock": "*"})
    assert (span.facts.attributes[PEER], span.facts.attributes["server.address"]) == ("private", "payments")


@given(st.text())
def test_any_address(address: str) -> None:
    """Nothing that somebody sent gets in but short words."""
    assert len(service_at(address).split(" ")) == 1


@pytest.mark.parametrize(
    ("kind", "beside", "kept"),
    [
        (Kind.CLIENT, {}, True),
        (Kind.SERVER, {}, False),
        (Kind.CLIENT, {"peer.service": "payments"}, False),
        (Kind.CLIENT, {"db.system": "redis"}, False),
        (Kind.PRODUCER, {"messaging.system": "kafka"}, False),
    ],
)
def test_whose_address_is_kept(kind: Kind, beside: Values, kept: bool) -> None:
    """That of a caller which says nothing better; what a server is called is up to whoever calls it."""
    (span,) = decode([sent(kind=kind, attributes={"server.address": "payments", **beside})])
    assert ("server.address" in span.facts.attributes) is kept
