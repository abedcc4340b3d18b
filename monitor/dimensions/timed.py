"""What takes time in a trace, and how that is said: shared by the dimensions that ask about it.

A thing is an operation's own time, and of a call that another service answers the time on the way: the
caller's span less that of the server.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from monitor.dimensions.dimension import Seen, Took
from monitor.dimensions.trait import Trait
from monitor.dimensions.words import counted, in_runs, share
from monitor.flows.flow import Operation, Shape
from monitor.wire.span import Kind

RELATIVE = "relative times"
"""The name under which these times are kept."""
_CALLERS = (Kind.CLIENT, Kind.PRODUCER)
_ANSWERS = (Kind.SERVER, Kind.CONSUMER)


def timed(shape: Shape) -> Sequence[Trait]:
    """Per span of a shape the thing whose time it is."""
    partners = dict(_partners(shape))
    return [_thing(node.operation, partners.get(place, "")) for place, node in enumerate(shape)]


def _partners(shape: Shape) -> Iterator[tuple[int, str]]:
    """The places of calls, and the service that answers each, where that is another one."""
    for node in shape:
        if node.parent >= 0 and node.operation.kind in _ANSWERS:
            above = shape[node.parent].operation
            if above.kind in _CALLERS and above.service != node.operation.service:
                yield node.parent, node.operation.service


@lru_cache(maxsize=65536)
def _thing(operation: Operation, partner: str) -> Trait:
    return Trait(RELATIVE, None, operation, operation.service, partner)


def subject(trait: Trait) -> str:
    """A thing in words."""
    return f"{trait.what} -> {trait.value}" if trait.value else str(trait.what)


def asks(trait: Trait) -> str | None:
    """The service that a thing waits for, '' for one that sends no spans; None of a service's own work."""
    operation = trait.what
    if trait.value or (isinstance(operation, Operation) and operation.kind in _CALLERS):
        return trait.value
    return None


def how_it_differs(seen: Seen) -> str:
    """How long a thing takes, as the rest of a sentence about it."""
    took: Took = seen.candidate
    many = counted(seen.reference_n, "production trace")
    times = f"about {_time(took.typical_ns)}, in production {_time(took.usual_ns)}"
    if took.slow:
        return (
            f"takes longer than {_time(took.limit_ns)}, twice as long as 99 of 100 of the {many}, in "
            f"{share(took.slow)} of {in_runs(seen.cases)} ({times})."
        )
    slower, most = ("slower", took.rank) if took.rank >= seen.reference else ("faster", 1.0 - took.rank)
    return f"is {slower} than in {100 * most:.0f} % of the {many} ({times}), in {in_runs(seen.cases)}."


def _time(ns: float) -> str:
    """A time in ms, in three figures: `0.42 ms`, `85.3 ms`, `1,240 ms`."""
    ms = ns / 1e6
    return f"{ms:,.0f} ms" if ms >= 100 else f"{ms:.3g} ms"
