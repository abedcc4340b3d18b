"""Which bodies of a trace say what fields its requests and responses have."""

from collections.abc import Sequence

from monitor.flows.flow import Body
from monitor.flows.known import Known
from monitor.traces.tree import ENTRY_KINDS
from monitor.wire.span import Kind

MOST_BODIES = 64
"""Bodies of one row, the first ones."""


def bodies_of(parents: Sequence[int], known: Sequence[Known]) -> tuple[Body, ...]:
    """The bodies that the spans of a tree say.

    Where the caller and who answers it both say them, those of who answers count: they are one exchange.
    """
    said = [place for place, each in enumerate(known) if each.bodies]
    answered = {parents[place] for place in said if known[place].operation.kind in ENTRY_KINDS}
    found = [
        Body(place, *body)
        for place in said
        if place not in answered or known[place].operation.kind is not Kind.CLIENT
        for body in known[place].bodies
    ]
    return tuple(found[:MOST_BODIES])
