"""Calls that their callers make no spans of: what answers them tells them."""

from monitor.dimensions.variant import variant_of
from monitor.flows.flow import Node, Operation
from monitor.wire.span import Kind

ENTRY = Operation("shop", Kind.SERVER, "POST /orders")
CALL = Operation("shop", Kind.CLIENT, "POST /charge/{}")
ANSWER = Operation("payments", Kind.SERVER, "POST /charge/{id}")
BELOW = Operation("payments", Kind.CLIENT, "postgresql INSERT charges")
INNER = Operation("shop", Kind.INTERNAL, "OrdersController")


def test_a_service_without_client_spans_makes_the_same_calls() -> None:
    """Whether or not a span of the request stands between caller and answer, the trace did the same."""
    seen = (Node(ENTRY, -1), Node(CALL, 0), Node(ANSWER, 1), Node(BELOW, 2), Node(CALL, 0), Node(ANSWER, 4))
    unseen = (Node(ENTRY, -1), Node(ANSWER, 0), Node(BELOW, 1), Node(ANSWER, 0))
    assert variant_of(seen) == variant_of(unseen)


def test_a_call_that_is_not_seen_belongs_to_the_entry_around_it() -> None:
    """INTERNAL spans between caller and answer are the parent of the call, not its caller."""
    variant = variant_of((Node(ENTRY, -1), Node(INNER, 0), Node(ANSWER, 1)))
    [call] = [each for each in variant.calls if each.operation == CALL]
    assert (call.caller, call.parent) == (ENTRY, INNER)


def test_a_server_below_its_own_service_answers_nobody_else() -> None:
    """Two spans of one service are no call between services."""
    variant = variant_of((Node(ENTRY, -1), Node(ENTRY._replace(name="GET /cart"), 0)))
    assert {call.operation.kind for call in variant.calls} == {Kind.SERVER}
