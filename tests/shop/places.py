"""Where in a shop something can be injected: the busiest flow that has such a place."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.metamorphic.systems.model import Query
from tests.shop.model import Flow, Message, Operation, Request, Shop, Step, is_scheduled


class Place(NamedTuple):
    """A step that every request of a flow that ends well takes, and who takes it."""

    flow: Flow
    caller: Operation
    step: Step


def busiest(shop: Shop, fits: Callable[[Place], bool]) -> Place:
    """The place in the busiest flow that has one."""
    flows = sorted((flow for flow in shop.flows if not is_scheduled(flow)), key=lambda flow: -flow.weight)
    return next(place for flow in flows for place in places(flow) if fits(place))


def places(flow: Flow) -> Iterator[Place]:
    """The places of a flow."""
    return _below(flow, flow.named_by)


def _below(flow: Flow, operation: Operation) -> Iterator[Place]:
    for step in operation.steps:
        if step.when is None:
            yield Place(flow, operation, step)
            if isinstance(step.does, Request):
                yield from _below(flow, step.does.to)


def is_request(place: Place) -> bool:
    """A request to a service of the shop."""
    return isinstance(place.step.does, Request) and "." not in place.step.does.to.service


def is_external(place: Place) -> bool:
    """A request to somebody else's service."""
    return isinstance(place.step.does, Request) and "." in place.step.does.to.service


def is_message(place: Place) -> bool:
    """A message that is sent."""
    return isinstance(place.step.does, Message)


def is_repeated(place: Place) -> bool:
    """A query that is made many times."""
    return isinstance(place.step.does, Query) and place.step.times > 1


def is_authenticated(place: Place) -> bool:
    """A request that says who it is."""
    return is_request(place) and isinstance(place.step.does, Request) and bool(place.step.does.auth)


def to(place: Place) -> Operation:
    """What the step of a place asks or tells."""
    assert not isinstance(place.step.does, Query)
    return place.step.does.to
