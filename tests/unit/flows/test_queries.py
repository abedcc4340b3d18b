"""Names of what is asked of a database."""

import pytest

from monitor.flows.queries import query
from monitor.wire.span import Kind
from tests.factories import facts

SQL = {"db.system.name": "postgresql"}
VERB, TABLE, SUMMARY, SPACE = "db.operation.name", "db.collection.name", "db.query.summary", "db.namespace"


@pytest.mark.parametrize(
    ("name", "attributes", "named"),
    [
        ("x", {**SQL, VERB: "select", TABLE: "orders_2024"}, "postgresql SELECT orders_{}"),
        ("x", {**SQL, SUMMARY: "SELECT orders customers"}, "postgresql SELECT orders"),
        ("x", {**SQL, VERB: "SELECT", SUMMARY: "SELECT orders"}, "postgresql SELECT orders"),
        ("x", {**SQL, VERB: "COMMIT"}, "postgresql COMMIT"),
        ("x", {**SQL, VERB: "CALL", "db.stored_procedure.name": "pay"}, "postgresql CALL pay"),
        ("SELECT * FROM orders WHERE name = 'Muster'", SQL, "postgresql SELECT orders"),
        ("SELECT shop.orders", {**SQL, SPACE: "shop"}, "postgresql SELECT orders"),
        ("SELECT a FROM orders WHERE name = 'O'Neil'", {}, "SELECT orders"),
        ("INSERT INTO orders VALUES (1)", {}, "INSERT orders"),
        ("SELECT orders", {}, ""),
        ("SELECT", SQL, "postgresql SELECT"),
        ("shop", {**SQL, SPACE: "shop"}, ""),
        ("x", {**SQL, VERB: "SELECT", TABLE: "shop.orders", SPACE: "shop"}, "postgresql SELECT orders"),
        ("x", {**SQL, VERB: "SELECT", TABLE: "public.orders"}, "postgresql SELECT orders"),
        (
            "x",
            {**SQL, VERB: "SELECT", TABLE: "shop.public.orders", SPACE: "shop"},
            "postgresql SELECT orders",
        ),
        (
            "x",
            {**SQL, VERB: "SELECT", TABLE: "archive.orders", SPACE: "shop"},
            "postgresql SELECT archive.orders",
        ),
        ("x", {**SQL, VERB: "SELECT", TABLE: "shop", SPACE: "shop"}, "postgresql SELECT shop"),
        ("HGET", {"db.system.name": "redis"}, "redis HGET"),
        ("hget", {"db.system.name": "redis", VERB: "hget"}, "redis HGET"),
        ("delete user_17", {"db.system.name": "memcached"}, "memcached DELETE"),
        ("x", {"db.system.name": "mongodb", SUMMARY: "find", TABLE: "orders"}, "mongodb find orders"),
        ('find {"name": "Bob"}', {"db.system.name": "mongodb"}, "mongodb find"),
        ("GET /orders/_search", {"db.system.name": "elasticsearch"}, ""),
        ("find orders", {"db.system.name": "mongodb"}, "mongodb find orders"),
        (
            "x",
            {"db.system.name": "elasticsearch", VERB: "search", TABLE: "orders-2024.05"},
            "elasticsearch search orders-{}",
        ),
        ("x", {SUMMARY: "SELECT orders"}, "SELECT orders"),
        ("SELECT * FROM orders", {}, "SELECT orders"),
        ("span name", SQL, ""),
    ],
)
def test_system_verb_and_collection(name: str, attributes: dict[str, str], named: str) -> None:
    """From attributes, else from the summary of a statement, else from the name of the span."""
    assert query(facts("shop", name, Kind.CLIENT, attributes=attributes)) == named
