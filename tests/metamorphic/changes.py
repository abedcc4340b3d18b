"""Real differences between production and what the tests do: each must be reported, or claimed by no `ok`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from random import Random

from tests.metamorphic.systems.edit import with_operations, with_step, with_steps
from tests.metamorphic.systems.flows import named_by
from tests.metamorphic.systems.model import Message, Operation, Query, Request, Step, System, word
from tests.metamorphic.systems.places import Place, places
from tests.metamorphic.systems.suite import Suite

CALLS = frozenset({"structure", "dependency"})
"""Dimensions whose `ok` claims which calls are made, and who answers them."""
REPEATED = 8
STRANGER = "wiremock"
SHORTCUT = Query("postgresql", "INSERT", "fixtures")


@dataclass(frozen=True)
class Change:
    """One difference: `system` and `suite` as the tests have them.

    words: a report that names one of them has found it. flows: per affected step the flows that may claim it,
    the nearest first. claimed_by: the dimensions whose `ok` would be wrong. by: who makes the calls that
    differ; tests that never come to it, as a branch may have it, show nothing of them. None: always shown.
    """

    says: str
    system: System
    suite: Suite
    words: frozenset[str]
    flows: tuple[tuple[str, ...], ...]
    claimed_by: frozenset[str] = CALLS
    by: Operation | None = None


Make = Callable[[System, Suite, Random], Change | None]
"""Draws a change of its kind; None where a system has nothing that could change so."""
AtPlace = Callable[[Place, System, Suite], Change]


def _words(operations: Iterable[Operation]) -> tuple[str, ...]:
    return tuple(map(word, operations))


def _at(place: Place, system: System, suite: Suite, says: str, *words: str) -> Change:
    return Change(says, system, suite, frozenset(words), (_words(place.flows),), by=place.caller)


def dropped(place: Place, system: System, suite: Suite) -> Change:
    """The tests never make this call, nor anything below it."""
    name = word(place.step.does)
    says = f"the tests never make the call of '{name}' by {place.caller.service}"
    change = _at(place, with_step(system, place, None), suite, says, name)
    # Of a query or a message nobody answers with a span, so dependency claims nothing of it.
    answered = isinstance(place.step.does, Request)
    return change if answered else replace(change, claimed_by=frozenset({"structure"}))


def unanswered(place: Place, system: System, suite: Suite) -> Change:
    """The tests make this request, and what answers it is a stub without telemetry."""
    assert isinstance(place.step.does, Request)
    to = place.step.does.to
    step = replace(place.step, does=replace(place.step.does, answered=False))
    says = f"in the tests nothing of {to.service} answers '{word(to)}'"
    change = _at(place, with_step(system, place, step), suite, says, word(to), to.service)
    return replace(change, claimed_by=_claims_of(place))


def _claims_of(*asked: Place) -> frozenset[str]:
    """Of requests that are answered no more: who answers, and the calls below, if all always came to some."""
    below = all(
        place.certain and any(step.chance == 1.0 for step in place.step.does.to.steps)
        for place in asked
        if isinstance(place.step.does, Request)
    )
    return CALLS if below else frozenset({"dependency"})


def _answered_otherwise(place: Place, system: System, suite: Suite) -> Change:
    """A stub with telemetry of its own answers: the same operation of another service, and nothing below."""
    assert isinstance(place.step.does, Request)
    to = place.step.does.to
    stub = replace(place.step.does, to=replace(to, service=STRANGER, steps=()))
    changed = with_step(system, place, replace(place.step, does=stub))
    says = f"in the tests {STRANGER} answers '{word(to)}' for {to.service}"
    change = _at(place, changed, suite, says, word(to), to.service, STRANGER)
    return replace(change, claimed_by=_claims_of(place))


def _service_stubbed(place: Place, system: System, suite: Suite) -> Change:
    """Every request to one service is answered by a stub without telemetry."""
    assert isinstance(place.step.does, Request)
    service = place.step.does.to.service
    asked = [each for each in places(system) if _asks(each.step, service)]
    words = {service, *(word(each.step.does) for each in asked)}
    flows = tuple(_words(each.flows) for each in asked if each.is_claimable)
    changed = with_steps(system, lambda step: _silent(step) if _asks(step, service) else step)
    says = f"in the tests {service} is a stub without telemetry"
    return Change(says, changed, suite, frozenset(words), flows, _claims_of(*asked))


def _asks(step: Step, service: str) -> bool:
    return isinstance(step.does, Request) and step.does.to.service == service


def _silent(step: Step) -> Step:
    assert isinstance(step.does, Request)
    return replace(step, does=replace(step.does, answered=False))


def _consumer_stopped(place: Place, system: System, suite: Suite) -> Change:
    assert isinstance(place.step.does, Message)
    to = place.step.does.to
    step = replace(place.step, does=replace(place.step.does, consumed=False))
    says = f"in the tests nothing consumes '{word(to)}'"
    return replace(_at(place, with_step(system, place, step), suite, says, word(to)), flows=((word(to),),))


def _repeated(place: Place, system: System, suite: Suite) -> Change:
    step = replace(place.step, times=place.step.times * REPEATED)
    name = word(place.step.does)
    says = f"the tests make the call of '{name}' {REPEATED} times as often"
    change = _at(place, with_step(system, place, step), suite, says, name)
    return replace(change, claimed_by=frozenset({"fanout"}))


def _call_added(place: Place, system: System, suite: Suite) -> Change:
    """The tests write their fixtures straight into the database."""

    def change(operation: Operation) -> Operation:
        return replace(operation, steps=(*operation.steps, Step(SHORTCUT))) if operation == by else operation

    by = place.caller
    says = f"in the tests {by.service} writes fixtures"
    added = _at(place, with_operations(system, change), suite, says, SHORTCUT.table)
    return replace(added, claimed_by=frozenset({"structure"}))


def _entry_untested(system: System, suite: Suite, rng: Random) -> Change:
    untested = rng.choice(suite.tested)
    names = _words(named_by(system.entries[untested].operation))
    fewer = replace(suite, tested=tuple(each for each in suite.tested if each != untested))
    return Change(f"no test exercises '{names[0]}'", system, fewer, frozenset(names), (names,))


def _somewhere(fits: Callable[[Place], bool], make: AtPlace) -> Make:
    """Draw one of the places that fit, in what the suite tests."""

    def draw(system: System, suite: Suite, rng: Random) -> Change | None:
        found = [place for place in places(system) if place.entry in suite.tested and fits(place)]
        return make(rng.choice(found), system, suite) if found else None

    return draw


def is_request(place: Place) -> bool:
    """A call that waits for an answer, always."""
    return place.is_claimable and isinstance(place.step.does, Request)


def is_write_of_a_consumer(place: Place) -> bool:
    """What a consumer does in a database, always."""
    return place.is_claimable and isinstance(place.step.does, Query) and len(place.flows) > 1


CHANGES: dict[str, Make] = {
    "call dropped": _somewhere(lambda place: place.is_claimable, dropped),
    "consumer writes nothing": _somewhere(is_write_of_a_consumer, dropped),
    "answer stubbed": _somewhere(is_request, unanswered),
    "service stubbed": _somewhere(is_request, _service_stubbed),
    "answered by another": _somewhere(is_request, _answered_otherwise),
    "consumer stopped": _somewhere(lambda place: isinstance(place.step.does, Message), _consumer_stopped),
    "entry untested": _entry_untested,
    "call repeated": _somewhere(lambda place: place.is_claimable, _repeated),
    "call added": _somewhere(lambda place: place.is_claimable, _call_added),
}
"""By name; each draws one."""
