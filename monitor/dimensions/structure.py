"""Structure: which calls a path makes.

A call is named from the caller's side. A SERVER below a CLIENT (or a CONSUMER below a PRODUCER) is the
partner of a call, not a second one: a stub in its place is the same call with another partner.
"""

from collections.abc import Iterator

from monitor.dimensions.dimension import Dimension, Presence, Seen, Severity
from monitor.dimensions.trait import Trait
from monitor.dimensions.variant import Variant
from monitor.dimensions.words import counted, share
from monitor.wire.span import Kind

_PARTNERS = {Kind.SERVER: Kind.CLIENT, Kind.CONSUMER: Kind.PRODUCER}


def calls(variant: Variant) -> Iterator[Trait]:
    """Every call that a trace makes, given its caller."""
    for call in variant.calls:
        if call.parent is not None and _PARTNERS.get(call.operation.kind) is not call.parent.kind:
            yield Trait("structure", call.parent, call.operation, call.parent.service)


def _says(trait: Trait, seen: Seen) -> str:
    if not seen.reference_n:
        return f"'{trait}' drifted, and the reference has shown nothing of its caller since."
    return (
        f"'{trait}' happens in {share(seen.reference)} of {seen.reference_n:,} reference traces "
        f"and in {share(seen.candidate)} of {counted(seen.units, 'candidate unit')} since the onset."
    )


STRUCTURE = Dimension(
    name="structure",
    asks="does a path make the same calls?",
    remedy="Let the tests make the call for real, or accept the difference with a reason.",
    severity=Severity.PAGES,
    evidence=Presence(extract=calls),
    decides_gate=True,
    claims="Every call that the reference always makes is made, and none that it never makes.",
    says=_says,
    blind="Calls that production makes only sometimes, and who answers a call.",
)
