"""Connections of drivers and pools are no calls."""

from time import perf_counter

import pytest

from monitor.flows.identity import FlowSettings
from monitor.flows.known import Names
from monitor.wire.span import Kind
from tests.factories import facts, span

SQL = {"db.system.name": "postgresql"}
REDIS = {"db.system.name": "redis"}


def kind_of(name: str, attributes: dict[str, str], kind: Kind = Kind.CLIENT, scope: str = "") -> Kind:
    """The kind of a span's operation."""
    names = Names(FlowSettings(), lambda: None)
    said = facts("shop", name, kind, attributes=attributes, scope=scope)
    [known] = names.of([span(1)._replace(facts=said)])
    return known.operation.kind


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("pg.connect", SQL),
        ("pg-pool.connect", SQL),
        ("connect", {**SQL, "db.operation.name": "connect"}),
        ("sql.connector.connect", SQL),
        ("sql.conn.reset_session", SQL),
        ("pool.acquire", SQL),
        ("PDO::__construct", SQL),
        ("redis-connect", REDIS),
        ("AUTH", {**REDIS, "db.operation.name": "AUTH"}),
        ("HELLO", {**REDIS, "db.query.summary": "HELLO"}),
    ],
)
def test_what_is_about_a_connection_is_internal(name: str, attributes: dict[str, str]) -> None:
    """Whatever the driver calls it."""
    assert kind_of(name, attributes) is Kind.INTERNAL


def test_drivers_are_known_by_their_scope_too() -> None:
    """Some spans name no system, and a host is looked up for whatever is called."""
    assert kind_of("dns.lookup", {}) is Kind.INTERNAL
    assert kind_of("sql.conn.ping", {}, scope="github.com/XSAM/otelsql") is Kind.INTERNAL


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("SELECT ping", {**SQL, "db.operation.name": "SELECT", "db.collection.name": "ping"}),
        ("ping", {**SQL, "db.query.summary": "SELECT ping"}),
        ("connect", {"http.request.method": "CONNECT"}),
        ("connect", {}),
        ("GET", {**REDIS, "db.operation.name": "GET"}),
        ("reconnect accounts", {**SQL, "db.operation.name": "EXECUTE"}),
    ],
)
def test_what_is_asked_over_a_connection_is_a_call(name: str, attributes: dict[str, str]) -> None:
    """A statement is one whatever its table is called, and so is what is about no database."""
    assert kind_of(name, attributes) is Kind.CLIENT


def test_a_name_of_many_hyphens_is_read_in_linear_time() -> None:
    """Each hyphen doubled the time once: a name of forty would never have ended."""
    began = perf_counter()
    assert kind_of("load-" * 20 + "users", SQL) is Kind.CLIENT
    assert perf_counter() - began < 1.0
