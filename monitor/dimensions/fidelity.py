"""Fidelity: does what tests simulate take as long as what it stands for, relative to the flow?

It is asked of calls that the tests simulate, as `dependency` finds them, and of no others: `timing` does not
ask of these, so that a fast stub is one line and slows down or speeds up nothing else. Most stubs are faster,
so more is tolerated (statistics 1.5).
"""

from monitor.dimensions.dimension import Dimension, Judged, Need, Place, Seen, Severity
from monitor.dimensions.timed import RELATIVE, asks, how_it_differs, subject, timed
from monitor.dimensions.trait import Trait

_EIGHT_TIMES = (0.90, 0.02)
"""Mean and variance of x over units of one trace at eight times, or an eighth, of production's time, or more:
twice has a mean of .70 (`stats.timing`), and three times as many standard deviations are .94."""


def _says(trait: Trait, seen: Seen) -> str:
    return f"Simulated in the tests, and relative to its flow, '{subject(trait)}' {how_it_differs(seen)}"


def _claims(judged: Judged) -> str:  # noqa: ARG001 - all simulated calls of the path are timed
    return "What the tests simulate takes neither eight times as long as in production nor an eighth of it."


FIDELITY = Dimension(
    name="fidelity",
    asks="does what tests simulate take as long as what it stands for?",
    remedy="Give the stub a delay as production has it, or test against the real one.",
    severity=Severity.WARNS,
    evidence=Place(
        times=RELATIVE, extract=timed, asks=asks, tau=0.25, of_interest=_EIGHT_TIMES, of_stand_ins=True
    ),
    needs=frozenset({Need.UNBIASED_TIMES}),
    claims=_claims,
    says=_says,
    subject=subject,
    blind="How a simulated call ends, what it answers, and the times of calls that a span answers.",
)
