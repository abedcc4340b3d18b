"""One vocabulary, whatever the generation of semantic conventions."""

import pytest

from monitor.wire.bodies import BODIES
from monitor.wire.semconv import RESOURCE_NAMES, SPAN_NAMES, Vocabulary
from monitor.wire.values import text_of
from tests.unit.wire.requests import Values, decode, sent


def attributes(values: Values) -> dict[str, str]:
    """What is kept of a span's attributes after a way over the wire."""
    (span,) = decode([sent(attributes=values)])
    return dict(span.facts.attributes)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            {"http.method": "GET", "http.status_code": 200, "http.route": "/a"},
            {"http.request.method": "GET", "http.response.status_code": 200, "http.route": "/a"},
        ),
        (
            {
                "rpc.system": "grpc",
                "rpc.service": "shop.Cart",
                "rpc.method": "Get",
                "rpc.grpc.status_code": 5,
            },
            {"rpc.system.name": "grpc", "rpc.method": "shop.Cart/Get", "rpc.status_code": "NOT_FOUND"},
        ),
        (
            {"rpc.system": "apache_dubbo", "rpc.response.status_code": "OK"},
            {"rpc.system.name": "dubbo", "rpc.status_code": "OK"},
        ),
        (
            {
                "messaging.system": "kafka",
                "messaging.operation": "publish",
                "messaging.destination": "orders",
            },
            {
                "messaging.system": "kafka",
                "messaging.operation.type": "send",
                "messaging.destination.name": "orders",
            },
        ),
        (
            {"db.system": "mssql", "db.name": "shop", "db.sql.table": "orders", "db.operation": "SELECT"},
            {
                "db.system.name": "microsoft.sql_server",
                "db.namespace": "shop",
                "db.collection.name": "orders",
                "db.operation.name": "SELECT",
            },
        ),
        ({"peer.service": "payment"}, {"service.peer.name": "payment"}),
        (
            {"http.method": "GET", "http.target": "/orders/17?page=2"},
            {"http.request.method": "GET", "url.path": "/orders/4711"},
        ),
        (
            {"http.method": "GET", "http.url": "http://payments/charges/17"},
            {"http.request.method": "GET", "url.full": "https://payments.example/charges/18?a=b"},
        ),
        (
            {
                "db.type": "postgres",
                "db.instance": "shop",
                "db.statement": "SELECT * FROM orders WHERE a = 1",
            },
            {"db.system.name": "postgresql", "db.namespace": "shop", "db.query.summary": "SELECT orders"},
        ),
        ({"messaging.temp_destination": True}, {"messaging.destination.temporary": True}),
        (
            {"celery.action": "apply_async", "celery.task_name": "mails.send"},
            {"messaging.operation.type": "send", "job.name": "mails.send"},
        ),
        ({"http.user_agent": "kube-probe/1.29"}, {"user_agent.original": "kube-probe/1.30"}),
        (
            {"nservicebus.enclosed_message_types": "Shop.Placed, Shop, Version=1.0.0.0;Shop.IEvent"},
            {"messaging.masstransit.message_types": "urn:message:Shop:Placed,urn:message:Shop:IEvent"},
        ),
    ],
)
def test_generations_agree(old: Values, new: Values) -> None:
    """Old names and values give what the new ones give."""
    assert attributes(old) == attributes(new) != {}


def test_new_name_wins() -> None:
    """Where both generations stand on a span, the new one counts, whatever the order."""
    both = {"http.method": "POST", "http.request.method": "GET"}
    assert attributes(both) == attributes(dict(reversed(both.items()))) == {"http.request.method": "GET"}


def test_first_of_equal_names_wins() -> None:
    """Of an attribute that is there twice, the first counts, as in the Collector."""
    assert Vocabulary().translate([("http.route", "/a"), ("http.route", "/b")]) == {"http.route": "/a"}


def test_nothing_with_user_values_is_kept() -> None:
    """Full URLs, statements, ids and bodies never pass."""
    private = {
        "url.full": "https://shop/?card=4111",
        "url.path": "/u/4111",
        "http.url": "https://shop/?card=4111",
        "http.target": "/u/4111",
        "db.statement": "select 4111",
        "db.query.text": "select 4111",
        "enduser.id": "4111",
        "http.request.header.authorization": "4111",
        "http.request.body.content": "4111",
        "exception.message": "4111",
        "test.note": "4111",
    }
    (span,) = decode([sent(attributes=private)], {"service.name": "shop", "host.id": "4111"})
    assert "4111" not in repr(span)


def test_resource() -> None:
    """A resource keeps what names the service and its environment, and nothing of the machine."""
    (span,) = decode(
        [sent()],
        {
            "service.name": "shop",
            "service.version": "1.2",
            "deployment.environment": "prod",
            "telemetry.sdk.language": "java",
            "host.name": "node-7",
            "service.instance.id": "4b1",
        },
    )
    assert span.facts.resource == {
        "deployment.environment.name": "prod",
        "service.name": "shop",
        "service.version": "1.2",
        "telemetry.sdk.language": "java",
    }


def test_empty_values_are_none() -> None:
    """An empty or nested value says nothing."""
    assert attributes({"http.route": "", "error.type": " "}) == {}
    assert attributes({"http.request.method": "", "http.method": "GET"}) == {"http.request.method": "GET"}


def test_kept_names_are_the_newest() -> None:
    """Every name that facts may hold is its own newest name, but for bodies, which nobody has asked for."""
    vocabulary = Vocabulary(["custom"])
    names = (*SPAN_NAMES, *RESOURCE_NAMES, "custom")
    assert {name for name in names if vocabulary.newest(name)[0] != name} == BODIES
    assert vocabulary.newest("url.query") == ("", 0)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (
            {"http.request.method": "GET", "http.route": "/a/{id}", "url.path": "/a/17"},
            {"http.route": "/a/{id}"},
        ),
        (
            {"http.request.method": "GET", "url.template": "/a/{id}", "url.full": "/a/17"},
            {"url.template": "/a/{id}"},
        ),
        (
            {"http.request.method": "GET", "http.route": "/**", "url.path": "/a/17"},
            {"http.route": "/**", "url.path": "/a/{}"},
        ),
        ({"url.path": "/a/17"}, {}),
        ({"db.system.name": "mysql", "db.query.text": "SELECT 1 FROM t"}, {"db.query.summary": "SELECT t"}),
        (
            {
                "db.system.name": "mysql",
                "db.query.summary": "SELECT t u",
                "db.query.text": "SELECT 1 FROM t, u",
            },
            {"db.query.summary": "SELECT t u"},
        ),
        (
            {
                "db.operation.name": "SELECT",
                "db.collection.name": "t",
                "db.system.name": "mysql",
                "db.query.text": "SELECT 1 FROM t",
            },
            {"db.operation.name": "SELECT", "db.collection.name": "t"},
        ),
        ({"db.query.text": "SELECT 1 FROM t"}, {}),
        (
            {"messaging.system": "active_job", "code.namespace": "RefundJob"},
            {"messaging.system": "active_job", "code.namespace": "RefundJob"},
        ),
        ({"code.namespace": "shop.Cart"}, {}),
    ],
)
def test_paths_and_statements_are_kept_where_nothing_better_is(given: Values, kept: Values) -> None:
    """A path where no route names the request, a statement's words where nothing names the query."""
    context = ("http.request.method", "db.system.name")
    found = {name: value for name, value in attributes(given).items() if name not in context}
    assert found == kept


def test_an_attribute_that_the_settings_name_is_kept_as_it_is() -> None:
    """An environment may be reported by a URL; then the URL is not reduced."""
    vocabulary = Vocabulary(["url.full"])
    assert vocabulary.kept([("url.full", "https://prod.shop/17")]) == (("url.full", "https://prod.shop/17"),)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (200, "200"),
        (200.0, "200"),
        (0.5, "0.5"),
        (1e300, "1e+300"),
        (float("inf"), "inf"),
        (True, "true"),
        (False, "false"),
        (None, ""),
        ([1], ""),
    ],
)
def test_text_of(value: object, text: str) -> None:
    """Numbers, truth values and text become text; whole numbers look the same in every type."""
    assert text_of(value) == text
