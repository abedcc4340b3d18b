"""Timing: which operations, and which calls, take longer or less than in production, relative to their flow.

What is timed is said in `timed`. A number is the rank x of the slowest such span of a trace among
production's, after the speed of the machine is removed (`stats.timing`): .5 where it is like production,
about .7 where it takes twice as long. Beside it stands how many traces are far beyond production's slowest.
Calls that the tests simulate are not asked about here.
"""

from monitor.dimensions.dimension import Dimension, Judged, Need, Place, Seen, Severity
from monitor.dimensions.timed import RELATIVE, asks, how_it_differs, subject, timed
from monitor.dimensions.trait import Trait


def _says(trait: Trait, seen: Seen) -> str:
    return f"Relative to its flow, '{subject(trait)}' {how_it_differs(seen)}"


def _claims(judged: Judged) -> str:  # noqa: ARG001 - all operations of the path are timed
    return "No operation takes twice as long as in production, relative to its flow, or half as long."


TIMING = Dimension(
    name="timing",
    asks="is an operation or call slower or faster relative to its flow, whatever the test machine?",
    remedy="Look at the operation in both example traces: a mock, a cold cache, less data, the network?",
    severity=Severity.WARNS,
    evidence=Place(times=RELATIVE, extract=timed, asks=asks),
    needs=frozenset({Need.UNBIASED_TIMES}),
    claims=_claims,
    says=_says,
    subject=subject,
    state=RELATIVE,
    blind="A flow that is slower as a whole, and traces of fewer than three operations and calls.",
)
