"""Internals: INTERNAL spans between calls: instrumentation, or a path in the code, that one side alone has.

They say how a service is observed as much as what it does: an agent that adds or drops them changes no call.
So a difference is reported, once per service, and is no drift.
"""

from collections.abc import Iterator

from monitor.dimensions.dimension import Dimension, Judged, Presence, Seen, Severity
from monitor.dimensions.trait import Trait
from monitor.dimensions.variant import Variant
from monitor.dimensions.words import counted, in_production, in_tests
from monitor.wire.span import Kind


def _spans(variant: Variant) -> Iterator[Trait]:
    for call in variant.calls:
        if call.operation.kind is Kind.INTERNAL and call.caller is not None:
            yield Trait("internals", call.caller, call.operation, call.operation.service)


def _says(trait: Trait, seen: Seen) -> str:
    if not seen.reference_n:
        return f"'{trait}' differed, and production has shown nothing of what is above it since."
    more = f", and {counted(len(seen.others), 'more INTERNAL span')} of it" if seen.others else ""
    return (
        f"The instrumentation of {trait.service} differs, or its code: '{trait}' is in {in_production(seen)} "
        f"and in {in_tests(seen)}{more}. No call is missing by that."
    )


def _claims(judged: Judged) -> str:
    if not judged.known:
        return "Neither production nor the tests have INTERNAL spans here."
    return "The tests have the INTERNAL spans that production always has, and no others."


INTERNALS = Dimension(
    name="internals",
    asks="do services have the same INTERNAL spans between their calls?",
    remedy="Use the same agent, version and settings on both sides; if they are the same, the code differs.",
    severity=Severity.REPORTS,
    evidence=Presence(extract=_spans),
    claims=_claims,
    says=_says,
    subject=lambda trait: f"INTERNAL spans of {trait.service}",
    blind="Whether the instrumentation differs or the code.",
)
