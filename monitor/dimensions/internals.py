"""Internals: INTERNAL spans between calls: instrumentation, or a path in the code, that one side alone has.

They say how a service is observed as much as what it does: an agent that adds or drops them changes no call.
So a difference is reported, once per service, and is no drift. So is a call that one side names in other
words (`renamed`): no variant has that trait, it is found where both sides are known.
"""

from collections.abc import Iterator

from monitor.dimensions.dimension import Dimension, Judged, Presence, Seen, Severity
from monitor.dimensions.trait import Trait
from monitor.dimensions.variant import Variant
from monitor.dimensions.words import counted, in_production, in_tests
from monitor.flows.flow import Operation
from monitor.wire.span import Kind


def _spans(variant: Variant) -> Iterator[Trait]:
    for call in variant.calls:
        if call.operation.kind is Kind.INTERNAL and call.caller is not None:
            yield Trait("internals", call.caller, call.operation, call.operation.service)


def _is_renamed(trait: Trait) -> bool:
    return isinstance(trait.what, Operation) and trait.what.kind is not Kind.INTERNAL


def _is_of_server(trait: Trait) -> bool:
    return isinstance(trait.what, Operation) and trait.what.kind is Kind.SERVER


def _why(trait: Trait) -> str:
    return f"answered by {trait.value} in both" if trait.value else "the same data, as far as they say"


def _says_renamed(trait: Trait, seen: Seen) -> str:
    """That two names are of one call, and why: who answers it, or that it asks the same data."""
    what = trait.what.name if isinstance(trait.what, Operation) else trait.what
    why = "answering the same call" if _is_of_server(trait) else _why(trait)
    more = f" {counted(len(seen.others), 'more name')} likewise." if seen.others else ""
    return f"Renamed or re-instrumented: '{trait.given}' in production, '{what}' in tests, {why}.{more}"


def _about(trait: Trait) -> str:
    if not _is_renamed(trait):
        return "INTERNAL spans"
    return "names of requests" if _is_of_server(trait) else "names of calls"


def _subject(trait: Trait) -> str:
    return f"{_about(trait)} of {trait.service}"


def _says(trait: Trait, seen: Seen) -> str:
    if not seen.reference_n:
        return f"'{trait}' differed, and production has shown nothing of what is above it since."
    if _is_renamed(trait):
        return _says_renamed(trait, seen)
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
    subject=_subject,
    blind="Whether the instrumentation differs or the code.",
)
