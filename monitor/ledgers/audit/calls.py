"""The calls of a row, and what of each is recorded: a partner, an outcome, its payload."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from monitor.flows.flow import Flow, FlowId, Node, Operation, Outcome
from monitor.flows.graded import Payload, graded
from monitor.flows.notes import asked, found_at
from monitor.traces.tree import ENTRY_KINDS
from monitor.wire.span import Kind

CALLERS = (Kind.CLIENT, Kind.PRODUCER)
PARTNER, OUTCOME, PAYLOAD = 1, 2, 4
"""What a call may lack, as bits."""

Answering = Callable[[FlowId, Operation], str]
"""The service whose span is the partner of a call of a flow, as a rule, somewhere; '' where none is known."""


class Called(NamedTuple):
    """Which call it is: one for all calls of its kind in a flow. service: who is asked, '' if unknown."""

    flow: str
    caller: str
    call: str
    service: str


class Call(NamedTuple):
    """One call of a row. place: of its span in the shape. partner: None where no span of it is due."""

    place: int
    called: Called
    partner: bool | None
    outcome: Outcome | None
    payload: Payload

    @property
    def lacks(self) -> int:
        """What is not recorded of it; whether a payload is due shows in other calls of its kind."""
        return (
            PARTNER * (self.partner is False)
            | OUTCOME * (self.outcome is None)
            | PAYLOAD * (self.payload is Payload.NOTHING)
        )


def calls_of(flow: Flow, answering: Answering) -> Iterator[Call]:
    """The test's own request, and every call that a client or producer below it makes.

    What either side says of a call is known of it.
    """
    partners = _partners(flow)
    yield _entry(flow)
    for place, node in enumerate(flow.shape):
        if place and node.operation.kind in CALLERS:
            yield _call(flow, place, partners.get(place), answering)


def _partners(flow: Flow) -> dict[int, int]:
    """Place of a call -> place of the span of who answers it."""
    return {
        node.parent: place
        for place, node in enumerate(flow.shape)
        if place and node.operation.kind in ENTRY_KINDS and flow.shape[node.parent].operation.kind in CALLERS
    }


def _entry(flow: Flow) -> Call:
    grade = graded(flow.grades[0])
    operation = flow.shape[0].operation
    called = Called(str(flow.id), "", operation.name, operation.service)
    return Call(0, called, True if operation.kind in ENTRY_KINDS else None, grade.outcome, grade.payload)


def _call(flow: Flow, place: int, partner: int | None, answering: Answering) -> Call:
    node, own = flow.shape[place], graded(flow.grades[place])
    about = (str(flow.id), node.operation.service, node.operation.name)
    if partner is not None:
        other = graded(flow.grades[partner])
        called = Called(*about, flow.shape[partner].operation.service)
        return Call(place, called, True, own.outcome or other.outcome, max(own.payload, other.payload))
    due = answering(flow.id, node.operation)
    called = Called(*about, due or _stated(node))
    return Call(place, called, False if due else None, own.outcome, own.payload)


def _stated(node: Node) -> str:
    """Whom a caller says that it asks."""
    return asked(node.notes) or found_at(node.notes)
