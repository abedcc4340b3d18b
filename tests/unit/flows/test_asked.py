"""Whether two spans are about one request, by what each says of it."""

import pytest

from monitor.flows.asked import agrees, answers, asked, contradicts
from tests.factories import facts


def http(method: str = "", **more: str) -> dict[str, str]:
    said = {"http.request.method": method} if method else {}
    return said | {name.replace("_", "."): value for name, value in more.items()}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("GET /a/{id}", http("GET", http_route="/a/{id}")), ("http get /a/{id}", {})),
        (("GET", http("GET", http_route="/a/:id")), ("GET", http("GET", url_path="/a/{}"))),
        (("GET", http("GET", http_route="/a/<int:id>")), ("GET", http("GET", url_template="/a/{id}"))),
        (("GET", http("GET")), ("GET /a", http("GET", http_route="/a"))),
        (("GET", http("GET", http_route="/api/items/{id}")), ("GET", http("GET", http_route="/items/{id}"))),
        (("GET", http("GET", http_route="/api/*")), ("GET", http("GET", http_route="/items/{id}"))),
        (("POST", http("POST", url_path="/shop.Cart/Get")), ("x", {"rpc.method": "shop.Cart/Get"})),
        (("x", {"rpc.method": "shop.Cart/Get"}), ("y", {"rpc.method": "Get"})),
    ],
)
def test_one_request_in_other_words(
    one: tuple[str, dict[str, str]], other: tuple[str, dict[str, str]]
) -> None:
    """Routes in any spelling, paths, names of spans, and RPC over HTTP."""
    first, second = (asked(facts(name=name, attributes=values)) for name, values in (one, other))
    assert agrees(first, second) and agrees(second, first)
    assert not contradicts(first, second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (http("GET", http_route="/a"), http("POST", http_route="/a")),
        (http("GET", http_route="/a"), http("GET", http_route="/b")),
        (http("GET", http_route="/users/{id}/orders"), http("GET", http_route="/{id}")),
        ({"rpc.method": "shop.Cart/Get"}, {"rpc.method": "shop.Cart/Put"}),
        (
            http("POST", url_path="/v1/query"),
            {"db.system.name": "elasticsearch", "db.operation.name": "search"},
        ),
        (
            {"db.system.name": "postgresql", "db.operation.name": "SELECT", "db.collection.name": "a"},
            {"db.system.name": "postgresql", "db.operation.name": "SELECT", "db.collection.name": "b"},
        ),
        (
            {"messaging.destination.name": "orders", "messaging.operation.type": "receive"},
            {"messaging.destination.name": "orders", "messaging.operation.type": "process"},
        ),
    ],
)
def test_other_requests(one: dict[str, str], other: dict[str, str]) -> None:
    """What both say, and is not the same, is of two requests."""
    first, second = asked(facts(attributes=one)), asked(facts(attributes=other))
    assert contradicts(first, second) and contradicts(second, first)
    assert not agrees(first, second)


def test_who_says_nothing_neither_agrees_nor_contradicts() -> None:
    """A span that only has a name of its own may be about anything."""
    nothing, something = asked(facts(name="OrderController.create")), asked(facts(name="GET /orders"))
    assert not agrees(nothing, something) and not contradicts(nothing, something)
    assert not agrees(nothing, nothing)


def test_data_agree_by_what_both_say() -> None:
    """A mapper says less of a query than the driver below it, or says it as a summary."""
    driver = {"db.system.name": "postgresql", "db.operation.name": "SELECT", "db.collection.name": "orders"}
    for mapper in (
        {"db.system.name": "postgresql", "db.operation.name": "select"},
        {"db.system.name": "postgresql", "db.query.summary": "SELECT orders"},
        {"db.system.name": "postgresql", "db.collection.name": "orders"},
    ):
        assert agrees(asked(facts(attributes=mapper)), asked(facts(attributes=driver)))


def test_a_server_answers_its_gateways_request() -> None:
    """The same method and path, or what the gateway leaves of the path; nothing that takes every path."""
    entry = asked(facts(name="GET", attributes=http("GET", url_path="/api/orders/{}")))
    assert answers(entry, asked(facts(attributes=http("GET", http_route="/orders/{id}"))))
    assert answers(entry, asked(facts(attributes=http("GET", http_route="/api/orders/{id}"))))
    for other in (
        http("POST", http_route="/orders/{id}"),
        http("GET", http_route="/verify"),
        http("GET", http_route="/*"),
        http("GET", http_route="/{anything}"),
        http("GET"),
    ):
        assert not answers(entry, asked(facts(attributes=other)))
    bare = asked(facts(name="GET", attributes=http("GET")))
    assert not answers(bare, asked(facts(attributes=http("GET", http_route="/orders/{id}"))))
