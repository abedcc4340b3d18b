"""What can differ between production and the tests of a shop: each a small function from the shop to it."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.metamorphic.systems.model import GraphQl, Query
from tests.shop.draw import consumers
from tests.shop.model import (
    EDGE,
    Case,
    Flow,
    Message,
    Operation,
    Request,
    Shop,
    Step,
    below,
    with_operations,
    with_steps,
)
from tests.shop.places import (
    Place,
    busiest,
    is_authenticated,
    is_external,
    is_message,
    is_repeated,
    is_request,
    to,
)
from tests.shop.scenario import Injected

FIXTURES = Query("postgresql", "INSERT", "fixtures")


def nothing(_: Shop, __: Random) -> Injected:
    """The quiet twin."""
    return Injected(says="nothing differs")


def at(place: Place, says: str, *words: str) -> Injected:
    """What is injected at a place, and how findings name it."""
    named = place.flow.named_by.word
    return Injected(says=says, flows=(named,), words=words, of=named)


def _stepwise(shop: Shop, place: Place, step: Step | None) -> Shop:
    return with_steps(
        shop, lambda by, each: step if each == place.step and by.word == place.caller.word else each
    )


def call_dropped(shop: Shop, _: Random) -> Injected:
    """The tests mock a request of the busiest flow away."""
    place = busiest(shop, is_request)
    said = at(place, f"the tests never ask {to(place).word}", to(place).word, to(place).service)
    return replace(said, tests=_stepwise(shop, place, None))


def everything_mocked(shop: Shop, _: Random) -> Injected:
    """The tests mock every request of every service away."""

    def mocked(by: Operation, step: Step) -> Step | None:
        return None if isinstance(step.does, Request) and by.service != EDGE else step

    flows = tuple(flow.named_by.word for flow in shop.flows)
    asked = tuple(
        {
            step.does.to.word
            for flow in shop.flows
            for _, step in below(flow.entry)
            if isinstance(step.does, Request)
        }
    )
    # Nothing runs any more what was asked: where production has it as a flow, that is missing, too.
    return Injected(says="all is mocked", flows=(*flows, *asked), words=asked, tests=with_steps(shop, mocked))


def asked_once(shop: Shop, _: Random) -> Injected:
    """What production asks a database eleven times, the tests ask once."""
    place = busiest(shop, is_repeated)
    assert isinstance(place.step.does, Query)
    said = at(place, "the tests ask the database once", place.step.does.table)
    return replace(said, tests=_stepwise(shop, place, replace(place.step, times=1)))


def fixtures_written(shop: Shop, _: Random) -> Injected:
    """The tests write fixtures straight into the database."""
    place = busiest(shop, is_request)
    name = place.caller.word

    def writes(operation: Operation) -> Operation:
        steps = (*operation.steps, Step(FIXTURES))
        return replace(operation, steps=steps) if operation.word == name else operation

    return replace(at(place, "the tests write fixtures", FIXTURES.table), tests=with_operations(shop, writes))


def reordered(shop: Shop, _: Random) -> Injected:
    """The tests make two requests of a flow in the other order."""
    flow = next(flow for flow in shop.flows if len(_requests(flow.named_by)) > 1)
    first, second = _requests(flow.named_by)[:2]
    other = {first: second, second: first}
    name = flow.named_by.word
    said = Injected(says="two requests change places", flows=(name,), words=_words(first, second), of=name)
    return replace(
        said, tests=with_steps(shop, lambda by, step: other.get(step, step) if by.word == name else step)
    )


def _requests(operation: Operation) -> list[Step]:
    return [step for step in operation.steps if isinstance(step.does, Request) and not step.when]


def _words(*steps: Step) -> tuple[str, ...]:
    return tuple(step.does.to.word for step in steps if not isinstance(step.does, Query))


def unidentified(shop: Shop, _: Random) -> Injected:
    """A request that identifies itself in production is anonymous in the tests."""
    place = busiest(shop, is_authenticated)
    assert isinstance(place.step.does, Request)
    anonymous = replace(place.step.does, auth="", to=replace(to(place), auth=""))
    said = at(place, "a hop is anonymous in the tests", to(place).word)
    return replace(said, tests=_stepwise(shop, place, replace(place.step, does=anonymous)))


def slower_step(factor: float) -> Callable[[Shop, Random], Injected]:
    """One request of the busiest flow takes so many times as long."""

    def inject(shop: Shop, _: Random) -> Injected:
        place = busiest(shop, is_request)
        said = at(
            place, f"{to(place).word} takes {factor:g} times as long", to(place).word, to(place).service
        )
        return replace(said, tests=_stepwise(shop, place, replace(place.step, slower=factor)))

    return inject


def slow_machine(_: Shop, __: Random) -> Injected:
    """The machine of the tests is three times slower at everything."""
    return Injected(says="the test machine is 3x slower", how={"speed": 3.0})


def service_stubbed(shop: Shop, _: Random) -> Injected:
    """A service is replaced by a stub: who asks it still does, and nothing of it answers."""
    service = to(busiest(shop, is_request)).service

    def asks(step: Step) -> bool:
        return isinstance(step.does, Request) and step.does.to.service == service

    def stubbed(by: Operation, step: Step) -> Step:
        if not isinstance(step.does, Request) or not asks(step) or by.service == EDGE:
            return step
        return replace(step, does=replace(step.does, answered=False))

    places = [(flow, step) for flow in shop.flows for _, step in below(flow.entry) if asks(step)]
    flows = tuple(flow.named_by.word for flow, _ in places)
    asked = _words(*(step for _, step in places))
    words = (service, *asked)
    of = busiest(shop, is_request).flow.named_by.word
    return Injected(
        says=f"{service} is a stub",
        flows=(*flows, *asked),
        words=words,
        tests=with_steps(shop, stubbed),
        of=of,
    )


def external_stubbed(shop: Shop, _: Random) -> Injected:
    """The requests to the provider of payments go to a stub."""
    place = busiest(shop, is_external)
    assert isinstance(place.step.does, Request)
    moved = replace(place.step, does=replace(place.step.does, host="wiremock"))
    said = at(place, "the provider is a stub", to(place).word, "wiremock")
    return replace(said, tests=_stepwise(shop, place, moved))


def stub_diverges(shop: Shop, _: Random) -> Injected:
    """A stub answers for the provider of payments, twenty times as fast as the provider does."""
    place = busiest(shop, is_external)
    assert isinstance(place.step.does, Request)
    stub = replace(place.step, does=replace(place.step.does, host="wiremock"), slower=0.05)
    said = at(place, "the stub of the provider is fast", to(place).word, "wiremock")
    return replace(said, tests=_stepwise(shop, place, stub))


def consumer_stopped(shop: Shop, _: Random) -> Injected:
    """The tests send messages that nobody consumes."""
    place = busiest(shop, is_message)
    assert isinstance(place.step.does, Message)
    unheard = replace(place.step, does=replace(place.step.does, consumed=False))
    said = at(place, f"nobody consumes {to(place).word}", to(place).word)
    return replace(said, flows=(*said.flows, to(place).word), tests=_stepwise(shop, place, unheard))


def one_of_a_carrier(shop: Shop, _: Random) -> Injected:
    """Of the operations behind one GraphQL route the tests run one."""
    carried = [flow for flow in shop.flows if isinstance(flow.entry.interface, GraphQl)]
    dropped = carried[1:]
    kept = tuple(flow if flow not in dropped else replace(flow, cases=()) for flow in shop.flows)
    lost = tuple(name for flow in dropped for name in _named(flow))
    return Injected(says="one GraphQL operation is tested", flows=lost, tests=replace(shop, flows=kept))


def _named(flow: Flow) -> tuple[str, ...]:
    return (flow.named_by.word, *(each.word for each in consumers(flow.entry)))


def no_invalid_input(shop: Shop, _: Random) -> Injected:
    """No test sends invalid input."""
    flows = tuple(replace(f, cases=tuple(c for c in f.cases if not c.rejected)) for f in shop.flows)
    names = tuple(flow.named_by.word for flow in shop.flows if flow.rejected)
    return Injected(says="no test is rejected", flows=names, tests=replace(shop, flows=flows))


def same_customer(shop: Shop, _: Random) -> Injected:
    """The tests use one customer for everything."""
    names = tuple(flow.named_by.word for flow in shop.flows)
    return Injected(
        says="one customer", flows=names, words=("shop.customer.id", "shop.product.id"), how={"customers": 1}
    )


def other_fields(
    change: Callable[[tuple[str, str]], tuple[str, str] | None],
) -> Callable[[Shop, Random], Injected]:
    """The answer of the busiest flow has other fields in the tests."""

    def inject(shop: Shop, _: Random) -> Injected:
        flow = next(flow for flow in shop.flows if flow.named_by.fields)
        name = flow.named_by.word

        def answers(operation: Operation) -> Operation:
            fields = tuple(other for each in operation.fields if (other := change(each)))
            return replace(operation, fields=fields) if operation.word == name else operation

        return Injected(
            says="a field differs",
            flows=(name,),
            words=("total",),
            tests=with_operations(shop, answers),
            of=name,
        )

    return inject


vanished = other_fields(lambda each: None if each[0] == "total" else each)
retyped = other_fields(lambda each: (each[0], "string") if each[0] == "total" else each)


def flag_off(shop: Shop, _: Random) -> Injected:
    """A flag that is on in production is off in the tests."""
    service = next(each for each in shop.services.values() if each.flags)
    off = replace(service, flags=tuple((key, "off") for key, _ in service.flags))
    return Injected(
        says="a flag is off",
        flows=(service.name,),
        words=(service.flags[0][0],),
        tests=shop.with_service(off),
    )


def inner_called(shop: Shop, _: Random) -> Injected:
    """The tests call an inner operation directly, beside all else."""
    inner = to(busiest(shop, is_request))
    direct = Flow(inner, 0.0, cases=tuple(Case(f"case {number}") for number in range(4)))
    return Injected(
        says="an inner operation is called",
        flows=(inner.word,),
        tests=replace(shop, flows=(*shop.flows, direct)),
    )
