"""Which spans of a trace are calls: what several dimensions ask about."""

from collections.abc import Iterator

from monitor.dimensions.trait import Trait
from monitor.dimensions.variant import Call, Variant
from monitor.wire.span import Kind

_PARTNERS = {Kind.SERVER: Kind.CLIENT, Kind.CONSUMER: Kind.PRODUCER}


def calls(variant: Variant) -> Iterator[tuple[Call, Trait]]:
    """Every call that a trace makes, and the trait of making it, given its caller.

    A SERVER below a CLIENT (or a CONSUMER below a PRODUCER) is the partner of a call, not a second one: a
    stub in its place is the same call with another partner.
    """
    for call in variant.calls:
        if call.parent is not None and _PARTNERS.get(call.operation.kind) is not call.parent.kind:
            yield call, Trait("structure", call.parent, call.operation, call.parent.service)
