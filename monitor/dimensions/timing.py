"""Timing: which operations take longer, or less, than in production, relative to their flow.

A number is the rank x of an operation's self time among production's, after the speed of the machine is
removed (`stats.timing`): .5 where it is like production, about .8 where it takes twice as long.
"""

from collections.abc import Sequence
from functools import lru_cache

from monitor.dimensions.dimension import Dimension, Judged, Need, Place, Seen, Severity
from monitor.dimensions.trait import Trait
from monitor.dimensions.words import counted, in_runs
from monitor.flows.flow import Operation, Shape


def _timed(shape: Shape) -> Sequence[Trait]:
    return [_thing(node.operation) for node in shape]


@lru_cache(maxsize=65536)
def _thing(operation: Operation) -> Trait:
    return Trait("timing", None, operation, operation.service)


def _says(trait: Trait, seen: Seen) -> str:
    mean = seen.candidate
    slower, most = ("slower", mean) if mean >= seen.reference else ("faster", 1.0 - mean)
    return (
        f"Relative to its flow, '{trait}' is {slower} than in {100 * most:.0f} % of the "
        f"{counted(seen.reference_n, 'production trace')}, in {in_runs(seen.cases)}."
    )


def _claims(judged: Judged) -> str:  # noqa: ARG001 - all operations of the path are timed
    return "No operation takes twice as long as in production, relative to its flow, or half as long."


TIMING = Dimension(
    name="timing",
    asks="is an operation slower or faster, relative to its flow, so that a slow test machine is none?",
    remedy="Look at the operation in both example traces: a mock, a cold cache, less data?",
    severity=Severity.WARNS,
    evidence=Place(extract=_timed),
    needs=frozenset({Need.UNBIASED_TIMES}),
    claims=_claims,
    says=_says,
    blind="A flow that is slower as a whole, and flows of fewer than three operations.",
)
