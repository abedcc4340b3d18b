"""Structure: which calls a path makes."""

from collections.abc import Iterator

from monitor.dimensions.calls import calls
from monitor.dimensions.dimension import Dimension, Judged, Presence, Seen, Severity
from monitor.dimensions.trait import Trait
from monitor.dimensions.variant import Variant
from monitor.dimensions.words import counted, in_production, in_tests
from monitor.flows.flow import Operation


def _calls(variant: Variant) -> Iterator[Trait]:
    return (trait for _, trait in calls(variant))


def _says(trait: Trait, seen: Seen) -> str:
    if not seen.reference_n:
        return f"'{trait}' drifted, and production has shown nothing of its caller since."
    services = f" (of {', '.join(seen.services)})" if seen.services else ""
    happens = f"happens in {in_production(seen)} and in {in_tests(seen)}"
    if seen.others and seen.reference > seen.candidate:
        others = ", ".join(f"'{_callee(other)}'" for other in seen.others)
        return f"'{trait}'{services} is replaced by {others}: it {happens}."
    return f"'{trait}'{services} {happens}."


def _callee(trait: Trait) -> str:
    return trait.what.name if isinstance(trait.what, Operation) else trait.what


def _place(trait: Trait) -> tuple[object, ...]:
    """The caller, and the kind of span: a call that is made for another one is made as that was."""
    return (trait.given, trait.what.kind if isinstance(trait.what, Operation) else "")


def _claims(judged: Judged) -> str:
    if not judged.known:
        return "Neither production nor the tests make any call here."
    of = f"{judged.always:,} of {counted(judged.known, 'known call')} judged"
    optional = f", {judged.branches:,} optional" if judged.branches else ""
    return f"Every call that production always makes is made, and none that it never makes ({of}{optional})."


STRUCTURE = Dimension(
    name="structure",
    asks="does a path make the same calls?",
    remedy="Let the tests make the call for real, or accept the difference with a reason.",
    severity=Severity.PAGES,
    evidence=Presence(extract=_calls),
    decides_gate=True,
    claims=_claims,
    says=_says,
    place=_place,
    blind="Calls that production makes only sometimes, and who answers a call.",
)
