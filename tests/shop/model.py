"""What a shop is: services, flows with branches and failures, and the test cases that exercise them.

Operations are trees: what an operation does is part of it. One that serves several flows is in each of them.
Nothing here says how any of it is observed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tests.metamorphic.systems.model import Interface, Query, Schedule, interface_word


@dataclass(frozen=True)
class Service:
    """A program that is deployed: what all its processes say of themselves."""

    name: str
    language: str = "java"
    runtime: str = "21.0.4"
    version: str = "1.4.0"
    region: str = "eu-west-1"
    replicas: int = 2
    flags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class When:
    """Where a flow branches: only in requests that take the branch, or only in the others."""

    branch: str
    taken: bool = True


@dataclass(frozen=True)
class Request:
    """A call that waits for an answer.

    auth: the mechanism by which it identifies itself. answered: the other side sends telemetry. host: asked
    in the place of the service's own.
    """

    to: "Operation"
    auth: str = ""
    answered: bool = True
    host: str = ""


@dataclass(frozen=True)
class Message:
    """What is sent to a queue or topic, and what whoever takes it does."""

    to: "Operation"
    consumed: bool = True


Action = Query | Request | Message


@dataclass(frozen=True)
class Step:
    """Something that an operation does.

    times: how often, one after the other. beside: it begins together with the step before it. retried: the
    share of requests whose first attempt is answered with 503, and that are made again. slower: factor of
    the time that the other side takes.
    """

    does: Action
    when: When | None = None
    times: int = 1
    beside: bool = False
    retried: float = 0.0
    slower: float = 1.0


@dataclass(frozen=True)
class Operation:
    """What a service does when it is asked; own_ms: median of its own time.

    auth: the mechanism that it asks for. fields: of its answer, each with a type of JSON.
    """

    service: str
    interface: Interface
    steps: tuple[Step, ...] = ()
    own_ms: float = 2.0
    auth: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def word(self) -> str:
        """What a report must name it by: no other part of the shop shares it."""
        return interface_word(self.interface)


@dataclass(frozen=True)
class Case:
    """A test case of a flow: always the same. taken: its branches; rejected: its input is invalid."""

    name: str
    taken: frozenset[str] = frozenset()
    rejected: bool = False


@dataclass(frozen=True)
class Flow:
    """Where work enters the shop; weight: its share of production's requests.

    branches: with the share of production that takes each. failing, rejected: shares of production's requests
    that end with 500, and with 400. cases: of the test suite.
    """

    entry: Operation
    weight: float
    branches: Mapping[str, float] = field(default_factory=dict)
    failing: float = 0.0
    rejected: float = 0.0
    cases: tuple[Case, ...] = ()

    @property
    def named_by(self) -> Operation:
        """The operation that names the flow: behind a gateway what it passes requests on to."""
        return behind(self.entry)


@dataclass(frozen=True)
class Shop:
    """Everything that runs; customers: how many there are to ask for."""

    services: Mapping[str, Service]
    flows: tuple[Flow, ...]
    customers: int = 500

    def with_flow(self, old: Flow, new: Flow | None) -> "Shop":
        """The shop with another flow in the place of one, or without it."""
        kept = ((new if flow is old else flow) for flow in self.flows)
        return replace(self, flows=tuple(flow for flow in kept if flow is not None))

    def with_service(self, service: Service) -> "Shop":
        """The shop with a service deployed otherwise."""
        return replace(self, services={**self.services, service.name: service})


def behind(entry: Operation) -> Operation:
    """What a gateway's operation passes on to; any other operation itself."""
    last = entry.steps[-1].does if entry.steps else None
    passes = entry.service == "edge" and isinstance(last, Request)
    return last.to if passes and isinstance(last, Request) else entry


def below(operation: Operation) -> Iterator[tuple[Operation, Step]]:
    """Every step of an operation and of those that it causes, each with who takes it."""
    for step in operation.steps:
        yield operation, step
        if not isinstance(step.does, Query):
            yield from below(step.does.to)


def changed(operation: Operation, change: Callable[[Operation], Operation]) -> Operation:
    """The tree with every operation changed, callees before their callers."""

    def below_changed(step: Step) -> Step:
        if isinstance(step.does, Query):
            return step
        return replace(step, does=replace(step.does, to=changed(step.does.to, change)))

    return change(replace(operation, steps=tuple(map(below_changed, operation.steps))))


def with_operations(shop: Shop, change: Callable[[Operation], Operation]) -> Shop:
    """The shop with every operation changed."""
    flows = (replace(flow, entry=changed(flow.entry, change)) for flow in shop.flows)
    return replace(shop, flows=tuple(flows))


def with_steps(shop: Shop, change: Callable[[Operation, Step], Step | None]) -> Shop:
    """The shop with every step changed, or left out."""

    def other(operation: Operation) -> Operation:
        steps = (change(operation, step) for step in operation.steps)
        return replace(operation, steps=tuple(step for step in steps if step is not None))

    return with_operations(shop, other)


def is_scheduled(flow: Flow) -> bool:
    """Whether a clock starts it."""
    return isinstance(flow.entry.interface, Schedule)
