"""Timing: which operations, and which calls, take longer or less than in production, relative to their flow.

What is timed is an operation's own time, and of a call that another service answers the time on the way: the
caller's span less that of the server. A number is the rank x of the slowest such span of a trace among
production's, after the speed of the machine is removed (`stats.timing`): .5 where it is like production,
about .7 where it takes twice as long. Beside it stands how many traces are far beyond production's slowest.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from monitor.dimensions.dimension import Dimension, Judged, Need, Place, Seen, Severity, Took
from monitor.dimensions.trait import Trait
from monitor.dimensions.words import counted, in_runs, share
from monitor.flows.flow import Operation, Shape
from monitor.wire.span import Kind

_STATE = "relative times"
_CALLERS = (Kind.CLIENT, Kind.PRODUCER)
_ANSWERS = (Kind.SERVER, Kind.CONSUMER)


def _timed(shape: Shape) -> Sequence[Trait]:
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
    return Trait(_STATE, None, operation, operation.service, partner)


def _subject(trait: Trait) -> str:
    return f"{trait.what} -> {trait.value}" if trait.value else str(trait.what)


def _asks(trait: Trait) -> str | None:
    operation = trait.what
    if trait.value or (isinstance(operation, Operation) and operation.kind in _CALLERS):
        return trait.value
    return None


def _says(trait: Trait, seen: Seen) -> str:
    took: Took = seen.candidate
    many = counted(seen.reference_n, "production trace")
    times = f"about {_time(took.typical_ns)}, in production {_time(took.usual_ns)}"
    if took.slow:
        return (
            f"Relative to its flow, '{_subject(trait)}' takes longer than {_time(took.limit_ns)}, twice as "
            f"long as 99 of 100 of the {many}, in {share(took.slow)} of {in_runs(seen.cases)} ({times})."
        )
    slower, most = ("slower", took.rank) if took.rank >= seen.reference else ("faster", 1.0 - took.rank)
    return (
        f"Relative to its flow, '{_subject(trait)}' is {slower} than in {100 * most:.0f} % of the {many} "
        f"({times}), in {in_runs(seen.cases)}."
    )


def _time(ns: float) -> str:
    """A time in ms, in three figures: `0.42 ms`, `85.3 ms`, `1,240 ms`."""
    ms = ns / 1e6
    return f"{ms:,.0f} ms" if ms >= 100 else f"{ms:.3g} ms"


def _claims(judged: Judged) -> str:  # noqa: ARG001 - all operations of the path are timed
    return "No operation takes twice as long as in production, relative to its flow, or half as long."


TIMING = Dimension(
    name="timing",
    asks="is an operation or call slower or faster relative to its flow, whatever the test machine?",
    remedy="Look at the operation in both example traces: a mock, a cold cache, less data, the network?",
    severity=Severity.WARNS,
    evidence=Place(extract=_timed, asks=_asks),
    needs=frozenset({Need.UNBIASED_TIMES}),
    claims=_claims,
    says=_says,
    subject=_subject,
    state=_STATE,
    blind="A flow that is slower as a whole, and traces of fewer than three operations and calls.",
)
