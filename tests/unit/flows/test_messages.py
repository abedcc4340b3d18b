"""Names of what is done with messages."""

import pytest

from monitor.flows.messages import message
from monitor.flows.operation import operation
from monitor.wire.span import Kind
from tests.factories import facts

SYSTEM = {"messaging.system": "kafka"}
TYPE, NAME = "messaging.operation.type", "messaging.destination.name"
RABBIT = {"messaging.system": "rabbitmq", TYPE: "send"}
ROUTING = "messaging.rabbitmq.destination.routing_key"


@pytest.mark.parametrize(
    ("kind", "name", "attributes", "named"),
    [
        (Kind.PRODUCER, "x", {TYPE: "send", NAME: "orders"}, "send orders"),
        (Kind.PRODUCER, "x", {NAME: "orders"}, "send orders"),
        (Kind.CONSUMER, "x", {NAME: "orders"}, "process orders"),
        (Kind.CONSUMER, "orders receive", {NAME: "orders"}, "receive orders"),
        (Kind.PRODUCER, "orders send", {}, "send orders"),
        (Kind.PRODUCER, "send orders", {}, "send orders"),
        (Kind.CLIENT, "orders publish", SYSTEM, "send orders"),
        (Kind.CONSUMER, "consume orders", {}, "process orders"),
        (Kind.INTERNAL, "process orders", {}, ""),
        (Kind.CONSUMER, "handle order", {}, ""),
        (Kind.CLIENT, "connect", SYSTEM, ""),
        (Kind.CLIENT, "x", {NAME: "orders", "rpc.method": "SQS/DeleteMessage"}, "DeleteMessage orders"),
        (Kind.CLIENT, "x", {NAME: "orders", "rpc.method": "SQS/SendMessageBatch"}, "send orders"),
        (Kind.PRODUCER, "x", {NAME: "orders-17"}, "send orders-{}"),
        (Kind.PRODUCER, "x", {NAME: "a", "messaging.destination.template": "a-{region}"}, "send a-{region}"),
        (Kind.PRODUCER, "x", {NAME: "q", "messaging.destination.temporary": "true"}, "send {temporary}"),
        (Kind.PRODUCER, "x", {NAME: "q", "messaging.destination.anonymous": "true"}, "send {temporary}"),
        (Kind.PRODUCER, "x", {NAME: "q", "messaging.destination.temporary": "false"}, "send q"),
        (Kind.PRODUCER, "x", {NAME: "0f8fad5bd9cb469fa16570867728950e"}, "send {temporary}"),
        (Kind.CONSUMER, "amq.gen-JzTY20BRgKO-HjmUJj0wLg process", SYSTEM, "process {temporary}"),
        (Kind.PRODUCER, "x", {**RABBIT, NAME: "shop", ROUTING: "order.placed"}, "send shop"),
        (Kind.PRODUCER, "x", {**RABBIT, NAME: "shop:order.placed", ROUTING: "order.placed"}, "send shop"),
        (Kind.PRODUCER, "x", {**RABBIT, NAME: "shop:placed:mail", ROUTING: "placed"}, "send shop:mail"),
        (Kind.PRODUCER, "x", {**RABBIT, NAME: "amq.default", ROUTING: "mails"}, "send mails"),
        (Kind.PRODUCER, "x", {**RABBIT, ROUTING: "mails"}, "send mails"),
    ],
)
def test_verb_and_destination(kind: Kind, name: str, attributes: dict[str, str], named: str) -> None:
    """From attributes, else from the name of the span, else from its kind."""
    assert message(facts("shop", name, kind, attributes=attributes)) == named


def test_who_sends_a_message_is_its_producer() -> None:
    """Some libraries make a client's span of it; what else a client asks of a broker is a client's."""
    for asked, kind in (("SQS/SendMessage", Kind.PRODUCER), ("SQS/DeleteMessage", Kind.CLIENT)):
        said = facts("shop", "x", Kind.CLIENT, attributes={NAME: "orders", "rpc.method": asked})
        assert operation(said).kind is kind


@pytest.mark.parametrize(
    "attributes", [{}, {"http.request.method": "POST"}, {"rpc.system.name": "grpc"}, {"kind": "mail"}]
)
def test_a_client_that_sends_anything_else_stays_a_client(attributes: dict[str, str]) -> None:
    """The name of a span alone makes no message of a mail that is sent over HTTP."""
    assert operation(facts("shop", "send email", Kind.CLIENT, attributes=attributes)).kind is Kind.CLIENT


@pytest.mark.parametrize(
    "attributes", [SYSTEM, {NAME: "email", TYPE: "send"}, {"messaging.system": "rabbitmq", TYPE: "send"}]
)
def test_a_client_that_says_that_it_is_about_messages_sends_one(attributes: dict[str, str]) -> None:
    """By any of the attributes of messages."""
    assert operation(facts("shop", "send email", Kind.CLIENT, attributes=attributes)).kind is Kind.PRODUCER
