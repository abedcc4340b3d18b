"""What a carrier carries is in the name, whoever writes it."""

from itertools import pairwise

import pytest

from monitor.flows.carried import carried, carried_within, together
from monitor.flows.operation import operation
from monitor.wire.carried import CARRIED, DOCUMENTS
from monitor.wire.encode import OutgoingSpan
from monitor.wire.span import Kind
from tests.factories import facts
from tests.unit.wire.requests import Values, decode, sent

HTTP: Values = {"http.request.method": "POST", "http.route": "/graphql"}
QUEUE: Values = {"messaging.system": "active_job", "messaging.destination.name": "default"}
WRITERS = [name for newest, older in CARRIED.items() for name in (newest, *older)]
NO_CARRIERS = ("faas.name", "faas.trigger", "db.stored_procedure.name", *DOCUMENTS)
"""Of these the name of a function or of a query is made; documents are no names."""


def named(span: OutgoingSpan) -> str:
    """The operation of a span after a way over the wire."""
    return operation(decode([span])[0].facts).name


@pytest.mark.parametrize("attribute", [name for name in WRITERS if name not in NO_CARRIERS])
@pytest.mark.parametrize("kind", [Kind.CONSUMER, Kind.PRODUCER])
def test_what_a_carrier_attribute_tells_apart_has_two_names(attribute: str, kind: Kind) -> None:
    """Each attribute of each writer, on both ends of a queue."""
    names = [named(sent(kind=kind, attributes={**QUEUE, attribute: job})) for job in ("RefundJob", "MailJob")]
    assert names[0] != names[1] and names[0].endswith("RefundJob")


@pytest.mark.parametrize(
    ("kind", "name", "attributes", "operation_name"),
    [
        (
            Kind.CONSUMER,
            "default process",
            {**QUEUE, "messaging.sidekiq.job_class": "RefundJob"},
            "process default RefundJob",
        ),
        (
            Kind.CONSUMER,
            "RefundJob process",
            {**QUEUE, "messaging.sidekiq.job_class": "RefundJob"},
            "process default RefundJob",
        ),
        (
            Kind.CONSUMER,
            "RefundJob process",
            {**QUEUE, "messaging.system": "sidekiq"},
            "process default RefundJob",
        ),
        (Kind.CONSUMER, "default process", {**QUEUE, "messaging.system": "sidekiq"}, "process default"),
        (
            Kind.CONSUMER,
            "run/mails.send",
            {"celery.action": "run", "celery.task_name": "mails.send"},
            "process mails.send",
        ),
        (Kind.INTERNAL, "RunActivity:charge", {"temporal.activity_type": "charge"}, "RunActivity:charge"),
        (
            Kind.INTERNAL,
            "cadence-ExecuteWorkflow",
            {"cadenceWorkflowType": "Order"},
            "cadence-ExecuteWorkflow Order",
        ),
        (
            Kind.SERVER,
            "POST",
            {**HTTP, "graphql.operation.type": "query", "graphql.operation.name": "Cart"},
            "POST /graphql query Cart",
        ),
        (Kind.SERVER, "POST", {**HTTP, "graphql.operation.type": "mutation"}, "POST /graphql mutation"),
        (
            Kind.SERVER,
            "POST",
            {**HTTP, "mcp.method.name": "tools/call", "gen_ai.tool.name": "weather"},
            "POST /graphql tools/call weather",
        ),
        (
            Kind.SERVER,
            "POST",
            {**HTTP, "rpc.system": "jsonrpc", "rpc.method": "getBalance"},
            "POST /graphql getBalance",
        ),
        (
            Kind.SERVER,
            "POST",
            {**HTTP, "rpc.system": "connect_rpc", "rpc.service": "s.Cart", "rpc.method": "Get"},
            "connectrpc s.Cart/Get",
        ),
        (Kind.SERVER, "clean-up-fn", {"faas.trigger": "timer"}, "timer clean-up-fn"),
        (Kind.SERVER, "handler", {"faas.trigger": "timer", "faas.name": "clean-up"}, "timer clean-up"),
        (
            Kind.CLIENT,
            "x",
            {
                "rpc.system": "aws-api",
                "rpc.service": "Lambda",
                "rpc.method": "Invoke",
                "faas.invoked_name": "mails",
            },
            "aws-api Lambda/Invoke mails",
        ),
        (
            Kind.PRODUCER,
            "x",
            {
                "messaging.system": "rabbitmq",
                "messaging.destination": "shop",
                "messaging.rabbitmq.routing_key": "order.placed",
            },
            "send shop order.placed",
        ),
        (Kind.CONSUMER, "x", {**QUEUE, "messaging.bullmq.job.name": "mail-17"}, "process default mail-{}"),
        (Kind.CONSUMER, "river.work", {"kind": "refund", "queue": "default"}, "river.work refund"),
        (Kind.CONSUMER, "river.work/refund", {"kind": "refund", "queue": "default"}, "river.work refund"),
        (Kind.CONSUMER, "sidekiq.job", {"dd.span.Resource": "RefundJob"}, "RefundJob"),
        (Kind.SERVER, "POST /soap", {**HTTP, "soap.operation": "refund"}, "POST /graphql refund"),
        (Kind.SERVER, "POST /jobs", {**HTTP, "kind": "refund", "event.type": "x"}, "POST /graphql"),
    ],
)
def test_names_of_carriers(kind: Kind, name: str, attributes: Values, operation_name: str) -> None:
    """Jobs, messages, GraphQL, MCP, RPC under a route, functions, workflows."""
    assert named(sent(kind=kind, name=name, attributes=attributes)) == operation_name


def test_every_writer_is_read_in_its_order() -> None:
    """Where two instrumentations say what is carried, the first of the table counts."""
    for first, second in pairwise(("job.name", *CARRIED["job.name"])):
        pairs = {second: "Second", first: "First"}
        assert carried(decode([sent(attributes=pairs)])[0].facts) == "First"


@pytest.mark.parametrize(
    ("attribute", "kept_as"),
    [
        ("messaging.good_job.job_class", "job.name"),
        ("messaging.job.name", "job.name"),
        ("messaging.dramatiq.task.name", "job.name"),
        ("messaging.message.event_type", "messaging.message.type"),
        ("messaging.shop.message.name", "messaging.message.type"),
        ("worker.name", ""),
        ("k8s.job.name", ""),
        ("content.type", ""),
        ("messaging.rocketmq.message.type", ""),
        ("messaging.message.id", ""),
        ("messaging.job.id", ""),
    ],
)
def test_attributes_that_no_table_has_are_read_by_their_form(attribute: str, kept_as: str) -> None:
    """Other job systems and libraries call a class, a name or a type so; a table's attribute comes first."""
    found = decode([sent(attributes={attribute: "Refund"})])[0].facts.attributes
    assert found == ({kept_as: "Refund"} if kept_as else {})
    both = {attribute: "Other", "job.name": "Refund", "messaging.message.type": "Refund"}
    assert "Other" not in decode([sent(attributes=both)])[0].facts.attributes.values()


@pytest.mark.parametrize(
    ("attribute", "kinds"),
    [
        ("kind", (Kind.CONSUMER, Kind.PRODUCER)),
        ("oban.job.worker", (Kind.CONSUMER, Kind.PRODUCER)),
        ("huey.task.name", (Kind.CONSUMER, Kind.PRODUCER)),
        ("dramatiq.actor_name", (Kind.CONSUMER, Kind.PRODUCER)),
        ("taskName", (Kind.CONSUMER, Kind.PRODUCER)),
        ("axon_payload_type", (Kind.CONSUMER, Kind.PRODUCER)),
        ("soap.action", tuple(Kind)),
    ],
)
def test_words_that_mean_something_else_elsewhere_are_believed_of_messages_alone(
    attribute: str, kinds: tuple[Kind, ...]
) -> None:
    """A `kind` is a job's where a span sends or consumes one; on other spans it is anything."""
    said = {
        kind for kind in Kind if carried(decode([sent(kind=kind, attributes={attribute: "Refund"})])[0].facts)
    }
    assert said == set(kinds)


def test_spans_of_a_request_say_what_it_carries_and_calls_do_not() -> None:
    """A call of another service by GraphQL or RPC is no part of the request's name."""
    attributes = {"graphql.operation.type": "query", "graphql.operation.name": "Cart"}
    assert carried_within(facts(kind=Kind.INTERNAL, attributes=attributes)) == "query Cart"
    for scope, words in (("io.opentelemetry.graphql-java-20.0", "mutation Pay"), ("shop", "")):
        assert carried_within(facts(name="mutation Pay", kind=Kind.INTERNAL, scope=scope)) == words
    assert carried_within(facts(kind=Kind.INTERNAL, attributes={"rpc.method": "getBalance"})) == "getBalance"
    soap = facts(name="ShopService/refund", kind=Kind.INTERNAL, scope="io.opentelemetry.jaxws-cxf-3.0")
    assert carried_within(soap) == "ShopService/refund"
    assert carried_within(facts(kind=Kind.CLIENT, attributes=attributes)) == ""
    assert carried_within(facts(kind=Kind.INTERNAL)) == ""


def test_a_batch_is_its_operations() -> None:
    """Whatever their order, and however often one comes."""
    assert together(["query B", "query A", "query B"]) == "query A + query B"
