"""Signatures: what failures of one kind have in common, and what distinguishes kinds."""

from typing import Any

from monitor.flows.flow import Failure, Flow, FlowId, Node, Operation, Outcome
from monitor.flows.notes import asks
from monitor.ledgers.recall.signature import MOST_SERVERS, Signature, signature_of
from monitor.wire.span import Kind
from tests.rows import row

ORDERS = FlowId("shop", "POST /orders")
GATEWAY = Operation("edge", Kind.SERVER, "/*")
ENTRY = Operation("shop", Kind.SERVER, "POST /orders")
CHARGE = Operation("shop", Kind.CLIENT, "POST /charge")
PAYMENTS = Operation("payments", Kind.SERVER, "POST /charge")
QUERY = Operation("payments", Kind.CLIENT, "postgresql INSERT charges")


def failed(*chain: Operation, error: str = "500", notes: tuple[str, ...] = (), **more: Any) -> Flow:
    """A row of which each operation calls the next one, and the last one explains the end."""
    shape = tuple(Node(operation, place - 1) for place, operation in enumerate(chain))
    shape = (*shape[:-1], shape[-1]._replace(notes=notes))
    made = row(1, outcome=Outcome.FAILED)._replace(shape=shape, failure=Failure(len(shape) - 1, error))
    return made._replace(**more)


def signed(*chain: Operation, **more: Any) -> Signature | None:
    return signature_of(failed(*chain, **more), ORDERS)


def test_rows_without_a_failure_have_none() -> None:
    """What ended well has no signature, nor what releases wrote that did not say why."""
    assert signature_of(row(1), ORDERS) is None
    assert signature_of(row(1, outcome=Outcome.FAILED), ORDERS) is None


def test_what_distinguishes_kinds() -> None:
    """Outcome, operation, error, the way there, and the service that a call says it asks."""
    one = signed(ENTRY, CHARGE)
    others = [
        signed(ENTRY, CHARGE, outcome=Outcome.CLIENT_ERROR),
        signed(ENTRY, QUERY._replace(service="shop")),
        signed(ENTRY, CHARGE, error="503"),
        signed(ENTRY, PAYMENTS, CHARGE),
        signed(ENTRY, CHARGE, notes=(asks("payments"),)),
    ]
    assert one == Signature(Outcome.FAILED, CHARGE, "500")
    assert len({one, *others}) == 6
    assert len({each.id(ORDERS) for each in (one, *others) if each}) == 6
    assert one.id(ORDERS) != one.id(FlowId("shop", "POST /refunds"))


def test_what_stands_in_front_is_no_part_of_it() -> None:
    """A gateway in front of the flow's own entry is there in production, and seldom in tests."""
    assert signed(GATEWAY, ENTRY, CHARGE, PAYMENTS, QUERY) == signed(ENTRY, CHARGE, PAYMENTS, QUERY)
    assert signed(ENTRY, CHARGE, PAYMENTS, QUERY) == Signature(Outcome.FAILED, QUERY, "500", (PAYMENTS,))


def test_ways_in_a_circle_end() -> None:
    """Services that call each other again and again are named once each, and a long way is cut."""
    back = (CHARGE, PAYMENTS) * 50
    assert signed(ENTRY, *back, QUERY) == signed(ENTRY, CHARGE, PAYMENTS, QUERY)
    long = [Operation(f"s{n}", Kind.SERVER, "GET /") for n in range(30)]
    cut = signed(ENTRY, *long, QUERY)
    assert cut is not None and cut.via == tuple(long[:MOST_SERVERS])


def test_an_entry_with_free_parts_is_called_as_its_group() -> None:
    """Flows that are counted as one have one signature where their entries fail by themselves."""
    group = FlowId("shop", "GET {other}")
    for path in ("GET /a", "GET /b"):
        made = failed(Operation("shop", Kind.SERVER, path), id=FlowId("shop", path))
        signature = signature_of(made, group)
        assert signature == Signature(Outcome.FAILED, Operation("shop", Kind.SERVER, "GET {other}"), "500")


def test_detail() -> None:
    """A call that failed had no answer, which says something; a server that only failed says nothing."""
    bare, call = signed(ENTRY, error=""), signed(ENTRY, CHARGE, error="")
    assert bare and call and (bare.has_detail, call.has_detail) == (False, True)


def test_packed() -> None:
    """A signature comes back from plain values."""
    one = signed(ENTRY, PAYMENTS, QUERY, notes=(asks("db"),))
    assert one and Signature.unpack(one.pack()) == one
