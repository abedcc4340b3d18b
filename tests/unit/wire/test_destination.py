"""Names of destinations without their place, and those that brokers make up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.wire.destination import TEMPORARY, bare_destination


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("orders", "orders"),
        ("shop.orders.placed", "shop.orders.placed"),
        ("arn:aws:sns:eu-west-1:123456789012:orders", "orders"),
        ("https://sqs.eu-west-1.amazonaws.com/123456789012/orders", "orders"),
        ("projects/shop-prod/topics/orders", "orders"),
        ("projects/shop-prod/subscriptions/orders-mail", "orders-mail"),
        ("rabbitmq://broker/shop/orders?durable=true", "orders"),
        ("queue://orders", "orders"),
        ("amq.topic", "amq.topic"),
        ("orders.replies", "orders.replies"),
        ("response-times", "response-times"),
        ("temperature-readings", "temperature-readings"),
    ],
)
def test_where_a_destination_is_says_nothing(name: str, bare: str) -> None:
    """Accounts, projects, brokers and options go; the name stays."""
    assert bare_destination(name) == bare


@pytest.mark.parametrize(
    "name",
    [
        "amq.gen-JzTY20BRgKO-HjmUJj0wLg",
        "amq.rabbitmq.reply-to.g1h2AA5yZXBseUAxNDk5MQ",
        "spring.gen-4Mz3kOYkR0mZ1v3gyJ0ahw",
        "orders.anonymous.qTXoKv5tSpicX3C8WI9s3w",
        "_INBOX.22RSe8fWOPSVbx3BcSqPbd.3mE",
        "temp-queue://ID:node-34251-1700000000000-1:1:1",
        "ID:node-34251-1700000000000-1:1:1",
        "$TMP$.EMS-SERVER.3E4A",
        "AMQ.5EA1B2C3D4E5F601",
        "host_dotnet_bus_yyyyygnryebnxn8ubdptnkjnx5",
        "rabbitmq://queue/amq.gen-JzTY20BRgKO",
        "(anonymous)",
        "(temporary)",
    ],
)
def test_made_up_names_are_one(name: str) -> None:
    """What each broker and library makes up by itself."""
    assert bare_destination(name) == TEMPORARY


@given(st.uuids(), st.sampled_from(("{}", "reply-{}", "shop.response.{}", "{}.reply.celery.pidbox")))
def test_reply_queues_are_temporary(unique: object, form: str) -> None:
    """A UUID alone, or beside a word that says reply, is of one conversation."""
    assert bare_destination(form.format(unique)) == TEMPORARY
