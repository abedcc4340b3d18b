"""What spans say beside what happens: some questions arise only where they say it.

That the spans of one side do not say it is no difference of the system, so no dimension judges this.
"""

from collections.abc import Iterable, Iterator

from monitor.dimensions.calls import answers
from monitor.dimensions.contents import RECORDED
from monitor.dimensions.hops import recorded
from monitor.dimensions.trait import SAID, Given, Trait
from monitor.dimensions.variant import Call, Variant
from monitor.flows.flow import Operation
from monitor.flows.notes import asked, found_at

MET = "met"
"""Two calls of which a trace's clock tells something."""


def names_whom_it_asks(call: Operation) -> Trait:
    """A call of which the caller's span names the service that is asked."""
    return Trait(SAID, call, "names whom it asks", call.service)


def answered_as(answer: Call) -> Trait:
    """A call that this server span answers, with what its service calls that."""
    return Trait(SAID, answer.parent, answer.operation, answer.operation.service)


def said(variant: Variant) -> Iterator[Trait]:
    """What the spans of a trace say."""
    for call in variant.calls:
        if asked(call.notes):
            yield names_whom_it_asks(call.operation)
        if service := found_at(call.notes):
            yield Trait(SAID, call.operation, "asks the address of", call.operation.service, service)
    for answer in answers(variant):
        yield answered_as(answer)
    yield from recorded(variant)


def addressed(call: Operation, traits: Iterable[Trait]) -> tuple[str, ...]:
    """The services whose addresses a call asks, as traits of what is said have it."""
    return tuple(sorted({trait.value for trait in traits if trait.given == call and trait.value}))


def is_said(given: Given) -> bool:
    """Whether a question with this denominator arises only where spans say something."""
    return isinstance(given, Trait) and given.dimension in (SAID, MET, RECORDED)
