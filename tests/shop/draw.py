"""A shop from a seed: fourteen services, forty flows and more, of every kind that real shops have.

A gateway that asks an authorisation service, a GraphQL front, HTTP and gRPC services with databases and a
cache, topics, jobs of one queue, schedules, and a provider of payments that is not the shop's own.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from random import Random

from tests.metamorphic.systems.model import (
    Gateway,
    GraphQl,
    Http,
    Interface,
    Job,
    Query,
    Schedule,
    Topic,
)
from tests.metamorphic.systems.words import NOUNS, SERVICES
from tests.shop.model import Case, Flow, Message, Operation, Request, Service, Shop, Step, When
from tests.shop.steps import Steps

EDGE, AUTH, FRONT = "edge", "auth", "bff"
DOMAIN = 11
"""Services beside the gateway, the authorisation service and the GraphQL front."""
PROVIDER = "api.payments.example"
ITEMS = 11
"""Of a basket: as often a checkout asks the database for one."""
ADJECTIVES = ("gift", "bulk", "spare", "late", "first", "open", "paper", "night", "rural", "loyal")
RUNTIMES = (("java", "21.0.4"), ("python", "3.12.7"), ("go", "go1.23.2"), ("nodejs", "22.9.0"))
SKEW = 1.4
"""Exponent of the law of Zipf by which production's requests fall on the flows."""


class Drawer:
    """Draws one shop; every name is dealt once, and none is a part of another."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"shop {seed}")
        pairs = [*product(ADJECTIVES, NOUNS)]
        self._pairs = self.rng.sample(pairs, len(pairs))
        self.domain = self.rng.sample(SERVICES, DOMAIN)
        self.steps = Steps(self.rng, self.domain, self.name)

    def name(self) -> str:
        """Two words, as in `gift-orders`."""
        return "-".join(self._pairs.pop())

    def shop(self) -> Shop:
        """The shop."""
        entries = [self.checkout(), *self._others()]
        weights = [1 / (rank + 1) ** SKEW for rank in range(len(entries))]
        flows = [self._flow(entry, weight) for entry, weight in zip(entries, weights, strict=True)]
        return Shop({name: self._service(name) for name in (EDGE, AUTH, FRONT, *self.domain)}, tuple(flows))

    def _others(self) -> list[Operation]:
        """Further entries, the busiest first by chance."""
        kinds: list[tuple[Callable[[], Operation], int]] = [
            (self.search, 2),
            (self._gateway, 9),
            (self._graphql, 6),
            (self._http, 10),
            (self._rpc, 4),
            (self._schedule, 3),
        ]
        entries = [make() for make, count in kinds for _ in range(count)]
        return self.rng.sample(entries, len(entries))

    def _service(self, name: str) -> Service:
        language, runtime = self.rng.choice(RUNTIMES)
        flags = ((f"{name}-pricing-v2", "on"),) if self.rng.random() < 0.4 else ()
        return Service(name, language, runtime, f"1.{self.rng.randint(1, 9)}.0", flags=flags)

    def checkout(self) -> Operation:
        """Reserves, then charges an external provider, writes, tells a topic, leaves a job behind."""
        shop, stock, payments = self.rng.sample(self.domain, 3)
        provider = Operation(PROVIDER, Http("POST", f"/{self.name()}"), own_ms=40)
        charge = Operation(
            payments,
            self.steps.method(),
            (Step(Request(provider, "bearer"), retried=0.01), Step(self.steps.query(payments, "INSERT"))),
            auth="mtls",
        )
        reserve = Operation(
            stock, self.steps.method(), (Step(self.steps.query(stock, "UPDATE")),), own_ms=4, auth="mtls"
        )
        steps = (
            Step(self.steps.cached(shop)),
            Step(self.steps.query(shop, "SELECT"), times=ITEMS),
            Step(Request(reserve, "mtls")),
            Step(Request(charge, "mtls")),
            Step(self.steps.query(shop, "INSERT")),
            Step(Message(self.steps.consumer(2))),
            Step(Message(self.steps.job())),
        )
        return self._answering(Operation(shop, self.steps.route("POST"), steps, 5, "bearer"))

    def search(self) -> Operation:
        """Asks two services at once, and one of two versions of a third."""
        shop, *asked = self.rng.sample(self.domain, 4)
        first, second, old = (Step(Request(self.steps.reading(each))) for each in asked)
        new = Step(Request(self.steps.reading(asked[2])), When("v2"))
        steps = (
            Step(self.steps.cached(shop)),
            first,
            replace(second, beside=True),
            new,
            replace(old, when=When("v2", False)),
        )
        return self._answering(Operation(shop, self.steps.route("GET"), steps, 4, "cookie"))

    def _answering(self, operation: Operation) -> Operation:
        return replace(operation, fields=(("id", "string"), ("total", "number"), ("items", "array")))

    def _gateway(self) -> Operation:
        check = Operation(
            AUTH, Http("POST", "/introspect"), (Step(self.steps.cached(AUTH)),), own_ms=1, auth="bearer"
        )
        backend = self.steps.serving(self.steps.route(self.rng.choice(("GET", "POST"))), "bearer")
        assert isinstance(backend.interface, Http)
        passed = Gateway(backend.interface.method, backend.interface.route)
        asks = (Step(Request(check, "bearer")), Step(Request(backend, "bearer")))
        return Operation(EDGE, passed, asks, own_ms=1, auth="bearer")

    def _graphql(self) -> Operation:
        kind = self.rng.choice(("query", "mutation"))
        interface = GraphQl(kind, "".join(map(str.capitalize, self.name().split("-"))))
        return self.steps.serving(interface, "bearer", FRONT)

    def _http(self) -> Operation:
        return self.steps.serving(self.steps.route(self.rng.choice(("GET", "POST", "PUT"))), "cookie")

    def _rpc(self) -> Operation:
        return self.steps.serving(self.steps.method(), "mtls")

    def _schedule(self) -> Operation:
        return replace(self.steps.serving(Schedule(f"nightly-{self.name()}"), ""), auth="")

    def _flow(self, entry: Operation, weight: float) -> Flow:
        """The flow with its branches, failures, and one to three cases, which choose branches evenly."""
        names = list(dict.fromkeys(branches(entry)))
        shares = {name: 0.6 if name == "v2" else self.rng.choice((0.2, 0.4, 0.7)) for name in names}
        asked = not isinstance(entry.interface, Schedule)
        failing = self.rng.uniform(0.01, 0.03) if asked else 0.0
        rejected = self.rng.choice((0.0, 0.05, 0.1)) if asked else 0.0
        # The first flows are those that matter: nobody has a single test of the checkout.
        cases = self._cases(names, bool(rejected), 2 if weight > 0.2 else 1)
        weight = weight if asked else weight / 4
        return Flow(entry, weight, shares, failing, rejected, tuple(cases))

    def _cases(self, branches: list[str], rejected: bool, least: int) -> Iterator[Case]:
        count = max(2 if branches else least, self.rng.randint(1, 2))
        for number in range(count):
            # Every branch is taken by a case and skipped by another, as whoever writes tests wants.
            taken = frozenset(name for place, name in enumerate(branches) if (number + place) % 2 == 0)
            yield Case(f"case {number}", taken)
        if rejected:
            yield Case("invalid input", rejected=True)


def branches(operation: Operation) -> Iterator[str]:
    """The names of the branches of an operation and all below it."""
    for step in operation.steps:
        if step.when:
            yield step.when.branch
        if not isinstance(step.does, Query):
            yield from branches(step.does.to)


def shop(seed: int) -> Shop:
    """The shop of this seed."""
    return Drawer(seed).shop()


def interfaces(made: Shop) -> list[Interface]:
    """What all flows enter by, those of consumers included."""
    entries = [flow.named_by for flow in made.flows]
    return [each.interface for entry in entries for each in (entry, *consumers(entry))]


def consumers(operation: Operation) -> Iterator[Operation]:
    """What takes the messages that an operation, or anything below it, sends."""
    for step in operation.steps:
        if isinstance(step.does, Message):
            yield step.does.to
        if not isinstance(step.does, Query):
            yield from consumers(step.does.to)


__all__ = ["Job", "Topic", "branches", "consumers", "interfaces", "shop"]
