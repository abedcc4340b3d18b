"""What spans say beside what happens: some questions arise only where they say it.

That the spans of one side do not say it is no difference of the system, so no dimension judges this.
"""

from collections.abc import Iterator

from monitor.dimensions.trait import Given, Trait
from monitor.dimensions.variant import Variant
from monitor.flows.flow import Operation
from monitor.flows.notes import asked

SAID = "said"


def names_whom_it_asks(call: Operation) -> Trait:
    """A call of which the caller's span names the service that is asked."""
    return Trait(SAID, call, "names whom it asks", call.service)


def said(variant: Variant) -> Iterator[Trait]:
    """What the spans of a trace say."""
    return (names_whom_it_asks(call.operation) for call in variant.calls if asked(call.notes))


def is_said(given: Given) -> bool:
    """Whether a question with this denominator arises only where spans say something."""
    return isinstance(given, Trait) and given.dimension == SAID
