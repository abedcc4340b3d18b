"""Where traces go from one service to another: what coverage of services, dependencies and seams counts."""

from functools import lru_cache
from typing import NamedTuple

from monitor.dimensions.calls import answers, calls
from monitor.dimensions.trait import SAID, Given, Trait
from monitor.dimensions.variant import Variant
from monitor.flows.flow import Operation
from monitor.wire.span import Kind

_ENTRIES = (Kind.SERVER, Kind.CONSUMER)


class Edge(NamedTuple):
    """From a service ('' from outside) to an operation of another; service '': a call that nobody answers."""

    caller: str
    service: str
    operation: str


@lru_cache(maxsize=32768)
def edges_of(variant: Variant) -> tuple[Edge, ...]:
    """The edges that a trace of this variant crosses, each once: worked out once per variant."""
    entered = [
        Edge("", call.operation.service, call.operation.name)
        for call in variant.calls
        if call.parent is None and call.operation.kind in _ENTRIES
    ]
    answered = [(each.parent, each.operation) for each in answers(variant) if each.parent is not None]
    crossed = [Edge(by.service, to.service, to.name) for by, to in answered]
    partners = {by for by, _ in answered}
    beside = [
        Edge(call.operation.service, "", call.operation.name)
        for call, _ in calls(variant)
        if call.operation not in partners
    ]
    return tuple(dict.fromkeys([*entered, *crossed, *beside]))


def edge_of(thing: Given) -> Edge | None:
    """The edge that a trait says by itself, where traces are counted by thing: a call, or who answers it."""
    if not isinstance(thing, Trait) or not isinstance(thing.what, Operation):
        return None
    if thing.dimension == SAID and isinstance(thing.given, Operation):
        return Edge(thing.given.service, thing.what.service, thing.what.name)
    return Edge(thing.what.service, "", thing.what.name) if thing.dimension == "structure" else None
