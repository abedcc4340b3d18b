"""What spans say beside what happens: some questions arise only where they say it.

That the spans of one side do not say it is no difference of the system, so no dimension judges this.
"""

from collections.abc import Container, Iterable, Iterator

from monitor.dimensions.calls import answers
from monitor.dimensions.hops import recorded
from monitor.dimensions.trait import SAID, Given, Trait
from monitor.dimensions.variant import Call, Variant
from monitor.flows.flow import Operation
from monitor.flows.notes import asked, found_at, place_of, system_of
from monitor.wire.address import PRIVATE

MET = "met"
"""Two calls of which a trace's clock tells something."""


def names_whom_it_asks(call: Operation) -> Trait:
    """A call of which the caller's span names the service that is asked."""
    return Trait(SAID, call, "names whom it asks", call.service)


def shows_whom_it_asks(call: Operation) -> Trait:
    """A call of which the caller's span says, or shows, anything of whom it asks."""
    return Trait(SAID, call, "shows whom it asks", call.service)


def shows_where_it_asks(call: Operation) -> Trait:
    """A call that nobody answers with a span, at a place from which something follows."""
    return Trait(SAID, call, "shows where it asks", call.service)


def names_its_system(call: Operation) -> Trait:
    """A call of which the caller's span says which database or broker it asks."""
    return Trait(SAID, call, "names its system", call.service)


def answered_as(answer: Call) -> Trait:
    """A call that this server span answers, with what its service calls that."""
    return Trait(SAID, answer.parent, answer.operation, answer.operation.service)


def said(variant: Variant) -> Iterator[Trait]:
    """What the spans of a trace say."""
    answered = {answer.parent for answer in answers(variant)}
    for call in variant.calls:
        yield from _of_whom(call, answered)
        if service := found_at(call.notes):
            yield Trait(SAID, call.operation, "asks the address of", call.operation.service, service)
    for answer in answers(variant):
        yield answered_as(answer)
    yield from recorded(variant)


def _of_whom(call: Call, answered: Container[Operation | None]) -> Iterator[Trait]:
    """What a call's spans say of whom it asks."""
    stated, place, system = asked(call.notes), place_of(call.notes), system_of(call.notes)
    if stated:
        yield names_whom_it_asks(call.operation)
    if stated or place:
        yield shows_whom_it_asks(call.operation)
    if place and place != PRIVATE and call.operation not in answered:
        yield shows_where_it_asks(call.operation)
    if system:
        yield names_its_system(call.operation)


def addressed(call: Operation, traits: Iterable[Trait]) -> tuple[str, ...]:
    """The services whose addresses a call asks, as traits of what is said have it."""
    return tuple(sorted({trait.value for trait in traits if trait.given == call and trait.value}))


def is_said(given: Given) -> bool:
    """Whether a question with this denominator arises only where spans say something."""
    return isinstance(given, Trait) and given.dimension in (SAID, MET)
