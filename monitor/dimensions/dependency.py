"""Dependency: which service answers a call, and which one its caller says that it asks.

A stub in the place of a service leaves the caller's span and takes away the server's below it. Whom a caller
asks is compared where the spans of both sides say it.
"""

from collections.abc import Iterable, Iterator

from monitor.dimensions.calls import answers
from monitor.dimensions.dimension import Dimension, Judged, Presence, Seen, Severity
from monitor.dimensions.said import names_whom_it_asks
from monitor.dimensions.trait import Given, Trait
from monitor.dimensions.variant import Variant
from monitor.dimensions.words import counted, in_production, in_tests
from monitor.flows.flow import Operation
from monitor.flows.notes import asked


def _services(variant: Variant) -> Iterator[Trait]:
    for call in answers(variant):
        if call.parent is not None:
            yield _trait(call.parent, call.parent, "answered by", call.operation.service)
    for call in variant.calls:
        if stated := asked(call.notes):
            yield _trait(names_whom_it_asks(call.operation), call.operation, "asks", stated)


def _trait(given: Given, call: Operation, what: str, service: str) -> Trait:
    return Trait("dependency", given, what, call.service, service)


def _call(trait: Trait) -> Given:
    return trait.given.given if isinstance(trait.given, Trait) else trait.given


def services_of(call: Given, traits: Iterable[Trait]) -> tuple[str, ...]:
    """The services that a call asks, or is answered by, as traits of this dimension say."""
    return tuple(sorted({trait.value for trait in traits if _call(trait) == call}))


def _shown_by(trait: Trait) -> str:
    return trait.service if trait.what == "asks" else trait.value


def _says(trait: Trait, seen: Seen) -> str:
    call, service = _call(trait), trait.value
    if not seen.reference_n:
        return f"Who answers '{call}' drifted, and production has not made that call since."
    usual, here = in_production(seen), in_tests(seen)
    does = f"'{call}' asks {service}" if trait.what == "asks" else f"{service} answers '{call}'"
    if seen.reference < seen.candidate:
        return f"{does} in {here} and in {usual}."
    others = ", ".join(sorted({other.value for other in seen.others} - {service}))
    return f"{does} in {usual} and in {here}. {_why(trait, others)}".strip()


def _why(trait: Trait, others: str) -> str:
    if trait.what == "asks":
        return f"It asks {others} instead." if others else ""
    return f"{others} answers instead." if others else "It is stubbed, or its telemetry is missing."


def _claims(judged: Judged) -> str:
    if not judged.always:
        return "No call here is always answered by a service that sends telemetry."
    of = f"{judged.always:,} of {counted(judged.known, 'known service')} judged"
    return f"The services that production always asks, or is answered by, are the same ({of})."


DEPENDENCY = Dimension(
    name="dependency",
    asks="does the same service answer a call, or a stub, or nobody that sends telemetry?",
    remedy="Run the service in the tests, let it send its telemetry, or name the stub in services.aliases.",
    severity=Severity.PAGES,
    evidence=Presence(extract=_services, seen_by=_shown_by),
    decides_gate=True,
    claims=_claims,
    says=_says,
    subject=lambda trait: f"{_call(trait)} answered",
    blind="Calls to what sends no telemetry in production either: databases, third parties.",
)
