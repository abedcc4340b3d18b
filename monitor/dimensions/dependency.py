"""Dependency: what is at the other end of a call: which service, which kind of system, live or simulated.

A stub in the place of a service leaves the caller's span and takes away the server's below it. What spans say
and show of whom they ask, and where, is compared where both sides say it:

| a call is | evidence |
| --- | --- |
| live | a server's span answers it; nobody does, and it goes to a public host |
| simulated | it goes to a stub, by the name of a host or service (`wire.stubs`) |
| simulated | it goes to a database inside of the process (H2, SQLite), or a broker there |
| simulated, or a copy | it goes to its own machine, where production goes to a public host |
| unknown | anything else: a private address may be anybody's, whatever it is called |

Which host it is makes no difference: each environment has its own, and a mesh asks its sidecar for all.
"""

from collections.abc import Iterable, Iterator, Mapping

from monitor.dimensions.calls import answers
from monitor.dimensions.dimension import Dimension, Had, Judged, Presence, Seen, Severity
from monitor.dimensions.said import (
    names_its_system,
    names_whom_it_asks,
    shows_where_it_asks,
    shows_whom_it_asks,
)
from monitor.dimensions.trait import Given, Trait
from monitor.dimensions.variant import Call, Variant
from monitor.dimensions.words import counted, in_production, in_tests
from monitor.flows.flow import Operation
from monitor.flows.notes import asked, place_of, system_of
from monitor.wire.address import CONTAINER_HOST, LOOPBACK, PUBLIC
from monitor.wire.stubs import STUB, stub_in
from monitor.wire.systems import is_in_process

_ANSWERED, _ASKS, _SYSTEM = "answered by", "asks", "asks the system"
_LIVE, _LOCAL, _STUB = "asks a public host", "asks its own machine", "asks a stub"
_NAMES = (_ANSWERED, _ASKS)
_NEVER, _ALWAYS = 0.01, 0.95


def _ends(variant: Variant) -> Iterator[Trait]:
    answered: set[Operation] = set()
    for answer in answers(variant):
        if answer.parent is not None:
            answered.add(answer.parent)
            yield from _of_answer(answer.parent, answer.operation.service)
    for call in variant.calls:
        if stated := asked(call.notes):
            yield _trait(names_whom_it_asks(call.operation), call.operation, _ASKS, stated)
        if family := system_of(call.notes):
            yield _trait(names_its_system(call.operation), call.operation, _SYSTEM, family)
        yield from _of_place(call, is_answered=call.operation in answered)


def _of_answer(call: Operation, service: str) -> Iterator[Trait]:
    yield _trait(call, call, _ANSWERED, service)
    if stub := stub_in(service):
        yield _trait(shows_whom_it_asks(call), call, _STUB, stub)


def _of_place(call: Call, *, is_answered: bool) -> Iterator[Trait]:
    place, operation = place_of(call.notes), call.operation
    if place.startswith(STUB):
        yield _trait(shows_whom_it_asks(operation), operation, _STUB, place.removeprefix(STUB))
    elif place == PUBLIC and not is_answered:
        yield _live(operation)
    elif place in (LOOPBACK, CONTAINER_HOST) and not is_answered:
        yield _trait(shows_where_it_asks(operation), operation, _LOCAL, place)


def _live(call: Operation) -> Trait:
    return _trait(shows_where_it_asks(call), call, _LIVE, "")


def _trait(given: Given, call: Operation, what: str, value: str) -> Trait:
    return Trait("dependency", given, what, call.service, value)


def _call(trait: Trait) -> Given:
    return trait.given.given if isinstance(trait.given, Trait) else trait.given


def _arises(trait: Trait, production: Mapping[Trait, Had]) -> bool:
    """Whether a difference would be one: that production's stub is live in the tests is none.

    A public host stands for a live one only where nobody answers in production: a span that is lost there
    would look like it.
    """
    if trait.what == _STUB:
        return _share(trait, production) < _ALWAYS
    if trait.what not in (_LIVE, _LOCAL):
        return True
    call = _call(trait)
    answered = (each for each in production if each.what == _ANSWERED and _call(each) == call)
    seldom = all(_share(each, production) <= _NEVER for each in answered)
    return seldom and isinstance(call, Operation) and _share(_live(call), production) >= _ALWAYS


def _share(trait: Trait, production: Mapping[Trait, Had]) -> float:
    known = production.get(trait)
    return known.present / known.traces if known and known.traces else 0.0


def services_of(call: Given, traits: Iterable[Trait]) -> tuple[str, ...]:
    """The services that a call asks, or is answered by, as traits of this dimension say."""
    named = (trait for trait in traits if trait.what in _NAMES and _call(trait) == call)
    return tuple(sorted({trait.value for trait in named}))


def stand_in(trait: Trait) -> Operation | None:
    """The call that tests simulate if this is a trait of theirs alone; None where it shows no simulation."""
    simulated = trait.what in (_STUB, _LOCAL) or (trait.what == _SYSTEM and is_in_process(trait.value))
    call = _call(trait)
    return call if simulated and isinstance(call, Operation) else None


def _shown_by(trait: Trait) -> str:
    return trait.value if trait.what == _ANSWERED else trait.service


def _says(trait: Trait, seen: Seen) -> str:
    call = _call(trait)
    if not seen.reference_n:
        return f"Who answers '{call}' drifted, and production has not made that call since."
    usual, here = in_production(seen), in_tests(seen)
    if seen.reference < seen.candidate:
        return f"{_does(trait)} in {here} and in {usual}.{_so(trait)}"
    return f"{_does(trait)} in {usual} and in {here}. {_why(trait, seen.others)}".strip()


def _does(trait: Trait) -> str:
    call, value = _call(trait), trait.value
    if trait.what == _ANSWERED:
        return f"{value} answers '{call}'"
    if trait.what == _STUB:
        return f"'{call}' asks a stub ({value})"
    if trait.what == _LIVE:
        return f"'{call}' asks a public host"
    return f"'{call}' asks its own machine ({value})" if trait.what == _LOCAL else f"'{call}' asks {value}"


def _so(trait: Trait) -> str:
    return " It is simulated." if stand_in(trait) and trait.what != _LOCAL else ""


def _why(trait: Trait, others: Iterable[Trait]) -> str:
    """What tests have instead, or what it may be."""
    instead = {each for each in others if each != trait}
    for what, says in _INSTEAD.items():
        values = ", ".join(sorted({each.value for each in instead if each.what == what} - {trait.value}))
        if values:
            simulated = any(stand_in(each) for each in instead if each.what != _LOCAL)
            return says.format(values) + (" It is simulated." if simulated else "")
    if trait.what == _ANSWERED:
        return "It is stubbed, or its telemetry is missing."
    return "It is simulated." if trait.what == _LIVE else ""


_INSTEAD = {
    _ANSWERED: "{} answers instead.",
    _STUB: "It asks a stub instead ({}).",
    _ASKS: "It asks {} instead.",
    _SYSTEM: "It asks {} instead.",
    _LOCAL: "It asks its own machine instead ({}): a stub, or a copy that runs there.",
}
"""What stands in the place of something, in words; the first that is there is said."""


def _claims(judged: Judged) -> str:
    if not judged.always:
        return "No call here always shows who answers it: a service that sends telemetry, a system, a place."
    of = f"{judged.always:,} of {counted(judged.known, 'known answer')} judged"
    return f"Who answers calls that production always makes is the same, and as live, where it shows ({of})."


DEPENDENCY = Dimension(
    name="dependency",
    asks="does the same service or kind of system answer a call, or a stub, or nobody that is seen?",
    remedy="Run the service in the tests, let it send its telemetry, or name the stub in services.aliases.",
    severity=Severity.PAGES,
    evidence=Presence(extract=_ends, seen_by=_shown_by, arises=_arises),
    decides_gate=True,
    claims=_claims,
    says=_says,
    subject=lambda trait: f"{_call(trait)} answered",
    blind="Stubs inside of the process, or at a private address under a name like any other.",
)
