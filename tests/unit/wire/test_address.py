"""Services in addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.wire.address import service_at
from monitor.wire.span import Kind
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
