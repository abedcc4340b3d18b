"""Fan-out: how often a trace makes a call: once in the tests and eleven times in production (N+1), say.

Of a call that is made, the traits are: at least twice, four, eight, sixteen times in the trace.
"""

from collections.abc import Iterator

from monitor.dimensions.calls import calls
from monitor.dimensions.dimension import Dimension, Judged, Presence, Seen, Severity
from monitor.dimensions.trait import Trait
from monitor.dimensions.variant import Variant
from monitor.dimensions.words import in_production, in_tests


def _levels(variant: Variant) -> Iterator[Trait]:
    for call, trait in calls(variant):
        for level in range(1, call.level + 1):
            yield Trait("fanout", trait, str(2**level), trait.service)


def _shown(trait: Trait, lost: float) -> float:
    """All of this many calls must have kept their spans; with more calls than that, more is shown."""
    return (1.0 - lost) ** _times(trait)


def _times(trait: Trait) -> int:
    return int(str(trait.what))


def _says(trait: Trait, seen: Seen) -> str:
    if not seen.reference_n:
        return f"How often '{trait.given}' is made drifted, and production has not made it since."
    return (
        f"'{trait.given}' is made {_times(trait)} times or more in {in_production(seen)} "
        f"and in {in_tests(seen)}."
    )


def _claims(judged: Judged) -> str:
    if not judged.always:
        return "Neither production nor the tests always repeat a call here."
    return "Every call that production always repeats is repeated as often, and no other."


FANOUT = Dimension(
    name="fanout",
    asks="does a trace make a call as often: once, or at least 2, 4, 8, 16 times?",
    remedy="Give the tests data of production's size, or load what is called one by one together.",
    severity=Severity.PAGES,
    evidence=Presence(extract=_levels, shown=_shown),
    decides_gate=True,
    claims=_claims,
    says=_says,
    subject=lambda trait: f"{trait.given} repeated",
    blind="Numbers within a doubling, and numbers above 16.",
)
