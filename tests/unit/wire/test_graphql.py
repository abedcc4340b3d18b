"""What is kept of GraphQL documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.wire.graphql import operation_of

CARTS = (
    'query Carts($owner: ID = "query Pay { x }", $query: [Filter!]) @live { carts(owner: $owner) { sum } }'
)


@pytest.mark.parametrize(
    ("document", "operation"),
    [
        ("query Cart { cart { sum } }", "query Cart"),
        ("  mutation Pay($id: ID!) {pay(id: $id)}", "mutation Pay"),
        ("subscription OnPaid{paid}", "subscription OnPaid"),
        ("mutation { pay }", "mutation"),
        ("{ cart }", "query"),
        (CARTS, "query Carts"),
        ("# mutation Pay { x }\nquery Cart { cart }", "query Cart"),
        ("fragment Sum on Cart { sum } query Cart { cart { ...Sum } }", "query Cart"),
        ('query Cart { find(text: """} mutation Pay { "x" }""") }', "query Cart"),
        ("query Cart { cart } mutation Pay { pay }", ""),
        ("query Cart { cart { sum", "query Cart"),
        ("select * from carts", ""),
        ("", ""),
        ("}}}{", ""),
    ],
)
def test_the_operation_of_a_document(document: str, operation: str) -> None:
    """Its kind and name where it has one operation, whatever stands beside and within; else nothing."""
    assert operation_of(document) == operation


@given(st.text())
def test_any_text(text: str) -> None:
    """Whatever comes gives an operation or nothing."""
    assert operation_of(text).split(" ")[0] in ("", "query", "mutation", "subscription")


def test_long_documents_are_read_in_part() -> None:
    """The cost is bounded."""
    assert operation_of("query Cart { " + "cart " * 100_000) == "query Cart"
    assert operation_of("#" * 100_000 + "\nquery Cart { cart }") == ""
