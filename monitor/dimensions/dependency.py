"""Dependency: which service answers a call.

A stub in the place of a service leaves the caller's span and takes away the server's below it.
"""

from collections.abc import Iterator

from monitor.dimensions.calls import answers
from monitor.dimensions.dimension import Dimension, Judged, Presence, Seen, Severity
from monitor.dimensions.trait import Trait
from monitor.dimensions.variant import Variant
from monitor.dimensions.words import in_production, in_tests


def _answered(variant: Variant) -> Iterator[Trait]:
    for call in answers(variant):
        if call.parent is not None:
            yield Trait("dependency", call.parent, "answered by", call.parent.service, call.operation.service)


def _says(trait: Trait, seen: Seen) -> str:
    call, answering = trait.given, trait.value
    if not seen.reference_n:
        return f"Who answers '{call}' drifted, and production has not made that call since."
    usual, here = in_production(seen), in_tests(seen)
    if seen.reference < seen.candidate:
        return f"{answering} answers '{call}' in {here} and in {usual}."
    others = ", ".join(sorted({other.value for other in seen.others}))
    why = f"{others} answers instead." if others else "It is stubbed, or its telemetry is missing."
    return f"{answering} answers '{call}' in {usual} and in {here}. {why}"


def _claims(judged: Judged) -> str:
    if not judged.always:
        return "No call here is always answered by a service that sends telemetry."
    return f"All {judged.always:,} answers that production always gives are given by the same services."


DEPENDENCY = Dimension(
    name="dependency",
    asks="does the same service answer a call, or a stub, or nobody that sends telemetry?",
    remedy="Run the service in the tests, let it send its telemetry, or name the stub in services.aliases.",
    severity=Severity.PAGES,
    evidence=Presence(extract=_answered, seen_by=lambda trait: trait.value),
    decides_gate=True,
    claims=_claims,
    says=_says,
    subject=lambda trait: f"{trait.given} answered",
    blind="Calls to what sends no telemetry in production either: databases, third parties.",
)
