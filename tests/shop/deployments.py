"""What production can come to do otherwise, while the tests do what they did.

Each is a function from the shop.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.metamorphic.systems.model import Http
from tests.shop.draw import consumers
from tests.shop.model import Case, Flow, Operation, Request, Shop, Step, with_operations
from tests.shop.places import busiest, is_request, to
from tests.shop.scenario import Deployed, Injected

EIGHT_DAYS = (1600, 8 * 24 * 3600)
"""Traces, and in how many seconds."""


def deployed(shop: Shop, _: Random) -> Injected:
    """Production deploys a change that adds a call to the busiest flow."""
    place = busiest(shop, is_request)
    name, service = place.flow.named_by.word, place.flow.named_by.service
    check = Operation(to(place).service, Http("POST", "/fraud-checks"), own_ms=3)

    def adds(operation: Operation) -> Operation:
        steps = (*operation.steps, Step(Request(check, "mtls")))
        return replace(operation, steps=steps) if operation.word == name else operation

    new = with_operations(newer(shop, service), adds)
    return Injected(
        says="production asks for a fraud check",
        flows=(name,),
        words=("fraud-checks",),
        production=Deployed(new),
        of=name,
    )


def only_a_version(shop: Shop, _: Random) -> Injected:
    """The quiet twin: production deploys a version that does what the last one did."""
    service = busiest(shop, is_request).flow.named_by.service
    return Injected(says="a version alone", production=Deployed(newer(shop, service)))


def newer(shop: Shop, service: str) -> Shop:
    """The shop with a new version of a service."""
    return shop.with_service(replace(shop.services[service], version="2.0.0"))


def appeared(count: int, tested: int = 0) -> Callable[[Shop, Random], Injected]:
    """A version brings new flows, of which the tests exercise some."""

    def inject(shop: Shop, _: Random) -> Injected:
        first = shop.flows[0]
        service = first.entry.service
        entries = [
            Operation(service, Http("GET", f"/new-{word}"), own_ms=3)
            for word in ("alpha", "beta", "gamma")[:count]
        ]
        flows = [Flow(entry, first.weight / 4, cases=(Case("case 0"),)) for entry in entries]
        new = replace(newer(shop, service), flows=(*shop.flows, *flows))
        untested = tuple(entry.word for entry in entries[tested:])
        tests = replace(shop, flows=(*shop.flows, *flows[:tested]))
        return Injected(says="new flows", flows=untested, production=Deployed(new), tests=tests)

    return inject


def gone(shop: Shop, _: Random) -> Injected:
    """Production has not had a request for eight days, which tests go on to exercise.

    Of a job that is gone the requests would be gone, too.
    """
    requests = (f for f in shop.flows if f.named_by is f.entry and isinstance(f.entry.interface, Http))
    flow = next(f for f in requests if not [*consumers(f.entry)] and f.cases)
    kept = tuple(each for each in shop.flows if each is not flow)
    days = Deployed(replace(shop, flows=kept), *EIGHT_DAYS)
    return Injected(says="a flow is gone", flows=(flow.named_by.word,), production=days)


def days_pass(shop: Shop, _: Random) -> Injected:
    """The quiet twin: eight days in which production does what it did."""
    return Injected(says="eight days", production=Deployed(shop, *EIGHT_DAYS))


def overlapping(shop: Shop, _: Random) -> Injected:
    """Production has forty requests at once, and the tests one."""
    names = tuple(shop.services)
    return Injected(says="40 requests at once", flows=names, production=Deployed(shop, beside=40))
