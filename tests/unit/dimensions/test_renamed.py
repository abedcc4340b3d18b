"""Two names of one call: what they may say apart, and what contradicts."""

import pytest

from monitor.dimensions.renamed import may_be_one
from monitor.dimensions.same_data import ask_the_same_data
from monitor.flows.flow import Operation
from monitor.wire.span import Kind
from tests.traits import client


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        ("GET", "GET /stock/{}", True),
        ("grpc shop.Cart/Get", "grpc Cart/Get", True),
        ("grpc shop.Cart/Get", "POST /shop.Cart/Get", True),
        ("StockClient.find", "GET /stock/{}", True),
        ("GET /stock/{}", "GET /inventory/stock/{}", True),
        ("GET /stock", "POST /stock", False),
        ("GET", "POST", False),
        ("GET /stock", "GET /price", False),
        ("grpc shop.Cart/Get", "grpc Cart/Put", False),
        ("POST /graphql query Cart", "POST /graphql mutation Pay", False),
        ("POST /graphql", "POST /graphql query Cart", True),
    ],
)
def test_names_of_one_request_contradict_in_nothing(one: str, other: str, fits: bool) -> None:
    """What one name leaves out contradicts nothing, whichever side it is on."""
    assert may_be_one(client(one), client(other)) is fits
    assert may_be_one(client(other), client(one)) is fits


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("mysql SELECT carts", "mysql carts", True),
        ("mysql SELECT shop.carts", "mysql SELECT carts", True),
        ("mysql SELECT carts", "mysql SELECT", True),
        ("mysql SELECT carts", "SELECT shop.carts", True),
        ("mysql SELECT carts", "other_sql SELECT carts", True),
        ("SELECT carts", "SELECT shop.carts", True),
        ("mongodb find carts", "carts.find", True),
        ("azure.cosmosdb ReadItem carts", "azure.cosmosdb read_item carts", True),
        ("mysql SELECT carts", "db.query", True),
        ("mysql SELECT carts", "mysql", True),
        ("mysql SELECT carts", "postgresql", False),
        ("mysql SELECT carts", "CartRepository.find", False),
        ("mysql SELECT", "sqlite SELECT", False),
        ("POST /charge", "db.query", False),
        ("GET /rates", "db.query", False),
        ("DELETE /x", "mysql", False),
        ("mysql SELECT carts", "mysql UPDATE carts", False),
        ("mysql SELECT a.carts", "mysql SELECT b.carts", False),
        ("mysql SELECT carts", "mysql SELECT orders", False),
        ("mysql SELECT carts", "sqlite SELECT carts", True),
        ("redis HGET", "valkey HGET", True),
        ("redis GET", "memcached GET", False),
        ("mysql SELECT carts", "clickhouse SELECT carts", False),
        ("redis HGET", "redis HSET", False),
        ("send order mail", "send mail", False),
    ],
)
def test_the_same_data_is_system_and_collection(one: str, other: str, same: bool) -> None:
    """Parts of it may be left out; what both say must be the same, but for the system if both are known."""
    assert ask_the_same_data(client(one), client(other)) is same
    assert ask_the_same_data(client(other), client(one)) is same


def test_calls_of_other_services_or_kinds_are_others() -> None:
    """Whatever they are called."""
    assert not may_be_one(client("GET"), client("GET", service="cart"))
    assert not may_be_one(client("GET"), Operation("shop", Kind.PRODUCER, "GET"))
    assert not ask_the_same_data(client("mysql SELECT a"), client("mysql a", service="cart"))
